// The package's interface: os.networkInterfaces() without getifaddrs(3), and what each source answered.
'use strict'

const os = require('node:os')
const { SOURCES, bitsOf, load, supported } = require('./addon/load')
const locate = require('./addon/locate')
// Not on first use: by then no descriptor may be left to read the file with.
const { toDiagnosis, unavailableError } = require('./results/diagnosis')
const { toNetworkInterfaces } = require('./results/network-interfaces')

/** @typedef {import('./index').Options} Options */

const ALL_SOURCES = bitsOf()

// The addon fills it. Kept between calls, because creating it costs more than filling it.
/** @type {Uint32Array} */
let numbers = new Uint32Array(1024)

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
  const names = SOURCES.join(', ')
  check(Array.isArray(sources), '"options.sources" must be an array', sources)
  check(sources.length > 0, `"options.sources" must name at least one of ${names}`, sources)
  for (const [i, source] of sources.entries())
    check(SOURCES.includes(source), `"options.sources[${i}]" must be one of ${names}`, source)
  return bitsOf(sources)
}

/**
 * @param {Options} [options]
 * @returns {NodeJS.Dict<os.NetworkInterfaceInfo[]>}
 */
function networkInterfaces(options) {
  const sources = toSourceBits(options)
  if (!supported) return os.networkInterfaces()
  const snapshot = load().read(sources, false, numbers)
  if (typeof snapshot === 'string') return toNetworkInterfaces(snapshot, numbers)
  if (snapshot.text === undefined) throw unavailableError(snapshot)
  numbers = /** @type {Uint32Array} */ (snapshot.numbers)
  return toNetworkInterfaces(snapshot.text, numbers)
}

/**
 * @param {Options} [options]
 * @returns {import('./index').Diagnosis}
 */
function diagnose(options) {
  const sources = toSourceBits(options)
  return toDiagnosis(supported ? load().read(sources, true, new Uint32Array()) : {})
}

module.exports = { networkInterfaces, diagnose }
// A getter, because most programs never use it and searching takes system calls. In this form Node's
// cjs-module-lexer finds the name for `import { preloadPath }`.
Object.defineProperty(module.exports, 'preloadPath', {
  enumerable: true,
  get() {
    return locate.preloadPath
  }
})
