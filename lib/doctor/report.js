// The doctor's report: asks the native function and each source alone, and puts together what came of it,
// who refuses and what to do. This is what `doctor --json` prints; how it is said is decided elsewhere.
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const { version } = require('../../package.json')
const { SOURCES } = require('../addon/load')
const { errnoName, sourceOf } = require('../results/diagnosis')
const { diagnose } = require('../index')
const { findCulprits, findMechanism } = require('./suspects')
const { gatherEvidence } = require('./evidence')
const { WAYS, remediesForPolicy, remediesForProcess } = require('./remedies')

/** @typedef {import('../index').Diagnosis} Diagnosis */
/** @typedef {import('../index').SourceReport} SourceReport */
/** @typedef {import('../index').Fact} Fact */
/** @typedef {import('../index').SourceName} SourceName */
/** @typedef {import('./suspects').Finding} Finding */
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
 * @property {Finding | null} mechanism
 * @property {Finding[]} culprits
 * @property {Remedy[]} remedies
 */

const PATCHED = Symbol.for('osh-ifaddrs.patched')

/** @returns {Native} of the function that Node has, whatever was put over it */
function askNative() {
  const current = /** @type {Record<symbol, unknown>} */ (
    /** @type {unknown} */ (os.networkInterfaces)
  )
  const native = /** @type {() => unknown} */ (current[PATCHED] ?? current)
  try {
    native()
    return { works: true, errno: null, code: null, message: null }
  } catch (error) {
    const { errno, message } = /** @type {NodeJS.ErrnoException} */ (error)
    // Of ENOSYS Node tells neither the number nor the call.
    const number = errno === undefined ? os.constants.errno.ENOSYS : Math.abs(errno)
    return { works: false, errno: number, code: errnoName(number), message }
  }
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Active}
 */
function findActive(env) {
  const variables = []
  if (/osh-ifaddrs[\\/](lib[\\/])?register/.test(env.NODE_OPTIONS ?? ''))
    variables.push('NODE_OPTIONS')
  if (/osh_ifaddrs_preload/.test(env.LD_PRELOAD ?? '')) variables.push('LD_PRELOAD')
  let preload = false
  try {
    preload = fs.readFileSync('/proc/self/maps', 'latin1').includes('/osh_ifaddrs_preload.so')
  } catch {
    preload = variables.includes('LD_PRELOAD')
  }
  const register = Object.hasOwn(os.networkInterfaces, PATCHED)
  return { register, preload, always: env.OSH_IFADDRS_MODE === 'always', variables }
}

/**
 * @returns {{ addonError: string | null, whole: Diagnosis, sources: SourceReport[] }}
 */
function askSources() {
  try {
    const whole = diagnose()
    const reports = SOURCES.map((name) => {
      return diagnose({ sources: [name] }).sources.find((report) => report.name === name)
    })
    return { addonError: null, whole, sources: reports.filter((report) => report !== undefined) }
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    /** @type {Diagnosis} */
    const whole = {
      complete: false,
      missing: ['links', 'ipv4', 'ipv6'],
      sources: [],
      inferred: [],
      omitted: []
    }
    return { addonError: message, whole, sources: [] }
  }
}

/**
 * What the native function, or getifaddrs(3) beneath the preload library, does not get.
 *
 * @param {Native} native
 * @param {Active} active
 * @param {SourceReport[]} sources
 */
function findRefusal(native, active, sources) {
  const route = sources.find(({ name }) => name === 'rtnetlink')
  if (active.preload && native.works) {
    if (route === undefined || route.status === 'answered' || route.code === null) return null
    return { syscall: route.syscall, code: route.code }
  }
  if (native.works) return null
  const sameCall = route?.code === native.code ? (route?.syscall ?? null) : null
  return { syscall: sameCall, code: native.code ?? 'an unknown error' }
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Report}
 */
function makeReport(env) {
  const native = askNative()
  const active = findActive(env)
  const { addonError, whole, sources } = askSources()
  const refusal = findRefusal(native, active, sources)
  const evidence = gatherEvidence(env)
  const mechanism = refusal && findMechanism(evidence, refusal)
  const culprits = refusal ? findCulprits(evidence, refusal) : []
  const facts = {
    links: sourceOf(whole, 'links'),
    ipv4: sourceOf(whole, 'ipv4'),
    ipv6: sourceOf(whole, 'ipv6')
  }
  const oursAnswers = facts.ipv4 !== null || facts.ipv6 !== null
  const status = refusal === null ? 0 : oursAnswers ? 1 : 2
  const remedies = [
    ...(status === 1 ? remediesForProcess(active) : []),
    ...(status === 2 && addonError === null ? [WAYS] : []),
    ...(mechanism ? remediesForPolicy(culprits, mechanism) : [])
  ]
  const { inferred, omitted } = whole
  const versions = {
    package: version,
    node: process.versions.node,
    platform: process.platform,
    arch: process.arch,
    kernel: os.release()
  }
  return {
    format: 1,
    versions,
    status,
    native,
    active,
    addonError,
    sources,
    facts,
    inferred,
    omitted,
    evidence,
    mechanism,
    culprits,
    remedies
  }
}

module.exports = { makeReport }
