// Loads the addon on first use, so that `-r osh-ifaddrs/register` loads nothing until the native function
// fails. Explains why loading failed. Does not interpret what the addon reports.
'use strict'

const { IN_A_BUNDLE, adviseToCompile, findAddon, publishedName } = require('./locate')

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
 * What the addon reports of one read. `text` and `numbers` are set when a source answered, `attempts` and
 * `missing` when none did or `diagnose` was set, `omissions` when `diagnose` was set.
 *
 * @typedef {object} Snapshot
 * @property {string} [text] all strings, a NUL after each: the addresses first
 * @property {Uint32Array} [numbers] see ../results/layout.js
 * @property {Attempt[]} [attempts]
 * @property {number} [missing] the facts that no source provided, as bits
 * @property {{ name: string, address: string }[]} [omissions]
 */

/**
 * read() fills `numbers` if it is long enough, and creates a longer array if not. A string is the text of a
 * snapshot whose numbers are in `numbers`. probe() repeats the calls of glibc's getifaddrs(3), and returns the
 * first that fails; `errno` is positive.
 *
 * @typedef {object} Addon
 * @property {((sources: number, diagnose: true, numbers: Uint32Array) => Snapshot) &
 *   ((sources: number, diagnose: false, numbers: Uint32Array) => string | Snapshot)} read
 * @property {() => { syscall: string, errno: number } | null} probe
 */

// Each source's bit is its place here; the addon has the same order.
/** @type {readonly import('../index').SourceName[]} */
const SOURCES = ['rtnetlink', 'ioctl', 'procfs']

/** @param {readonly import('../index').SourceName[]} [sources] for read(); default: all */
function bitsOf(sources = SOURCES) {
  return sources.reduce((bits, source) => bits | (1 << SOURCES.indexOf(source)), 0)
}

/**
 * @param {string | undefined} value of OSH_IFADDRS_SOURCES, which the preload library reads itself
 * @returns {import('../index').SourceName[] | undefined} undefined without a restriction
 * @throws {Error} with the code ERR_OSH_IFADDRS_SOURCES, if a name is none of a source
 */
function parseSources(value) {
  if (value === undefined || value === '') return undefined
  const names = /** @type {import('../index').SourceName[]} */ (value.split(','))
  if (names.every((name) => SOURCES.includes(name))) return names
  const message =
    `OSH_IFADDRS_SOURCES must be one or more of ${SOURCES.join(', ')}, ` +
    `separated by commas without blanks, not ${require('node:util').inspect(value)}`
  throw Object.assign(new Error(message), { code: 'ERR_OSH_IFADDRS_SOURCES' })
}

/** Whether the addon exists for this platform. */
const supported = process.platform === 'linux' || process.platform === 'android'

/** @type {Addon | undefined} */
let addon
/** @type {(() => Addon) | undefined} */
let embedded

/** @typedef {Error & { code?: string, advice?: string }} Failure of findAddon() or dlopen(3) */

/** @param {Failure} failure */
function advise({ name, code, message, advice }) {
  if (advice !== undefined) return advice
  // Node's own options and Deno's permissions, which the message names.
  if (code === 'ERR_ACCESS_DENIED' || code === 'ERR_DLOPEN_DISABLED' || name === 'NotCapable')
    return null
  // dlopen(3) says so when mmap(2) with PROT_EXEC fails.
  if (message.includes('failed to map segment'))
    return 'Node cannot load addons from a noexec mount'
  return embedded === undefined ? adviseToCompile() : IN_A_BUNDLE
}

/**
 * @param {unknown} thrown
 * @returns {Error} with the reason and the remedy in one line
 */
function explain(thrown) {
  const cause = /** @type {Failure} */ (thrown)
  const [reason] = cause.message.split('\n')
  const advice = advise(cause)
  const message = `cannot load the osh-ifaddrs addon: ${reason}${advice === null ? '' : `. ${advice}`}`
  return Object.assign(new Error(message, { cause }), cause.code && { code: cause.code })
}

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
    throw explain(error)
  }
}

/** @param {Record<string, () => Addon>} addons in a bundle, by the names of the published files */
function embed(addons) {
  embedded = addons[publishedName()]
}

module.exports = { SOURCES, bitsOf, parseSources, supported, load, embed }
