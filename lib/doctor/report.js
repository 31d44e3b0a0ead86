// Makes the doctor's report: tries each source alone, the native function and listen(2), and adds the suspects and
// the remedies. `doctor --json` prints it unchanged.
'use strict'

const os = require('node:os')
const { version } = require('../../package.json')
const { isShortage, sourceOf } = require('../results/diagnosis')
const { findCauses } = require('./causes')
const { collectEvidence } = require('./evidence')
const { tryListen } = require('./listen')
const { findActive, tryNative } = require('./process')
const { answersAlready, remediesForFailure, remediesForProcess } = require('./remedies')
const { trySources } = require('./sources')

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
 * @property {import('./causes').RefusedCall | null} refusedCall
 * @property {boolean} replaced whether this package answers already
 * @property {import('./listen').Refusal | null} listen
 * @property {Active} active
 * @property {string | null} addonError
 * @property {SourceReport[]} sources
 * @property {{ syscall: string | null, code: string | null } | null} shortage that made the whole read fail
 * @property {Record<Fact, SourceName | null>} facts
 * @property {boolean} complete
 * @property {Fact[]} missing
 * @property {Diagnosis['inferred']} inferred
 * @property {Diagnosis['omitted']} omitted
 * @property {import('./evidence').Evidence} evidence
 * @property {Suspect | null} mechanism
 * @property {Suspect[]} suspects
 * @property {Remedy[]} remedies
 */

/** @returns {Report['versions']} */
function listVersions() {
  const { versions, platform, arch } = process
  return { package: version, node: versions.node, platform, arch, kernel: os.release() }
}

/**
 * @param {Diagnosis} whole
 * @returns {Report['facts']}
 */
function findFacts(whole) {
  return {
    links: sourceOf(whole, 'links'),
    ipv4: sourceOf(whole, 'ipv4'),
    ipv6: sourceOf(whole, 'ipv6')
  }
}

/**
 * @param {Diagnosis} whole
 * @returns {Report['shortage']}
 */
function findShortage({ sources }) {
  const { syscall, code } = sources.find(isShortage) ?? {}
  return code === undefined ? null : { syscall: syscall ?? null, code }
}

/** @param {NodeJS.ProcessEnv} env */
async function investigate(env) {
  const present = findActive(env)
  // A policy may kill the process for calls that OSH_IFADDRS_SOURCES excludes.
  const mayAsk = present.sources === null
  const evidence = collectEvidence(env, mayAsk)
  const knowledge = trySources(present)
  const trial = tryNative(present, knowledge, evidence)
  const needsServer = trial.native.works === false || trial.failure !== null
  const server = needsServer ? await tryListen() : { works: null, refusal: null }
  const causes = findCauses(trial, knowledge, evidence, server.works)
  return { evidence, knowledge, trial, listen: server.refusal, causes }
}

/** @typedef {Awaited<ReturnType<typeof investigate>>} Findings */

/** @param {Findings} findings */
function judge({ knowledge: { whole }, trial: { native }, causes: { mechanism } }) {
  const facts = findFacts(whole)
  const oursAnswers = facts.ipv4 !== null || facts.ipv6 !== null
  /** @type {Report['status']} */
  const status = native.works && mechanism === null ? 0 : oursAnswers ? 1 : 2
  return { status, facts, shortage: oursAnswers ? null : findShortage(whole) }
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {Findings} findings
 * @param {ReturnType<typeof judge>} verdict
 * @returns {Remedy[]} those in reach of this process first
 */
function listRemedies(env, { evidence, knowledge, trial, causes }, { status, shortage }) {
  const { mechanism, remedies } = causes
  const own = {
    0: () => [],
    1: () => remediesForProcess(trial, env),
    2: () => remediesForFailure(knowledge, trial.active, shortage, mechanism, evidence)
  }
  return [...own[status](), ...remedies]
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Report>}
 */
async function makeReport(env) {
  const findings = await investigate(env)
  const { evidence, knowledge, trial, listen, causes } = findings
  const { addonError, sources, whole } = knowledge
  const verdict = judge(findings)
  return {
    format: 1,
    versions: listVersions(),
    status: verdict.status,
    native: trial.native,
    refusedCall: causes.refusedCall,
    replaced: verdict.status === 1 && answersAlready(trial),
    listen,
    active: trial.active,
    addonError: addonError?.message ?? null,
    sources,
    shortage: verdict.shortage,
    facts: verdict.facts,
    complete: whole.complete,
    missing: whole.missing,
    inferred: whole.inferred,
    omitted: whole.omitted,
    evidence,
    mechanism: causes.mechanism,
    suspects: causes.suspects,
    remedies: listRemedies(env, findings, verdict)
  }
}

module.exports = { makeReport }
