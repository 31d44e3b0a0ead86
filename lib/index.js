// The package's interface: os.networkInterfaces() without getifaddrs(3), every link with everything known about it,
// and what each source answered.
'use strict'

const os = require('node:os')
const { NAMES, bitOf, bitsOf, load, supported } = require('./addon/load')
const locate = require('./addon/locate')
// Not on first use: by then no descriptor may be left to read the file with.
const { toDiagnosis, unavailableError } = require('./results/diagnosis')
const { append } = require('./results/layout')
const { toNetworkInterfaces } = require('./results/network-interfaces')

/** @typedef {import('./index').Options} Options */

const ALL_SOURCES = bitsOf()

/**
 * @param {boolean} valid
 * @param {string} requirement
 * @param {unknown} value
 * @returns {asserts valid}
 */
function check(valid, requirement, value) {
  if (valid) return
  const { inspect } = require('node:util')
  throw new TypeError(`${requirement}, not ${inspect(value, { depth: 0, maxStringLength: 40 })}`)
}

/**
 * @param {Options | undefined} options
 * @returns {number} a bit for each source to ask
 */
function toSourceBits(options) {
  if (options === undefined) return ALL_SOURCES
  check(typeof options === 'object' && options !== null, '"options" must be an object', options)
  const { sources } = options
  if (sources === undefined) return ALL_SOURCES
  // Not by Array.isArray(), which other code may have replaced.
  check(
    typeof sources === 'object' && sources?.length >= 0,
    '"options.sources" must be an array',
    sources
  )
  check(sources.length > 0, `"options.sources" must name at least one of ${NAMES}`, sources)
  for (let i = 0; i < sources.length; i++)
    check(bitOf(sources[i]) !== 0, `"options.sources[${i}]" must be one of ${NAMES}`, sources[i])
  return bitsOf(sources)
}

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
  // Not at start-up, which most programs spend on networkInterfaces() alone.
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

const api = {
  networkInterfaces,
  interfaces,
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
exports.diagnose = diagnose
// @ts-ignore: what counts is the name
exports.preloadPath = null
module.exports = api
