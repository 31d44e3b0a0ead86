'use strict'

// Statistics by tinybench. It runs one task after the other, so a busy minute would distort one of them. The
// callers take the samples in turns, and this passes them to tinybench as durations.

/**
 * @typedef {object} Summary
 * @property {number} median in nanoseconds, of durations or of differences between them
 * @property {number} mad the median of the absolute deviations from it
 * @property {number} min
 * @property {number} samples their number
 */

/**
 * @param {number[]} samples in nanoseconds
 * @returns {Promise<Summary>}
 */
async function summarize(samples) {
  const { Bench } = await import('tinybench')
  const bench = new Bench({ iterations: samples.length, time: 0, warmup: false })
  let next = 0
  // tinybench replaces a negative duration, which a difference can be, by its own measurement.
  const least = Math.min(0, ...samples)
  // Its unit is milliseconds.
  const sample = () => ({ overriddenDuration: (samples[next++] - least) / 1e6 })
  bench.add('samples', sample, { async: false })
  await bench.run()
  const result = bench.tasks[0].result
  if (!('latency' in result)) throw new Error(`tinybench: the task is ${result.state}`)
  const { p50, mad, min, samplesCount } = result.latency
  return {
    median: p50 * 1e6 + least,
    mad: mad * 1e6,
    min: min * 1e6 + least,
    samples: samplesCount
  }
}

module.exports = { summarize }
