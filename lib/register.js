// Patches os.networkInterfaces: the native function first, its answer handed on untouched; ours where it
// throws. Prints nothing. Every start of every program pays for this file: it loads `os` and nothing more
// until the native function throws.
'use strict'

const os = require('node:os')

/** @typedef {typeof os.networkInterfaces} NetworkInterfaces */

// Shared by every copy of this package in a thread, so that the second one finds the first one's patch; its
// value is the native function, for `osh-ifaddrs doctor`.
const PATCHED = Symbol.for('osh-ifaddrs.patched')

// Denials by a policy that a process cannot shed: asking again would only build the same error again.
const PERMANENT = ['EPERM', 'EACCES', 'EAFNOSUPPORT', 'EOPNOTSUPP', 'EPROTONOSUPPORT', 'ENOSYS']

/** @param {unknown} error anything the native function threw */
function isPermanent(error) {
  if (typeof error !== 'object' || error === null) return false
  const { errno, code, syscall } = /** @type {Record<string, unknown>} */ (error)
  // Of ENOSYS Node tells nothing: neither the number nor the call.
  if (code === 'ERR_SYSTEM_ERROR' && errno === undefined && syscall === undefined) return true
  const number = typeof errno === 'number' ? Math.abs(errno) : undefined
  const numbers = /** @type {Record<string, number>} */ (os.constants.errno)
  // Node passes a bare errno on, other runtimes a negative one or the name.
  return PERMANENT.some((name) => code === name || numbers[name] === number)
}

/**
 * @param {unknown} error what the native function threw, thrown on
 * @param {unknown} cause why ours did not answer either
 */
function addCause(error, cause) {
  if (typeof error === 'object' && error !== null) {
    // Unlike Object.defineProperty() it takes a refusal, as of a frozen error, in peace.
    Reflect.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true })
  }
  return error
}

/** @param {unknown} error */
function warn(error) {
  const reason = error instanceof Error ? error.message : String(error)
  process.emitWarning(`osh-ifaddrs cannot load its addon: ${reason}`, { code: 'OSH_IFADDRS_ADDON' })
}

/** @type {import('node:util').DebugLogger | undefined} */
let log

/**
 * @param {string} message
 * @param {unknown} error
 */
function debug(message, error) {
  log ??= require('node:util').debuglog('osh-ifaddrs')
  log(message, error)
}

/** @returns {NetworkInterfaces} ours, which loads the addon at its first call */
function makeOurs() {
  /** @type {NetworkInterfaces | undefined} */
  let networkInterfaces
  let warned = false

  return function ours() {
    if (networkInterfaces === undefined) {
      try {
        require('./addon/load').load()
      } catch (error) {
        if (!warned) warn(error)
        warned = true
        throw error
      }
      networkInterfaces = require('./index').networkInterfaces
    }
    return networkInterfaces()
  }
}

/**
 * @param {NetworkInterfaces} native
 * @param {boolean} always ask ours first
 * @returns {NetworkInterfaces}
 */
function makePatch(native, always) {
  const ours = makeOurs()
  let denied = false

  function networkInterfaces() {
    /** @type {unknown} */
    let failure
    if (denied || always) {
      try {
        return ours()
      } catch (error) {
        failure = error
        debug('ours failed: %s', error)
      }
    }
    let nativeError
    try {
      return native()
    } catch (error) {
      nativeError = error
    }
    debug('the native function threw: %s', nativeError)
    if (failure !== undefined) throw addCause(nativeError, failure)
    try {
      const result = ours()
      denied = isPermanent(nativeError)
      return result
    } catch (error) {
      debug('ours failed: %s', error)
      throw addCause(nativeError, error)
    }
  }

  return Object.defineProperty(networkInterfaces, PATCHED, { value: native })
}

// So that `import { networkInterfaces } from 'node:os'` gives the patch, whenever it was written. A module's
// constructor is what require('node:module') gives, at half the cost; a bundler's modules have another one.
function syncNamedImports() {
  const { syncBuiltinESMExports } = /** @type {typeof import('node:module')} */ (module.constructor)
  const sync = syncBuiltinESMExports ?? require('node:module').syncBuiltinESMExports
  sync()
}

// As ./addon/load.js has it, which is not to be loaded yet.
const supported = process.platform === 'linux' || process.platform === 'android'

if (supported && !Object.hasOwn(os.networkInterfaces, PATCHED)) {
  os.networkInterfaces = makePatch(os.networkInterfaces, process.env.OSH_IFADDRS_MODE === 'always')
  syncNamedImports()
}
