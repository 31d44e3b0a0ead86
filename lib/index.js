// The package's interface: what os.networkInterfaces() answers, read without getifaddrs(3), and what came
// of reading it.
'use strict'

const os = require('node:os')
const { ALL_SOURCES, SOURCES, load, supported } = require('./addon/load')
// Not at the first need, which may be that no descriptor is left to read it with.
const { makeDiagnosis, makeUnavailable } = require('./results/diagnosis')
const preload = require('./addon/preload-path')
const { makeResult } = require('./results/network-interfaces')

/** @typedef {import('./index').Options} Options */

// What a reading's numbers are put into; kept, as making it would cost more than filling it.
/** @type {Uint32Array} */
let room = new Uint32Array(1024)
const noRoom = new Uint32Array()

/**
 * @param {Options | undefined} options
 * @returns {number} a bit for each source to use
 */
function sourceBits(options) {
  if (options === undefined) return ALL_SOURCES
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`"options" must be an object, not ${describe(options)}`)
  }
  const { sources } = options
  if (sources === undefined) return ALL_SOURCES
  if (!Array.isArray(sources)) {
    throw new TypeError(`"options.sources" must be an array, not ${describe(sources)}`)
  }
  if (sources.length === 0) {
    throw new TypeError(`"options.sources" must name at least one of ${SOURCES.join(', ')}`)
  }
  let bits = 0
  for (const [i, source] of sources.entries()) {
    const place = SOURCES.indexOf(source)
    if (place < 0) {
      throw new TypeError(
        `"options.sources[${i}]" must be one of ${SOURCES.join(', ')}, not ${describe(source)}`
      )
    }
    bits |= 1 << place
  }
  return bits
}

/** @param {unknown} value */
function describe(value) {
  return require('node:util').inspect(value, { depth: 0, maxStringLength: 40 })
}

/**
 * @param {Options} [options]
 * @returns {NodeJS.Dict<os.NetworkInterfaceInfo[]>}
 */
function networkInterfaces(options) {
  const sources = sourceBits(options)
  if (!supported) return os.networkInterfaces()
  const reading = load().read(sources, false, room)
  if (typeof reading === 'string') return makeResult(reading, room)
  const { text, numbers } = reading
  if (text === undefined || numbers === undefined) throw makeUnavailable(reading)
  room = numbers
  return makeResult(text, room)
}

/**
 * @param {Options} [options]
 * @returns {import('./index').Diagnosis}
 */
function diagnose(options) {
  const sources = sourceBits(options)
  if (!supported) return { complete: true, missing: [], sources: [], inferred: [], omitted: [] }
  const reading = load().read(sources, true, noRoom)
  return makeDiagnosis(reading)
}

module.exports = { networkInterfaces, diagnose }
// A getter, because most programs never use it and searching takes system calls. In this form Node's
// cjs-module-lexer finds the name for `import { preloadPath }`.
Object.defineProperty(module.exports, 'preloadPath', {
  enumerable: true,
  get() {
    return preload.preloadPath
  }
})
