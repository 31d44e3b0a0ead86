'use strict'

// A program for tests. It reads the paths of network namespaces, one a line, enters each, and prints a line of
// JSON: the native function's answer there, ours, and our diagnosis. So one process for each mode reads
// thousands of topologies.

const os = require('node:os')
const readline = require('node:readline')
const { diagnose, networkInterfaces } = require('../..')
const { enter } = require('../build/setns.node')

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
    return JSON.stringify(os.networkInterfaces())
  } finally {
    inherited.forEach((name, i) =>
      Object.defineProperty(prototype, name, /** @type {PropertyDescriptor} */ (kept[i]))
    )
  }
}

/** @param {() => string} read */
function answerOrError(read) {
  try {
    return { answer: read() }
  } catch (error) {
    return { error: `${error}` }
  }
}

readline.createInterface({ input: process.stdin }).on('line', (path) => {
  enter(path)
  const reading = {
    native: process.argv.includes('--native') ? answerOrError(readNative) : {},
    ours: answerOrError(() => JSON.stringify(networkInterfaces())),
    diagnosis: diagnose()
  }
  process.stdout.write(`${JSON.stringify(reading)}\n`)
})
