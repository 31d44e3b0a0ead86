// What is in force in this process: whether the native function works, register, the preload library, variables.
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const { load, parseSources, supported } = require('../addon/load')
const { errnoName } = require('../results/diagnosis')

/** @typedef {import('../index').SourceName} SourceName */
/** @typedef {import('../index').SourceReport} SourceReport */

/**
 * The outcome of the native function. `works` is null if it is not known. ETIMEDOUT: it would never return.
 *
 * @typedef {{ works: boolean | null, errno: number | null, code: string | null, message: string | null }} Native
 */

/**
 * @typedef {object} Active
 * @property {boolean} register
 * @property {boolean} preload
 * @property {boolean} always
 * @property {SourceName[] | null} sources
 * @property {boolean} lastResort
 * @property {string[]} variables
 */

const PATCHED = Symbol.for('osh-ifaddrs.patched')
// A compiled binary, a published one, or a copy of one with the package's name.
const BINARY = /(?:osh[-_]ifaddrs\S*|prebuilds\/linux-\w+)\.node/

const NO_ERROR = { errno: null, code: null, message: null }

/**
 * @param {number} errno positive
 * @param {string} message
 * @returns {Native}
 */
function failed(errno, message) {
  return { works: false, errno, code: errnoName(errno), message }
}

/**
 * Call it before the addon is loaded, which is the same file as the preload library.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Active}
 */
function findActive(env) {
  const named = {
    NODE_OPTIONS: /osh-ifaddrs[\\/](lib[\\/])?register/.test(env.NODE_OPTIONS ?? ''),
    LD_PRELOAD: BINARY.test(env.LD_PRELOAD ?? '')
  }
  let preload = named.LD_PRELOAD
  try {
    preload = BINARY.test(fs.readFileSync('/proc/self/maps', 'latin1'))
  } catch {
    // No /proc: the variable has to do.
  }
  return {
    register: Object.hasOwn(os.networkInterfaces, PATCHED),
    preload,
    always: env.OSH_IFADDRS_MODE === 'always',
    sources: parseSources(env.OSH_IFADDRS_SOURCES) ?? null,
    lastResort: env.OSH_IFADDRS_LAST_RESORT === 'empty',
    variables: Object.entries(named).flatMap(([name, isNamed]) => (isNamed ? [name] : []))
  }
}

/** Why the addon does not load is no part of this. */
function tryProbe() {
  try {
    return supported ? load().probe() : null
  } catch {
    return null
  }
}

/**
 * @param {SourceReport | undefined} route rtnetlink's
 * @returns {{ syscall: string | null, errno: number } | null} the failure of the calls that libc makes
 */
function findFailure(route) {
  // The probe would wait again.
  if (route?.code === 'ETIMEDOUT')
    return { syscall: route.syscall, errno: os.constants.errno.ETIMEDOUT }
  return tryProbe()
}

/** @param {Native} native */
function neverReturns({ code }) {
  return code === 'ETIMEDOUT'
}

/**
 * Call it after rtnetlink was asked. libc waits without a limit, and nothing can interrupt it: if a reply did
 * not come in time, the native function is not called.
 *
 * @param {Active} active
 * @param {SourceReport | undefined} route rtnetlink's
 * @returns {{ active: Active, native: Native }} the outcome of Node's own function, also where it is patched
 */
function tryNative(active, route) {
  if (active.sources !== null) return { active, native: { works: null, ...NO_ERROR } }
  const failure = findFailure(route)
  const { ENOSYS, ETIMEDOUT } = os.constants.errno
  if (failure?.errno === ETIMEDOUT)
    return { active, native: failed(ETIMEDOUT, `${failure.syscall} gets no reply`) }
  const current = /** @type {Record<symbol, unknown>} */ (
    /** @type {unknown} */ (os.networkInterfaces)
  )
  const native = /** @type {typeof os.networkInterfaces} */ (current[PATCHED] ?? current)
  let result
  try {
    result = native()
  } catch (error) {
    const { errno, message } = /** @type {NodeJS.ErrnoException} */ (error)
    // Node's error for ENOSYS has neither the number nor the call.
    return { active, native: failed(errno === undefined ? ENOSYS : Math.abs(errno), message) }
  }
  if (failure === null || active.preload) return { active, native: { works: true, ...NO_ERROR } }
  const lists = Object.values(result ?? {})
  // Other code, loaded after register, calls its patch: nothing else knows these addresses.
  const isWrapped = lists.some((list) => list?.some(({ internal }) => !internal))
  const register = active.register || (isWrapped && active.variables.includes('NODE_OPTIONS'))
  return {
    active: { ...active, register },
    native: failed(failure.errno, `other code hides that ${failure.syscall} fails`)
  }
}

module.exports = { findActive, neverReturns, tryNative }
