'use strict'

// Downloads for tests of other people's programs. What cannot be had after three tries is skipped by name, and does not
// fail the tests of the rest.

const TRIES = 3
// npm names the file of its log after the error.
const LONGEST = 150

/**
 * @template T
 * @typedef {{ value: T, missing: null } | { value: null, missing: string }} Download `missing`: the reason
 */

/**
 * @template T
 * @param {string} name
 * @param {() => T} download throws if it fails
 * @returns {Download<T>}
 */
function tryDownload(name, download) {
  let reason = ''
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      return { value: download(), missing: null }
    } catch (error) {
      const [command, output] = /** @type {Error} */ (error).message.split(/ failed(?:: |$)/)
      reason = (output || `${command.split(' ', 1)} failed`).replace(/\s+/g, ' ').slice(0, LONGEST)
    }
  }
  return { value: null, missing: `cannot download ${name}: ${reason}` }
}

module.exports = { tryDownload }
