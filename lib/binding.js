// Loads the addon, at the first need and no earlier: `-r osh-ifaddrs/register` costs nothing until the
// native function fails. Knows where binaries are, and nothing of what they do.
'use strict'

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
 * @property {Uint32Array} [numbers] five for each address, see NUMBER in ./reading.js
 * @property {Attempt[]} [attempts]
 * @property {number} [missing] facts that no source told, as bits
 * @property {{ name: string, address: string }[]} [omissions]
 */

/** @typedef {{ read(sources: number, details: boolean): Reading }} Binding */

/** Whether this platform has a kernel that the addon can ask. */
const supported = process.platform === 'linux' || process.platform === 'android'

/** @type {Binding | undefined} */
let binding
/** @type {unknown} */
let failure

/**
 * @returns {Binding}
 * @throws {Error} why the addon cannot be loaded, the same one each time
 */
function load() {
  if (failure !== undefined) throw failure
  if (binding === undefined) {
    try {
      // @ts-expect-error node-gyp-build comes without types
      binding = /** @type {Binding} */ (require('node-gyp-build')(path.join(__dirname, '..')))
    } catch (error) {
      failure = error
      throw error
    }
  }
  return binding
}

module.exports = { supported, load }
