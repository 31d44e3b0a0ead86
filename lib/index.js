// The package's interface: networkInterfaces(), interfaces(), watch(), diagnose() and preloadPath. See index.d.ts.
'use strict'

const os = require('node:os')
const { load, supported, toSourceBits } = require('./addon/load')
const locate = require('./addon/locate')
// Not on first use: by then no descriptor may be left to read the file with.
const { toDiagnosis, unavailableError } = require('./results/diagnosis')
const { append } = require('./results/layout')
const { toNetworkInterfaces } = require('./results/network-interfaces')

/** @typedef {import('./index').Options} Options */

/**
 * @param {Options} [options]
 * @returns {NodeJS.Dict<os.NetworkInterfaceInfo[]>}
 */
function networkInterfaces(options) {
  const sources = toSourceBits(options)
  if (!supported) return os.networkInterfaces()
  const reading = load().read(sources, false, append)
  if (reading.strings === null) throw unavailableError(reading)
  return toNetworkInterfaces(reading)
}

/**
 * @param {Options} [options]
 * @returns {import('./index').Interface[]}
 */
function interfaces(options) {
  const sources = toSourceBits(options)
  // Not at start-up: most programs need only networkInterfaces().
  const { nativeInterfaces, toInterfaces } = require('./results/interfaces')
  if (!supported) return nativeInterfaces()
  const snapshot = load().readInterfaces(sources, append)
  if (snapshot.strings === null) throw unavailableError(snapshot)
  return toInterfaces(snapshot)
}

/**
 * @param {Options} [options]
 * @returns {import('./index').Diagnosis}
 */
function diagnose(options) {
  const sources = toSourceBits(options)
  return toDiagnosis(supported ? load().read(sources, true, append) : {})
}

/**
 * @param {import('./watch/watch').Options} [options]
 * @param {import('./watch/watch').Listener} [listener]
 */
function watch(options, listener) {
  return require('./watch/watch').watch(options, listener)
}

const api = {
  networkInterfaces,
  interfaces,
  watch,
  diagnose,
  // A getter, because most programs never use it and searching takes system calls. Not by
  // Object.defineProperty(), which other code may have replaced by the time ./register.js needs this file.
  get preloadPath() {
    return locate.preloadPath
  }
}
// Node's cjs-module-lexer finds the names for `import { preloadPath }` in these assignments.
exports.networkInterfaces = networkInterfaces
exports.interfaces = interfaces
exports.watch = watch
exports.diagnose = diagnose
// @ts-ignore: what counts is the name
exports.preloadPath = null
module.exports = api
