'use strict'

// How long the soak tests run. SOAK_SECONDS (default: 60) is the duration of each load mode, each storm and each
// fuzzer. What is counted instead scales with it. Torture does not: it is exhaustive.

const DEFAULT = 60
// A day: a timeout of more than 24.8 days would be over Node's limit for timers.
const MOST = 86_400

/** @param {string} text */
function parseSeconds(text) {
  const seconds = Number(text)
  if (!/^\d+$/.test(text) || seconds < 1 || seconds > MOST)
    throw new RangeError(`SOAK_SECONDS must be a whole number from 1 to ${MOST}, not '${text}'`)
  return seconds
}

const SECONDS = parseSeconds(process.env.SOAK_SECONDS ?? `${DEFAULT}`)
// In milliseconds. Ends a test that hangs, on a machine with any load. No test measures time.
const TIMEOUT = 60 * 60_000 + 10 * SECONDS * 1000

/**
 * @param {number} count for the default duration
 * @param {number} [least] with which the test still finds something
 */
function scale(count, least = 1) {
  return Math.max(least, Math.round((count * SECONDS) / DEFAULT))
}

module.exports = { DEFAULT, SECONDS, TIMEOUT, scale }
