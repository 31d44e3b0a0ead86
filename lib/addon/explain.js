// Explains why the addon cannot be loaded: a shortage, or what to do.
'use strict'

const fs = require('node:fs')
const { IN_A_BUNDLE, adviseToCompile } = require('./locate')

/** @typedef {NodeJS.ErrnoException & { advice?: string }} Failure of findAddon() or dlopen(3) */

// Failures that may have passed by the next call.
const SHORTAGES = ['EMFILE', 'ENFILE', 'ENOMEM']

/**
 * dlopen(3) reports no errno, and its message may be translated. open(2) looks for a free descriptor first, so its
 * errno shows a shortage of them.
 *
 * @returns {string | undefined} the errno's name
 */
function findShortageOfDescriptors() {
  try {
    fs.closeSync(fs.openSync('/', 'r'))
    return undefined
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code
  }
}

/**
 * mmap(2) fails for want of memory, or on a noexec mount, where access(2) fails too.
 *
 * @param {string} message of dlopen(3)
 * @param {string} file
 */
function isMemoryShort(message, file) {
  if (!message.includes('failed to map segment')) return false
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * @param {Failure} failure
 * @param {string} file
 * @returns {string | undefined} the errno's name, if the failure is a shortage
 */
function shortageOf({ code = '', message, advice }, file) {
  if (SHORTAGES.includes(code)) return code
  if (advice !== undefined) return undefined
  if (isMemoryShort(message, file)) return 'ENOMEM'
  const found = findShortageOfDescriptors() ?? ''
  return SHORTAGES.includes(found) ? found : undefined
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
  // dlopen(3) says so when mmap(2) with PROT_EXEC fails.
  if (message.includes('failed to map segment'))
    return 'Node cannot load addons from a noexec mount'
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
 * @param {{ file?: string, inBundle: boolean }} addon
 * @returns {Error} with the reason and the remedy in one line
 */
function explain(thrown, { file = '', inBundle }) {
  const cause = /** @type {Failure} */ (thrown)
  const shortage = shortageOf(cause, file)
  if (shortage !== undefined) return shortageError(cause, shortage)
  const [reason] = cause.message.split('\n')
  const advice = advise(cause, inBundle)
  const message = `cannot load the osh-ifaddrs addon: ${reason}${advice === null ? '' : `. ${advice}`}`
  return Object.assign(new Error(message, { cause }), cause.code && { code: cause.code })
}

module.exports = { explain }
