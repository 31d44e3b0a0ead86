// Patches os.networkInterfaces: the native function first, its result returned unchanged; ours if it throws.
// Prints nothing. Every program pays for this file when it starts, so it loads only `os` until the native
// function throws. Node 12 and later must parse it: NODE_OPTIONS reaches every Node on a machine.
'use strict'

const os = require('os')

/** @typedef {typeof os.networkInterfaces} NetworkInterfaces */

// Shared by every copy of this package in a thread, so that the second copy sees the first one's patch. The
// value is the native function, for `osh-ifaddrs doctor`.
const PATCHED = Symbol.for('osh-ifaddrs.patched')

// A process cannot drop these policies, so the native function is not called again.
const PERMANENT = ['EPERM', 'EACCES', 'EAFNOSUPPORT', 'EOPNOTSUPP', 'EPROTONOSUPPORT', 'ENOSYS']

/** @param {unknown} error anything the native function threw */
function isPermanent(error) {
  if (typeof error !== 'object' || error === null) return false
  const { errno, code, syscall } = /** @type {Record<string, unknown>} */ (error)
  // Node's error for ENOSYS has neither the number nor the call.
  if (code === 'ERR_SYSTEM_ERROR' && errno === undefined && syscall === undefined) return true
  const number = typeof errno === 'number' ? Math.abs(errno) : undefined
  const numbers = /** @type {Record<string, number>} */ (os.constants.errno)
  // Node reports a positive number, other runtimes a negative one or the name.
  return PERMANENT.some((name) => code === name || numbers[name] === number)
}

/**
 * @param {unknown} error what the native function threw
 * @param {unknown} cause why ours failed
 */
function addCause(error, cause) {
  if (typeof error === 'object' && error !== null) {
    // Unlike Object.defineProperty() it does not throw when the error is frozen.
    Reflect.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true })
  }
  return error
}

/** @type {import('node:util').DebugLogger | undefined} */
let log

/**
 * @param {string} message
 * @param {unknown} error
 */
function debug(message, error) {
  if (log === undefined) log = require('util').debuglog('osh-ifaddrs')
  log(message, error)
}

let warned = false

/** @returns {NetworkInterfaces} ours, when the addon is loaded */
function loadOurs() {
  try {
    require('./addon/load').load()
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    if (!warned) process.emitWarning(message, { code: 'OSH_IFADDRS_ADDON' })
    warned = true
    throw error
  }
  return require('./index').networkInterfaces
}

/**
 * @param {NetworkInterfaces} native
 * @param {boolean} always call ours first
 * @returns {NetworkInterfaces}
 */
function makePatch(native, always) {
  let oursFirst = always
  /** @type {NetworkInterfaces | undefined} */
  let loaded

  function ours() {
    if (loaded === undefined) loaded = loadOurs()
    return loaded()
  }

  function networkInterfaces() {
    /** @type {unknown} */
    let failure
    if (oursFirst) {
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
      oursFirst = isPermanent(nativeError)
      return result
    } catch (error) {
      debug('ours failed: %s', error)
      throw addCause(nativeError, error)
    }
  }

  return Object.defineProperty(networkInterfaces, PATCHED, { value: native })
}

// `import { networkInterfaces } from 'node:os'` gets the patch too, also if it ran before. module.constructor
// is require('node:module') at half the cost, but not in a bundle.
function syncNamedImports() {
  const { syncBuiltinESMExports } = /** @type {typeof import('node:module')} */ (module.constructor)
  const sync = syncBuiltinESMExports || require('module').syncBuiltinESMExports
  sync()
}

// The same as in ./addon/load.js, which must not be loaded yet, and package.json.
const supported =
  (process.platform === 'linux' || process.platform === 'android') &&
  parseInt(process.versions.node, 10) >= 20

/** @returns {boolean} */
function isOursFirst() {
  try {
    return process.env.OSH_IFADDRS_MODE === 'always'
  } catch {
    // Deno without --allow-env.
    return false
  }
}

function patch() {
  const patched = makePatch(os.networkInterfaces, isOursFirst())
  const descriptor = { value: patched, configurable: true, enumerable: true, writable: true }
  // Neither throws if `os` is frozen. The second one replaces a property that has only a getter.
  if (
    Reflect.set(os, 'networkInterfaces', patched) ||
    Reflect.defineProperty(os, 'networkInterfaces', descriptor)
  )
    syncNamedImports()
}

if (supported && !Object.hasOwn(os.networkInterfaces, PATCHED)) patch()
