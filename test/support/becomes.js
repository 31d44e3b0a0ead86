'use strict'

// Waits for a condition that nothing announces.

const { setTimeout: sleep } = require('node:timers/promises')

// An emulated processor takes that long.
const DEADLINE_MS = 60_000
const INTERVAL_MS = 10

/**
 * Waits until a condition is true.
 *
 * @param {() => unknown} isTrue
 * @param {number} [milliseconds]
 * @returns {Promise<boolean>} false if it takes longer
 */
async function becomes(isTrue, milliseconds = DEADLINE_MS) {
  for (const end = performance.now() + milliseconds; !isTrue(); await sleep(INTERVAL_MS))
    if (performance.now() > end) return false
  return true
}

module.exports = { becomes }
