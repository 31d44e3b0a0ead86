// Explains why the addon cannot be loaded: a shortage, or what to do.
'use strict'

const fs = require('node:fs')
const { IN_A_BUNDLE, adviseToCompile } = require('./locate')

/** @typedef {NodeJS.ErrnoException & { advice?: string }} Failure of findAddon() or dlopen(3) */

// Failures that are temporary. src/core/snapshot.c has one more, which only sockets return.
const SHORTAGES = ['EMFILE', 'ENFILE', 'ENOMEM']

/**
 * @param {NodeJS.ErrnoException} error
 * @returns {string | undefined} the errno's name, if it is that of a shortage
 */
function shortageOf({ code = '' }) {
  return SHORTAGES.includes(code) ? code : undefined
}

/**
 * dlopen(3) reports no errno, and its message may be translated. open(2) looks for a free descriptor first, so its
 * errno shows a shortage of them.
 */
function findShortage() {
  try {
    fs.closeSync(fs.openSync('/', 'r'))
    return undefined
  } catch (error) {
    return shortageOf(/** @type {NodeJS.ErrnoException} */ (error))
  }
}

/**
 * @param {Failure} failure
 * @param {boolean} inBundle
 * @returns {string | null}
 */
function advise({ name, code, message, advice }, inBundle) {
  if (advice !== undefined) return advice
  // Node's own options and Deno's permissions, which the message names.
  if (code === 'ERR_ACCESS_DENIED' || code === 'ERR_DLOPEN_DISABLED' || name === 'NotCapable')
    return null
  // dlopen(3) says so when mmap(2) with PROT_EXEC fails, and not why.
  if (message.includes('failed to map segment'))
    return 'Node cannot load addons from a noexec mount. A policy or a lack of memory can be the reason, too'
  return inBundle ? IN_A_BUNDLE : adviseToCompile()
}

/**
 * @param {Failure} cause
 * @param {string} code
 */
function shortageError(cause, code) {
  const { syscall = 'dlopen', path } = cause
  const call = path === undefined ? syscall : `${syscall}(${path})`
  const message =
    `cannot load the osh-ifaddrs addon: ${call} failed with ${code}. ` +
    'This is a shortage: try again, or raise the exhausted limit'
  return Object.assign(new Error(message, { cause }), { code })
}

/**
 * @param {unknown} thrown
 * @param {boolean} inBundle whether the addon is in a bundle
 * @returns {Error} with the reason and the remedy in one line
 */
function explain(thrown, inBundle) {
  const cause = /** @type {Failure} */ (thrown)
  const shortage = shortageOf(cause) ?? (cause.advice === undefined ? findShortage() : undefined)
  if (shortage !== undefined) return shortageError(cause, shortage)
  const [reason] = cause.message.split('\n')
  const advice = advise(cause, inBundle)
  const message = `cannot load the osh-ifaddrs addon: ${reason}${advice === null ? '' : `. ${advice}`}`
  return Object.assign(new Error(message, { cause }), cause.code && { code: cause.code })
}

module.exports = { explain }
