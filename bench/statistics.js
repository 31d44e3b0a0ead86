'use strict'

// Statistics by tinybench. It runs one task after the other, which would compare a quiet minute with a busy
// one; so the samples are taken in turns elsewhere, and handed to it as what its task took.

/**
 * @typedef {object} Summary
 * @property {number} median in nanoseconds; all of them may be differences
 * @property {number} mad the median of the absolute deviations from it
 * @property {number} min
 * @property {number} samples how many
 */

/**
 * @param {number[]} samples in nanoseconds
 * @returns {Promise<Summary>}
 */
async function summarize(samples) {
  const { Bench } = await import('tinybench')
  const bench = new Bench({ iterations: samples.length, time: 0, warmup: false })
  let next = 0
  // tinybench takes no negative duration, as a difference may be: it would put its own in the place.
  const least = Math.min(0, ...samples)
  // It reckons in milliseconds.
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
