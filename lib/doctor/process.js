// What this process has: whether the native function works, and whether register, the preload library and the
// variables are active.
'use strict'

const os = require('node:os')
const { load, parseSources, supported } = require('../addon/load')
const { errnoName } = require('../results/diagnosis')
const { readText } = require('./attempt')
const { findSuspects } = require('./suspects')
const { NO_REPLY } = require('./symptoms')
const { LIMIT_MS, callWatched } = require('./watchdog')

/** @typedef {import('../index').SourceName} SourceName */
/** @typedef {import('../index').SourceReport} SourceReport */

/** @typedef {{ syscall: string, errno: number }} Failure */

/**
 * The outcome of the native function. `works` is null if it is not known. ETIMEDOUT: it would never return. Without
 * an errno it is not the kernel that fails.
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

const { ENOSYS, ETIMEDOUT } = os.constants.errno
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
 * @param {NodeJS.ProcessEnv} env
 * @returns {Active}
 */
function findActive(env) {
  const named = {
    NODE_OPTIONS: /osh-ifaddrs[\\/](lib[\\/])?register/.test(env.NODE_OPTIONS ?? ''),
    LD_PRELOAD: BINARY.test(env.LD_PRELOAD ?? '')
  }
  const maps = readText('/proc/self/maps')
  const isPreloaded = named.LD_PRELOAD || BINARY.test(readText('/etc/ld.so.preload') ?? '')
  return {
    register: Object.hasOwn(os.networkInterfaces, PATCHED),
    // The addon is the same file. Without /proc, only the variable shows it.
    preload: isPreloaded && (maps === null || BINARY.test(maps)),
    always: env.OSH_IFADDRS_MODE === 'always',
    sources: parseSources(env.OSH_IFADDRS_SOURCES) ?? null,
    lastResort: env.OSH_IFADDRS_LAST_RESORT === 'empty',
    variables: Object.entries(named).flatMap(([name, isNamed]) => (isNamed ? [name] : []))
  }
}

/**
 * @param {import('./evidence').Evidence} evidence
 * @returns {Failure | null} what is known without the addon
 */
function guessFailure(evidence) {
  const [swallower] = findSuspects(evidence, { call: null, code: NO_REPLY })
  return swallower ? { syscall: `netlink of ${swallower.name}`, errno: ETIMEDOUT } : null
}

/**
 * @param {import('./sources').Knowledge} knowledge
 * @param {import('./evidence').Evidence} evidence
 * @returns {Failure | null} the first that fails of the calls that libc makes
 */
function findFailure({ addonError, sources }, evidence) {
  if (addonError !== null) return guessFailure(evidence)
  const route = sources.find(({ name }) => name === 'rtnetlink')
  // The probe would wait again.
  if (route?.code === NO_REPLY) return { syscall: String(route.syscall), errno: ETIMEDOUT }
  return supported ? load().probe() : null
}

/** @param {Native} native */
function neverReturns({ code }) {
  return code === NO_REPLY
}

/**
 * @param {typeof os.networkInterfaces} networkInterfaces
 * @returns {{ result?: object, error?: NodeJS.ErrnoException }}
 */
function call(networkInterfaces) {
  const before = Object.getOwnPropertyNames(Object.prototype)
  try {
    return { result: Object(networkInterfaces()) }
  } catch (error) {
    return { error: /** @type {NodeJS.ErrnoException} */ (error) }
  } finally {
    // Node adds the addresses of a link named __proto__.
    for (const name of Object.getOwnPropertyNames(Object.prototype))
      if (!before.includes(name)) Reflect.deleteProperty(Object.prototype, name)
  }
}

/** @returns {typeof os.networkInterfaces} Node's own function, also where register replaces it */
function findNative() {
  const current = /** @type {Record<symbol, unknown>} */ (
    /** @type {unknown} */ (os.networkInterfaces)
  )
  return /** @type {typeof os.networkInterfaces} */ (current[PATCHED] ?? current)
}

/** @param {import('./sources').Knowledge} knowledge */
function callNative({ addonError }) {
  if (addonError === null) return call(findNative())
  const message =
    `osh-ifaddrs: os.networkInterfaces() did not return within ${LIMIT_MS / 1000} s, ` +
    `and this package does not work: ${addonError.message}\n`
  return callWatched(() => call(findNative()), message)
}

/**
 * @param {NodeJS.ErrnoException} error
 * @returns {Native}
 */
function toNative({ code, errno, name, message }) {
  if (errno !== undefined) return failed(Math.abs(errno), message)
  // Node's error for ENOSYS has neither the number nor the call.
  if (code === 'ERR_SYSTEM_ERROR') return failed(ENOSYS, message)
  return { works: false, errno: null, code: null, message: `${name}: ${message}` }
}

/**
 * @param {object} result
 * @param {string[]} names as ours reports them
 */
function lacks(result, names) {
  return names.filter((name) => !Object.hasOwn(result, name))
}

/**
 * @param {object} result
 * @param {string[]} reserved
 * @returns {Native}
 */
function checkNames(result, reserved) {
  const [lost] = lacks(result, reserved)
  if (lost === undefined) return { works: true, ...NO_ERROR }
  return { works: false, errno: null, code: null, message: `its result lacks the link ${lost}` }
}

/**
 * Whether other code, loaded after register, calls its patch: nothing else knows addresses that are not loopback's.
 *
 * @param {object} result
 */
function hasExternal(result) {
  const lists = /** @type {(os.NetworkInterfaceInfo[] | undefined)[]} */ (Object.values(result))
  return lists.some((list) => list?.some(({ internal }) => !internal))
}

/**
 * The outcome of Node's own function, also where it is patched, and the first `failure` of the calls that libc makes.
 * `hidden`: other code answers in its place. `answered`: the function that programs call here reports the links that
 * ours does. `reserved`: the names of links that Object.prototype has, too.
 *
 * @typedef {object} Trial
 * @property {Active} active
 * @property {Native} native
 * @property {Failure | null} failure
 * @property {boolean} hidden
 * @property {boolean} answered
 * @property {string[]} reserved
 */

/**
 * Call it after rtnetlink was asked. libc waits without a limit, and nothing can interrupt it: if a reply did
 * not come in time, the native function is not called.
 *
 * @param {Active} active
 * @param {import('./sources').Knowledge} knowledge
 * @param {import('./evidence').Evidence} evidence
 * @returns {Trial}
 */
function tryNative(active, knowledge, evidence) {
  const failure = active.sources === null ? findFailure(knowledge, evidence) : null
  const { names } = knowledge
  const reserved = names.filter((name) => Object.hasOwn(Object.prototype, name))
  /** @type {(native: Native) => Trial} */
  const end = (native) => ({ active, native, failure, hidden: false, answered: false, reserved })
  if (active.sources !== null) return end({ works: null, ...NO_ERROR })
  if (failure?.errno === ETIMEDOUT)
    return end(failed(ETIMEDOUT, `${failure.syscall} gets no reply`))
  const { result = {}, error } = callNative(knowledge)
  if (error !== undefined) return end(toNative(error))
  // The preload library makes the native function work: then only other names show that it was not asked.
  const mayWork = failure === null || (active.preload && lacks(result, names).length === 0)
  if (mayWork || reserved.length > 0) return end(checkNames(result, reserved))
  const register =
    active.register || (hasExternal(result) && active.variables.includes('NODE_OPTIONS'))
  return {
    ...end(failed(failure.errno, `other code hides that ${failure.syscall} fails`)),
    active: { ...active, register },
    hidden: true,
    answered: lacks(call(os.networkInterfaces).result ?? {}, names).length === 0
  }
}

module.exports = { findActive, neverReturns, tryNative }
