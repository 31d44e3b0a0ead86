'use strict'

// A program for tests to run in a namespace: prints, as JSON, what the native function answers (or how
// it fails), what ours does, and our diagnosis. Arguments name the sources; none, all of them.

const os = require('node:os')
const { diagnose, networkInterfaces } = require('../..')

/**
 * Answers stay the text that JSON.stringify makes of them, so that the order of keys counts.
 *
 * @param {() => unknown} ask
 */
function attempt(ask) {
  try {
    return { answer: JSON.stringify(ask()) }
  } catch (error) {
    const { name, code, message, info, sources } = /** @type {any} */ (error)
    return { error: { name, code, message, errno: info?.errno, sources } }
  }
}

const names = /** @type {import('../..').SourceName[]} */ (process.argv.slice(2))
const options = names.length === 0 ? undefined : { sources: names }
console.log(
  JSON.stringify({
    native: attempt(() => os.networkInterfaces()),
    ours: attempt(() => networkInterfaces(options)),
    diagnosis: diagnose(options)
  })
)
