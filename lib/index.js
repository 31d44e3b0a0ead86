// The package's interface: what os.networkInterfaces() answers, read without getifaddrs(3), and what came
// of reading it.
'use strict'

const os = require('node:os')
const { load, supported } = require('./binding')
const { findPreload } = require('./preload-path')
const { makeResult } = require('./reading')

/** @typedef {import('./index').Options} Options */
/** @typedef {import('./index').SourceName} SourceName */

// As src/snapshot.h orders them: the place is the bit.
/** @type {readonly SourceName[]} */
const SOURCES = ['rtnetlink', 'ioctl', 'procfs']
const ALL_SOURCES = 7

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
  const reading = load().read(sources, false)
  if (reading.numbers === undefined) throw require('./diagnosis').makeUnavailable(reading)
  return makeResult(/** @type {import('./reading').Addresses} */ (reading))
}

/**
 * @param {Options} [options]
 * @returns {import('./index').Diagnosis}
 */
function diagnose(options) {
  const sources = sourceBits(options)
  if (!supported) return { complete: true, missing: [], sources: [], inferred: [], omitted: [] }
  return require('./diagnosis').makeDiagnosis(load().read(sources, true))
}

const preloadPath = findPreload()

module.exports = { networkInterfaces, diagnose, preloadPath }
