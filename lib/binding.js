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
 * @property {string} [text] the addresses, a newline after each
 * @property {Uint32Array} [numbers] five for each address, see NUMBER in ./reading.js
 * @property {string[]} [keys]
 * @property {string[]} [macs]
 * @property {Attempt[]} [attempts]
 * @property {number} [missing] facts that no source told, as bits
 * @property {{ name: string, address: string }[]} [omissions]
 */

/** @typedef {{ read(sources: number, details: boolean): Reading }} Binding */

/** Whether this platform has a kernel that the addon can ask. */
const supported = process.platform === 'linux' || process.platform === 'android'

/** @type {Binding | undefined} */
let binding

/**
 * Tries again after a failure: it may have been for want of descriptors or memory.
 *
 * @returns {Binding}
 * @throws {Error} why the addon cannot be loaded
 */
function load() {
  binding ??= /** @type {Binding} */ (require('node-gyp-build')(path.join(__dirname, '..')))
  return binding
}

module.exports = { supported, load }
