// Loads the addon, at the first need and no earlier: `-r osh-ifaddrs/register` costs nothing until the
// native function fails. Knows how it may fail to load, and nothing of what it does.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { findAddon } = require('./locate')

/**
 * @typedef {object} Attempt
 * @property {import('../index').SourceName} name
 * @property {import('../index').SourceStatus} status
 * @property {string | null} syscall
 * @property {number} errno positive, 0 when nothing was refused
 * @property {number} told facts that it gave, as bits: 1 links, 2 IPv4, 4 IPv6
 */

/**
 * What one read of the kernel's state gives. The addresses are there when a source answered; `attempts`
 * and `missing` when none did, or details were asked for; `omissions` when details were.
 *
 * @typedef {object} Reading
 * @property {string} [text] all strings, a NUL after each: first the addresses
 * @property {Uint32Array} [numbers] how many addresses, and five for each, see NUMBER in ../results/network-interfaces.js
 * @property {Attempt[]} [attempts]
 * @property {number} [missing] facts that no source told, as bits
 * @property {{ name: string, address: string }[]} [omissions]
 */

/**
 * A string is the text of a reading whose numbers fitted into `room`.
 *
 * @typedef {object} Binding
 * @property {((sources: number, details: true, room: Uint32Array) => Reading) &
 *   ((sources: number, details: false, room: Uint32Array) => string | Reading)} read
 */

// As src/snapshot.h orders them: the place is the bit.
/** @type {readonly import('../index').SourceName[]} */
const SOURCES = ['rtnetlink', 'ioctl', 'procfs']
const ALL_SOURCES = (1 << SOURCES.length) - 1

/** Whether this platform has a kernel that the addon can ask. */
const supported = process.platform === 'linux' || process.platform === 'android'

/** @type {Binding | undefined} */
let binding

// scripts/install/install.js leaves here why it could make no addon; the next build removes it with the folder.
const reasonFile = path.join(__dirname, '../../build/no-addon.txt')

// What Node forbids by its own options no compiler helps against.
const FORBIDDEN = ['ERR_ACCESS_DENIED', 'ERR_DLOPEN_DISABLED']

/** @param {Error & { code?: string }} cause */
function advise({ code, message }) {
  if (code !== undefined && FORBIDDEN.includes(code)) return ''
  // What mmap(2) with PROT_EXEC comes to there; the file is named before it.
  if (message.includes('failed to map segment')) return '; is its file system mounted noexec?'
  return '; to compile one, run: npm rebuild --foreground-scripts osh-ifaddrs'
}

/**
 * @param {unknown} thrown what was said where the addon was searched, or by dlopen(3)
 * @returns {Error} that in one line, with what to do about it
 */
function explain(thrown) {
  const cause = /** @type {Error & { code?: string }} */ (thrown)
  const [said] = cause.message.split('\n')
  const message = fs.existsSync(reasonFile)
    ? fs.readFileSync(reasonFile, 'utf8')
    : `osh-ifaddrs has no addon that loads here: ${said}${advise(cause)}`
  const { code } = cause
  return Object.assign(new Error(message, { cause }), code === undefined ? {} : { code })
}

/**
 * Tries again after a failure, which may have been for want of descriptors or memory.
 *
 * @returns {Binding}
 * @throws {Error} why the addon cannot be loaded
 */
function load() {
  if (binding === undefined) {
    try {
      binding = /** @type {Binding} */ (require(findAddon()))
    } catch (error) {
      throw explain(error)
    }
  }
  return binding
}

module.exports = { ALL_SOURCES, SOURCES, supported, load, reasonFile }
