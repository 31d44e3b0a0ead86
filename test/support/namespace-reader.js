'use strict'

// A program for tests. It reads the paths of network namespaces, one a line, enters each, and prints a line of
// JSON: the native function's answer or error there, ours, our diagnosis, and what interfaces() returns. So one
// process for each mode reads thousands of topologies. An empty line is the namespace in which it is.
//
//   node namespace-reader.js [SOURCE,…]

const os = require('node:os')
const readline = require('node:readline')
const { diagnose, interfaces, networkInterfaces } = require('../..')
const { enter } = require('../build/setns.node')

const [, , only] = process.argv
/** @type {any} */
const options = only === undefined ? undefined : { sources: only.split(',') }
const inherited = ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty']

/**
 * Node looks up the names of links in an object with a prototype: it throws if a link is called `toString`,
 * and pollutes the prototype if one is called `__proto__`. Without these properties its answer is a reference.
 */
function readNative() {
  const prototype = /** @type {any} */ (Object.prototype)
  const kept = inherited.map((name) => Object.getOwnPropertyDescriptor(prototype, name))
  for (const name of inherited) delete prototype[name]
  try {
    return os.networkInterfaces()
  } finally {
    inherited.forEach((name, i) =>
      Object.defineProperty(prototype, name, /** @type {PropertyDescriptor} */ (kept[i]))
    )
  }
}

/**
 * An answer stays JSON text, so that comparisons include the order of its keys.
 *
 * @param {() => unknown} read
 */
function answerOrError(read) {
  try {
    return { answer: JSON.stringify(read()) }
  } catch (error) {
    const { name, code, message, info, sources } = /** @type {any} */ (error)
    return { error: { name, code, message, errno: info?.errno, sources } }
  }
}

readline.createInterface({ input: process.stdin }).on('line', (path) => {
  if (path !== '') enter(path)
  const reading = {
    native: answerOrError(readNative),
    ours: answerOrError(() => networkInterfaces(options)),
    diagnosis: diagnose(options),
    interfaces: answerOrError(() => interfaces(options))
  }
  process.stdout.write(`${JSON.stringify(reading)}\n`)
})
