// Patches os.networkInterfaces: the native function first, its answer handed on untouched; ours where it
// throws. Prints nothing, and loads nothing until then.
'use strict'

const { syncBuiltinESMExports } = require('node:module')
const os = require('node:os')

/** @typedef {typeof os.networkInterfaces} NetworkInterfaces */

// Shared by every copy of this package in a thread, so that the second one finds the first one's patch.
const PATCHED = Symbol.for('osh-ifaddrs.patched')

// Denials by a policy that a process cannot shed: asking again would only build the same error again.
const PERMANENT = ['EPERM', 'EACCES', 'EAFNOSUPPORT', 'EOPNOTSUPP', 'EPROTONOSUPPORT', 'ENOSYS']

/** @param {unknown} error anything the native function threw */
function isPermanent(error) {
  if (typeof error !== 'object' || error === null) return false
  const { errno, code } = /** @type {{ errno?: unknown, code?: unknown }} */ (error)
  const numbers = /** @type {Record<string, number>} */ (os.constants.errno)
  // Node passes a bare errno on, other runtimes a negative one or the name.
  return PERMANENT.some((name) => code === name || numbers[name] === Math.abs(Number(errno)))
}

/**
 * @param {unknown} error what the native function threw, thrown on
 * @param {unknown} cause why ours did not answer either
 */
function addCause(error, cause) {
  if (typeof error === 'object' && error !== null && Object.isExtensible(error)) {
    Object.defineProperty(error, 'cause', {
      value: cause,
      configurable: true,
      writable: true
    })
  }
  return error
}

/**
 * @param {NetworkInterfaces} native
 * @param {boolean} always ask ours first
 * @returns {NetworkInterfaces}
 */
function makePatch(native, always) {
  const debug = require('node:util').debuglog('osh-ifaddrs')
  let denied = false
  let warned = false

  function ours() {
    try {
      require('./binding').load()
    } catch (error) {
      if (!warned) {
        warned = true
        const { message } = /** @type {Error} */ (error)
        process.emitWarning(`osh-ifaddrs cannot load its addon: ${message}`, {
          code: 'OSH_IFADDRS_ADDON'
        })
      }
      throw error
    }
    return require('./index').networkInterfaces()
  }

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

  return Object.defineProperty(networkInterfaces, PATCHED, { value: true })
}

if (require('./binding').supported && !Object.hasOwn(os.networkInterfaces, PATCHED)) {
  os.networkInterfaces = makePatch(os.networkInterfaces, process.env.OSH_IFADDRS_MODE === 'always')

}
