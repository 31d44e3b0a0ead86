// Loads the addon, at the first need and no earlier: `-r osh-ifaddrs/register` costs nothing until the
// native function fails. Knows where binaries are, and nothing of what they do.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

/**
 * @typedef {object} Attempt
 * @property {import('./index').SourceName} name
 * @property {import('./index').SourceStatus} status
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
 * @property {Uint32Array} [numbers] how many addresses, and five for each, see NUMBER in ./reading.js
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

/** Whether this platform has a kernel that the addon can ask. */
const supported = process.platform === 'linux' || process.platform === 'android'

/** @type {Binding | undefined} */
let binding
/** @type {unknown} */
let failure

const root = path.join(__dirname, '..')

// scripts/install.js leaves here why it could make no addon; the next build removes it with the folder.
const reasonFile = path.join(root, 'build/no-addon.txt')

/**
 * @param {unknown} cause what node-gyp-build or dlopen(3) said
 * @returns {Error} that in one line, with what to do about it
 */
function explain(cause) {
  if (fs.existsSync(reasonFile)) return new Error(fs.readFileSync(reasonFile, 'utf8'), { cause })
  const [said] = String(/** @type {Error} */ (cause).message).split('\n')
  // What mmap(2) with PROT_EXEC comes to there; the file is named before it.
  const hint = said.includes('failed to map segment')
    ? 'is its file system mounted noexec?'
    : 'to compile one, run: npm rebuild --foreground-scripts osh-ifaddrs'
  return new Error(`osh-ifaddrs has no addon that loads here: ${said}; ${hint}`, { cause })
}

/**
 * @returns {Binding}
 * @throws {Error} why the addon cannot be loaded, the same one each time
 */
function load() {
  if (failure !== undefined) throw failure
  if (binding === undefined) {
    try {
      // @ts-expect-error node-gyp-build comes without types
      binding = /** @type {Binding} */ (require('node-gyp-build')(root))
    } catch (error) {
      failure = explain(error)
      throw failure
    }
  }
  return binding
}

module.exports = { supported, load, reasonFile }
