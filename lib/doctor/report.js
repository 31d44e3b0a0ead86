// Makes the doctor's report: tries each source alone and the native function, and adds the suspects and the
// remedies. `doctor --json` prints it as it is.
'use strict'

const os = require('node:os')
const { version } = require('../../package.json')
const { diagnose } = require('../index')
const { isShortage, sourceOf, toDiagnosis } = require('../results/diagnosis')
const { collectEvidence } = require('./evidence')
const { findActive, neverReturns, tryNative } = require('./process')
const {
  END_SHORTAGE,
  OPEN_ONE_SOURCE,
  remediesForPolicy,
  remediesForProcess
} = require('./remedies')
const { findMechanism, findSuspects } = require('./suspects')

/** @typedef {import('../index').Diagnosis} Diagnosis */
/** @typedef {import('../index').SourceReport} SourceReport */
/** @typedef {import('../index').Fact} Fact */
/** @typedef {import('../index').SourceName} SourceName */
/** @typedef {import('./suspects').Suspect} Suspect */
/** @typedef {import('./remedies').Remedy} Remedy */

/** @typedef {import('./process').Native} Native */
/** @typedef {import('./process').Active} Active */

/**
 * @typedef {object} Report see docs/doctor.md
 * @property {1} format
 * @property {{ package: string, node: string, platform: string, arch: string, kernel: string }} versions
 * @property {0 | 1 | 2} status
 * @property {Native} native
 * @property {Active} active
 * @property {string | null} addonError
 * @property {SourceReport[]} sources
 * @property {{ syscall: string | null, code: string | null } | null} shortage that made the whole read fail
 * @property {Record<Fact, SourceName | null>} facts
 * @property {Diagnosis['inferred']} inferred
 * @property {Diagnosis['omitted']} omitted
 * @property {import('./evidence').Evidence} evidence
 * @property {Suspect | null} mechanism
 * @property {Suspect[]} suspects
 * @property {Remedy[]} remedies
 */

/**
 * @param {SourceReport} report of all sources together. It is enough for rtnetlink, which is the first to be
 *   asked for everything, and may have taken a second not to answer.
 */
function askAlone(report) {
  if (report.name === 'rtnetlink') return report
  const { sources } = diagnose({ sources: [report.name] })
  return sources.find(({ name }) => name === report.name) ?? report
}

/**
 * @param {Active} active
 * @returns {{ addonError: string | null, whole: Diagnosis, sources: SourceReport[] }}
 */
function trySources(active) {
  try {
    const whole = diagnose({ sources: active.sources ?? undefined })
    const asked = whole.sources.filter(({ name }) => active.sources?.includes(name) ?? true)
    const sources = asked.map(askAlone)
    return { addonError: null, whole, sources }
  } catch (error) {
    return { addonError: /** @type {Error} */ (error).message, whole: toDiagnosis({}), sources: [] }
  }
}

/**
 * @param {Native} native
 * @param {Active} active
 * @param {SourceReport | undefined} route
 * @returns {import('./suspects').Refusal | null} of the native function, or of libc's getifaddrs(3) if the
 *   preload library replaces it
 */
function findRefusal(native, active, route) {
  if (native.works === null) return null
  if (!native.works) {
    const syscall = route?.code === native.code ? (route?.syscall ?? null) : null
    return { syscall, code: native.code ?? 'an unknown error' }
  }
  if (!active.preload || route === undefined || route.status === 'answered') return null
  return route.code === null ? null : { syscall: route.syscall, code: route.code }
}

/**
 * @param {Diagnosis} whole
 * @returns {Report['shortage']}
 */
function findShortage({ sources }) {
  const { syscall, code } = sources.find(isShortage) ?? {}
  return code === undefined ? null : { syscall: syscall ?? null, code }
}

/**
 * @param {Report['shortage']} shortage
 * @param {Suspect | null} mechanism whose remedies are given, too
 */
function remediesForFailure(shortage, mechanism) {
  if (shortage === null) return [OPEN_ONE_SOURCE]
  return mechanism?.name === 'shortage' ? [] : [END_SHORTAGE]
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Report}
 */
function makeReport(env) {
  // Before the addon is loaded: it is the same file as the preload library.
  const present = findActive(env)
  const { addonError, whole, sources } = trySources(present)
  const route = sources.find(({ name }) => name === 'rtnetlink')
  const { active, native } = tryNative(present, route)
  const refusal = findRefusal(native, active, route)
  const evidence = collectEvidence(env)
  const mechanism = refusal && findMechanism(evidence, refusal)
  const suspects = refusal ? findSuspects(evidence, refusal) : []
  const facts = {
    links: sourceOf(whole, 'links'),
    ipv4: sourceOf(whole, 'ipv4'),
    ipv6: sourceOf(whole, 'ipv6')
  }
  const oursAnswers = facts.ipv4 !== null || facts.ipv6 !== null
  const shortage = oursAnswers ? null : findShortage(whole)
  const nativeWorks = native.works !== null && refusal === null
  const status = nativeWorks ? 0 : oursAnswers ? 1 : 2
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
    shortage,
    facts,
    inferred: whole.inferred,
    omitted: whole.omitted,
    evidence,
    mechanism,
    suspects,
    remedies: [
      ...(status === 1 ? remediesForProcess(active, neverReturns(native)) : []),
      ...(status === 2 && addonError === null ? remediesForFailure(shortage, mechanism) : []),
      ...(mechanism ? remediesForPolicy(suspects, mechanism) : [])
    ]
  }
}

module.exports = { makeReport }
