'use strict'

// Downloads for tests of other people's programs. What cannot be had after three tries is skipped by name, and does not
// fail the tests of the rest.

const { sleep } = require('./namespace')

const TRIES = 3
const PAUSE_MS = 5_000

/**
 * @template T
 * @typedef {{ value: T, missing: null } | { value: null, missing: string }} Download `missing`: the reason
 */

/**
 * npm's first line is a code, its last names a log.
 *
 * @param {string} message
 */
function reasonIn(message) {
  const lines = message.trim().split('\n')
  return lines.find((line) => /^npm error (?!code)/.test(line)) ?? lines.at(-1)
}

/**
 * @template T
 * @param {string} name
 * @param {() => T} download throws if it fails
 * @param {number} [pause] between two tries, in milliseconds
 * @returns {Download<T>}
 */
function tryDownload(name, download, pause = PAUSE_MS) {
  let message = ''
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) sleep(pause)
    try {
      return { value: download(), missing: null }
    } catch (error) {
      message = /** @type {Error} */ (error).message
    }
  }
  const reason = reasonIn(message)
  return { value: null, missing: `cannot download ${name}, tried ${TRIES} times: ${reason}` }
}

module.exports = { tryDownload }
