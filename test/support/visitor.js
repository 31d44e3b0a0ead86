'use strict'

// A program for tests: visits the network namespaces whose paths it is told, one a line, and answers
// with a line of JSON: what the native function and ours say there, and our diagnosis. Thousands of
// topologies can so be read by one process for each way of refusing calls.

const os = require('node:os')
const readline = require('node:readline')
const { diagnose, networkInterfaces } = require('../..')
const { enter } = require('../build/setns.node')

const inherited = ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty']

/**
 * Node looks up names of links in an object that has a prototype, throws at a link called `toString`,
 * and pollutes the prototype at one called `__proto__`. As judge it must not, so what it would find
 * there is taken away meanwhile.
 */
function native() {
  const prototype = /** @type {any} */ (Object.prototype)
  const kept = inherited.map((name) => Object.getOwnPropertyDescriptor(prototype, name))
  for (const name of inherited) delete prototype[name]
  try {
    return JSON.stringify(os.networkInterfaces())
  } finally {
    inherited.forEach((name, i) =>
      Object.defineProperty(prototype, name, /** @type {PropertyDescriptor} */ (kept[i]))
    )
  }
}

/** @param {() => string} ask */
function attempt(ask) {
  try {
    return { answer: ask() }
  } catch (error) {
    return { error: `${error}` }
  }
}

readline.createInterface({ input: process.stdin }).on('line', (path) => {
  enter(path)
  const reading = {
    native: process.argv.includes('--native') ? attempt(native) : {},
    ours: attempt(() => JSON.stringify(networkInterfaces())),
    diagnosis: diagnose()
  }
  process.stdout.write(`${JSON.stringify(reading)}\n`)
})
