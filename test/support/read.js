'use strict'

// A program that tests run in a namespace. It prints as JSON the native function's answer or error, ours, and
// our diagnosis. Its arguments name the sources (default: all).

const os = require('node:os')
const { diagnose, networkInterfaces } = require('../..')

/**
 * An answer stays JSON text, so that comparisons include the order of its keys.
 *
 * @param {() => unknown} read
 */
function jsonOrError(read) {
  try {
    return { answer: JSON.stringify(read()) }
  } catch (error) {
    const { name, code, message, info, sources } = /** @type {any} */ (error)
    return { error: { name, code, message, errno: info?.errno, sources } }
  }
}

const names = /** @type {import('../..').SourceName[]} */ (process.argv.slice(2))
const options = names.length === 0 ? undefined : { sources: names }
console.log(
  JSON.stringify({
    native: jsonOrError(() => os.networkInterfaces()),
    ours: jsonOrError(() => networkInterfaces(options)),
    diagnosis: diagnose(options)
  })
)
