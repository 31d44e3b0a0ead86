// Loads the addon on first use, so that `-r osh-ifaddrs/register` loads nothing until the native function
// fails. Does not interpret what the addon reports.
'use strict'

const { explain } = require('./explain')
const { findAddon, publishedName } = require('./locate')

/**
 * The outcome of asking one source.
 *
 * @typedef {object} Attempt
 * @property {import('../index').SourceName} name
 * @property {import('../index').SourceStatus} status
 * @property {string | null} syscall the first refused call
 * @property {number} errno positive; 0 when nothing was refused
 * @property {number} provided facts, as bits: 1 links, 2 IPv4, 4 IPv6
 */

/**
 * The addresses: see ../results/layout.js.
 *
 * @typedef {object} Reading
 * @property {string[]} strings
 * @property {Uint32Array} numbers
 */

/**
 * What the addon reports of one read. `strings` is null, and `numbers` missing, when no source answered.
 * Everything is missing on platforms without the addon.
 *
 * @typedef {object} Snapshot
 * @property {string[] | null} [strings]
 * @property {Uint32Array} [numbers]
 * @property {Attempt[]} [attempts]
 * @property {number} [missing] the facts that no source provided, as bits
 * @property {{ name: string, address: string }[]} [omissions]
 */

/** @typedef {(Snapshot & Reading) | (Snapshot & { strings: null })} Interfaces */

/** @typedef {(strings: string[] | undefined, ...more: string[]) => string[]} Append of ../results/layout.js */

/**
 * Without `diagnose`, read() returns the same object each time while sources answer, so its caller must be done
 * with it before other code can run, and must not change it. The numbers of readInterfaces() have the layout of
 * ../results/interfaces.js. It returns null if `known`, the buffer of earlier numbers, has the same contents. probe()
 * repeats the calls of glibc's getifaddrs(3), and returns the first that fails; `errno` is positive. A monitor is for
 * ../watch/monitors.js. isHungUp() returns whether a pipe has no reader.
 *
 * @typedef {object} Addon
 * @property {((sources: number, diagnose: true, append: Append) => Snapshot) &
 *   ((sources: number, diagnose: false, append: Append) => Reading | (Snapshot & { strings: null }))} read
 * @property {((sources: number, append: Append) => Interfaces) &
 *   ((sources: number, append: Append, known: ArrayBuffer | null, monitor?: object) => Interfaces | null)} readInterfaces
 * @property {() => { syscall: string, errno: number } | null} probe
 * @property {(report: () => void) => object | null} startMonitor
 * @property {(monitor: object) => number} armMonitor
 * @property {(monitor: object) => void} stopMonitor
 * @property {() => string | null} namespace
 * @property {(fd: number) => boolean} isHungUp
 */

// Each source's bit is its place here; the addon has the same order.
/** @type {readonly import('../index').SourceName[]} */
const SOURCES = ['rtnetlink', 'ioctl', 'procfs']

/** For messages. */
const NAMES = `${SOURCES[0]}, ${SOURCES[1]}, ${SOURCES[2]}`

/** @param {unknown} source */
function bitOf(source) {
  for (let place = 0; place < SOURCES.length; place++)
    if (SOURCES[place] === source) return 1 << place
  return 0
}

/** @param {readonly import('../index').SourceName[]} [sources] for read(); default: all */
function bitsOf(sources = SOURCES) {
  let bits = 0
  for (let i = 0; i < sources.length; i++) bits |= bitOf(sources[i])
  return bits
}

/** @param {string} text */
function splitAtCommas(text) {
  const parts = ['']
  for (let i = 0; i < text.length; i++)
    if (text[i] === ',') parts[parts.length] = ''
    else parts[parts.length - 1] += text[i]
  return parts
}

/**
 * @param {string[]} names
 * @returns {names is import('../index').SourceName[]}
 */
function areSources(names) {
  for (let i = 0; i < names.length; i++) if (bitOf(names[i]) === 0) return false
  return true
}

/**
 * @param {string | undefined} value of OSH_IFADDRS_SOURCES, which the preload library reads itself
 * @returns {import('../index').SourceName[] | undefined} undefined without a restriction
 * @throws {Error} with the code ERR_OSH_IFADDRS_SOURCES, if a name is not that of a source
 */
function parseSources(value) {
  if (value === undefined || value === '') return undefined
  const names = splitAtCommas(value)
  if (areSources(names)) return names
  const message =
    `OSH_IFADDRS_SOURCES must be one or more of ${NAMES}, ` +
    `separated by commas without blanks, not ${require('node:util').inspect(value)}`
  throw Object.assign(new Error(message), { code: 'ERR_OSH_IFADDRS_SOURCES' })
}

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

const ALL_SOURCES = bitsOf()

/**
 * @param {import('../index').Options | undefined} options
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

/** Whether the addon exists for this platform. */
const supported = process.platform === 'linux' || process.platform === 'android'

/** @type {Addon | undefined} */
let addon
/** @type {(() => Addon) | undefined} */
let embedded

/**
 * Not by require(), whose calls with a computed path bundlers replace.
 *
 * @param {string} file
 */
function open(file) {
  const loaded = { exports: {} }
  process.dlopen(loaded, file)
  return /** @type {Addon} */ (loaded.exports)
}

/**
 * Tries again after a failure: it may have been a shortage of descriptors or memory.
 *
 * @returns {Addon}
 * @throws {Error} why the addon cannot be loaded
 */
function load() {
  try {
    return (addon ??= embedded === undefined ? open(findAddon()) : embedded())
  } catch (error) {
    throw explain(error, embedded !== undefined)
  }
}

/** @param {Record<string, () => Addon>} addons in a bundle, by the names of the published files */
function embed(addons) {
  embedded = addons[publishedName()]
}

module.exports = {
  SOURCES,
  bitsOf,
  check,
  toSourceBits,
  parseSources,
  supported,
  load,
  embed
}
