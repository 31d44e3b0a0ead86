// Patches os.networkInterfaces: the native function first, its result returned unchanged; ours if it throws, or
// if other code hides that it does. Prints nothing. Every program pays for this file when it starts, so it loads
// only `os` until ours is needed. Node 12 and later must parse it: NODE_OPTIONS reaches every Node on a machine.
'use strict'

const os = require('os')

/** @typedef {typeof os.networkInterfaces} NetworkInterfaces */

// Shared by every copy of this package in a thread, so that the second copy sees the first one's patch. The
// value is the native function, for `osh-ifaddrs doctor`.
const PATCHED = Symbol.for('osh-ifaddrs.patched')

/**
 * @param {string} name of an environment variable
 * @returns {string | undefined}
 */
function read(name) {
  try {
    return process.env[name]
  } catch {
    // Deno without --allow-env.
    return undefined
  }
}

const variables = {
  mode: read('OSH_IFADDRS_MODE'),
  sources: read('OSH_IFADDRS_SOURCES') || undefined,
  lastResort: read('OSH_IFADDRS_LAST_RESORT')
}

// A process cannot drop these policies, so the native function is not called again.
const PERMANENT = ['EPERM', 'EACCES', 'EAFNOSUPPORT', 'EOPNOTSUPP', 'EPROTONOSUPPORT', 'ENOSYS']

// The same as in ./addon/explain.js, which is not loaded when require() fails.
const SHORTAGES = ['EMFILE', 'ENFILE', 'ENOMEM']

/** @param {unknown} error anything the native function threw, or a failure that probe() found */
function isPermanent(error) {
  if (typeof error !== 'object' || error === null) return false
  const { errno, code, syscall } = /** @type {Record<string, unknown>} */ (error)
  // Node's error for ENOSYS has neither the number nor the call.
  if (code === 'ERR_SYSTEM_ERROR' && errno === undefined && syscall === undefined) return true
  const numbers = /** @type {Record<string, number>} */ (os.constants.errno)
  // Node reports a positive number, other runtimes a negative one or the name.
  for (let i = 0; i < PERMANENT.length; i++) {
    const number = numbers[PERMANENT[i]]
    if (code === PERMANENT[i] || errno === number || errno === -number) return true
  }
  return false
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

/**
 * Syntax only: other code may have replaced JavaScript's own functions, and may call back.
 *
 * @param {ReturnType<NetworkInterfaces>} interfaces
 * @returns {boolean} whether code that hides a failure may have made them up
 */
function isLoopbackOnly(interfaces) {
  // Without a prototype: `in` also lists what objects inherit.
  const lists = /** @type {typeof interfaces} */ ({
    __proto__: /** @type {any} */ (null),
    ...interfaces
  })
  for (const name in lists) {
    const list = lists[name]
    if (list === undefined) continue
    // A mock can be anything.
    if (!(list.length >= 0)) return false
    for (let i = 0; i < list.length; i++) if (!list[i].internal) return false
  }
  return true
}

/** @param {unknown} error */
function isShortage(error) {
  const { code } = /** @type {NodeJS.ErrnoException} */ (error)
  for (let i = 0; i < SHORTAGES.length; i++) if (code === SHORTAGES[i]) return true
  return false
}

/**
 * Since Node 24 require() does not say that no descriptor was left: it reports an invalid package.json.
 *
 * @returns {NodeJS.ErrnoException | undefined}
 */
function findShortage() {
  const fs = require('fs')
  try {
    fs.closeSync(fs.openSync('/', 'r'))
    return undefined
  } catch (error) {
    return isShortage(error) ? /** @type {NodeJS.ErrnoException} */ (error) : undefined
  }
}

function requireOurs() {
  try {
    return { addon: require('./addon/load'), index: require('./index') }
  } catch (cause) {
    const error = findShortage()
    if (error === undefined) throw cause
    const reason = `cannot load osh-ifaddrs: open failed with ${error.code}`
    const advice = 'This is a shortage: try again, or raise the exhausted limit'
    throw Object.assign(new Error(`${reason}. ${advice}`), { cause, code: error.code })
  }
}

/** @returns {NetworkInterfaces} ours, when the addon is loaded */
function loadOurs() {
  const { addon, index } = requireOurs()
  const sources = addon.parseSources(variables.sources)
  try {
    addon.load()
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    if (!warned && !isShortage(error)) {
      process.emitWarning(message, { code: 'OSH_IFADDRS_ADDON' })
      warned = true
    }
    throw error
  }
  const options = { sources }
  return () => index.networkInterfaces(options)
}

/**
 * @param {NetworkInterfaces} native
 * @returns {NetworkInterfaces}
 */
function makePatch(native) {
  let oursFirst = variables.mode === 'always' || variables.sources !== undefined
  /** @type {NetworkInterfaces | undefined} */
  let loaded

  function ours() {
    if (loaded === undefined) loaded = loadOurs()
    return loaded()
  }

  /**
   * NemoClaw's guard makes a native function that fails return {}.
   *
   * @param {ReturnType<NetworkInterfaces>} result
   * @returns {ReturnType<NetworkInterfaces>} ours, if other code hides a refusal behind the result
   */
  function uncover(result) {
    try {
      if (!isLoopbackOnly(result)) return result
      const failure = require('./addon/load').load().probe()
      if (!isPermanent(failure)) return result
      debug('other code hides this failure: %j', failure)
      const answer = ours()
      oursFirst = true
      return answer
    } catch (error) {
      debug('this package failed: %s', error)
      return result
    }
  }

  return function networkInterfaces() {
    /** @type {unknown} */
    let failure
    if (oursFirst) {
      try {
        return ours()
      } catch (error) {
        failure = error
        debug('this package failed: %s', error)
      }
    }
    // The policy may kill a process that calls the native function.
    if (variables.sources !== undefined) throw failure
    let nativeError
    try {
      const result = native()
      return oursFirst ? result : uncover(result)
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
      debug('this package failed: %s', error)
      throw addCause(nativeError, error)
    }
  }
}

/**
 * @param {NetworkInterfaces} answer
 * @returns {NetworkInterfaces} returns {} instead of throwing
 */
function makeLastResort(answer) {
  return function networkInterfaces() {
    try {
      return answer()
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (Object(error))
      if (code === 'ERR_OSH_IFADDRS_SOURCES') throw error
      debug('returning {}, because nothing answers: %s', error)
      return {}
    }
  }
}

// `import { networkInterfaces } from 'node:os'` gets the patch too, also if it ran before. module.constructor
// is require('node:module') at half the cost, but not in a bundle.
function syncNamedImports() {
  const { syncBuiltinESMExports } = /** @type {typeof import('node:module')} */ (module.constructor)
  const sync = syncBuiltinESMExports || require('module').syncBuiltinESMExports
  // Not before Node 12.12.
  if (sync) sync()
}

// The same as in ./addon/load.js, which must not be loaded yet, and package.json.
const supported =
  (process.platform === 'linux' || process.platform === 'android') &&
  parseInt(process.versions.node, 10) >= 20

/** @param {NetworkInterfaces} patched */
function install(patched) {
  const descriptor = { value: patched, configurable: true, enumerable: true, writable: true }
  // Neither throws if `os` is frozen. The second one replaces a property that has only a getter.
  if (
    Reflect.set(os, 'networkInterfaces', patched) ||
    Reflect.defineProperty(os, 'networkInterfaces', descriptor)
  )
    syncNamedImports()
}

function patch() {
  const native = os.networkInterfaces
  const answer = supported ? makePatch(native) : native
  const patched = variables.lastResort === 'empty' ? makeLastResort(answer) : answer
  if (patched === native || PATCHED in native) return
  install(Object.defineProperty(patched, PATCHED, { value: native }))
}

patch()
