// Questions to the file system, which the policy or Node's --permission may refuse.
'use strict'

const fs = require('node:fs')

/**
 * @template T
 * @param {() => T} ask
 * @returns {T | null} null if it throws
 */
function attempt(ask) {
  try {
    return ask()
  } catch {
    return null
  }
}

/**
 * @param {string} file
 * @returns {string | null}
 */
function readText(file) {
  return attempt(() => fs.readFileSync(file, 'utf8'))
}

module.exports = { attempt, readText }
