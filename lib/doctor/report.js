// Makes the doctor's report: tries the native function and each source alone, and adds the suspects and the
// remedies. `doctor --json` prints it as it is.
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const { version } = require('../../package.json')
const { diagnose } = require('../index')
const { errnoName, sourceOf, toDiagnosis } = require('../results/diagnosis')
const { collectEvidence } = require('./evidence')
const { OPEN_ONE_SOURCE, remediesForPolicy, remediesForProcess } = require('./remedies')
const { findMechanism, findSuspects } = require('./suspects')

/** @typedef {import('../index').Diagnosis} Diagnosis */
/** @typedef {import('../index').SourceReport} SourceReport */
/** @typedef {import('../index').Fact} Fact */
/** @typedef {import('../index').SourceName} SourceName */
/** @typedef {import('./suspects').Suspect} Suspect */
/** @typedef {import('./remedies').Remedy} Remedy */

/** @typedef {{ works: boolean, errno: number | null, code: string | null, message: string | null }} Native */
/** @typedef {{ register: boolean, preload: boolean, always: boolean, variables: string[] }} Active */

/**
 * @typedef {object} Report see docs/doctor.md
 * @property {1} format
 * @property {{ package: string, node: string, platform: string, arch: string, kernel: string }} versions
 * @property {0 | 1 | 2} status
 * @property {Native} native
 * @property {Active} active
 * @property {string | null} addonError
 * @property {SourceReport[]} sources
 * @property {Record<Fact, SourceName | null>} facts
 * @property {Diagnosis['inferred']} inferred
 * @property {Diagnosis['omitted']} omitted
 * @property {import('./evidence').Evidence} evidence
 * @property {Suspect | null} mechanism
 * @property {Suspect[]} suspects
 * @property {Remedy[]} remedies
 */

const PATCHED = Symbol.for('osh-ifaddrs.patched')
// A compiled binary, a published one, or a copy of one with the package's name.
const BINARY = /(?:osh[-_]ifaddrs\S*|prebuilds\/linux-\w+)\.node/

/** @returns {Native} the outcome of Node's own function, also where it is patched */
function tryNative() {
  const current = /** @type {Record<symbol, unknown>} */ (
    /** @type {unknown} */ (os.networkInterfaces)
  )
  const native = /** @type {() => unknown} */ (current[PATCHED] ?? current)
  try {
    native()
    return { works: true, errno: null, code: null, message: null }
  } catch (error) {
    const { errno, message } = /** @type {NodeJS.ErrnoException} */ (error)
    // Node's error for ENOSYS has neither the number nor the call.
    const number = errno === undefined ? os.constants.errno.ENOSYS : Math.abs(errno)
    return { works: false, errno: number, code: errnoName(number), message }
  }
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
    variables: Object.entries(named).flatMap(([name, isNamed]) => (isNamed ? [name] : []))
  }
}

/** @returns {{ addonError: string | null, whole: Diagnosis, sources: SourceReport[] }} */
function trySources() {
  try {
    const whole = diagnose()
    const sources = whole.sources.flatMap(({ name }) =>
      diagnose({ sources: [name] }).sources.filter((source) => source.name === name)
    )
    return { addonError: null, whole, sources }
  } catch (error) {
    return { addonError: /** @type {Error} */ (error).message, whole: toDiagnosis({}), sources: [] }
  }
}

/**
 * @param {Native} native
 * @param {Active} active
 * @param {SourceReport[]} sources
 * @returns {import('./suspects').Refusal | null} of the native function, or of libc's getifaddrs(3) if the
 *   preload library replaces it
 */
function findRefusal(native, active, sources) {
  const route = sources.find(({ name }) => name === 'rtnetlink')
  if (!native.works) {
    const syscall = route?.code === native.code ? (route?.syscall ?? null) : null
    return { syscall, code: native.code ?? 'an unknown error' }
  }
  if (!active.preload || route === undefined || route.status === 'answered') return null
  return route.code === null ? null : { syscall: route.syscall, code: route.code }
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Report}
 */
function makeReport(env) {
  const active = findActive(env)
  const native = tryNative()
  const { addonError, whole, sources } = trySources()
  const refusal = findRefusal(native, active, sources)
  const evidence = collectEvidence(env)
  const mechanism = refusal && findMechanism(evidence, refusal)
  const suspects = refusal ? findSuspects(evidence, refusal) : []
  const facts = {
    links: sourceOf(whole, 'links'),
    ipv4: sourceOf(whole, 'ipv4'),
    ipv6: sourceOf(whole, 'ipv6')
  }
  const oursAnswers = facts.ipv4 !== null || facts.ipv6 !== null
  const status = refusal === null ? 0 : oursAnswers ? 1 : 2
  return {
    format: 1,
    versions: {
      package: version,
      node: process.versions.node,
      platform: process.platform,
      arch: process.arch,
      kernel: os.release()
    },
    status,
    native,
    active,
    addonError,
    sources,
    facts,
    inferred: whole.inferred,
    omitted: whole.omitted,
    evidence,
    mechanism,
    suspects,
    remedies: [
      ...(status === 1 ? remediesForProcess(active) : []),
      ...(status === 2 && addonError === null ? [OPEN_ONE_SOURCE] : []),
      ...(mechanism ? remediesForPolicy(suspects, mechanism) : [])
    ]
  }
}

module.exports = { makeReport }
