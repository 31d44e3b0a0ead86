// Makes the result of diagnose(), and the error that networkInterfaces() and interfaces() throw when no source answers.
'use strict'

const os = require('node:os')
const { FLAG, decodeAddresses } = require('./layout')

/** @typedef {import('../addon/load').Snapshot} Snapshot */
/** @typedef {import('../index').Diagnosis} Diagnosis */
/** @typedef {import('../index').Fact} Fact */

// Each fact's bit is its place here; the addon has the same order.
/** @type {readonly Fact[]} */
const FACTS = ['links', 'ipv4', 'ipv6']

// The errors of a shortage, each of which fails the whole read. src/core/snapshot.c has the same.
const SHORTAGES = ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']

/** @type {readonly [number, import('../index').Inference['property']][]} */
const INFERRED = [
  [FLAG.prefixInferred, 'netmask'],
  [FLAG.stateInferred, 'state'],
  [FLAG.stateInferred, 'internal'],
  [FLAG.macUnknown, 'mac']
]

/** @param {number} bits */
function toFacts(bits) {
  return FACTS.filter((_, place) => bits & (1 << place))
}

/**
 * @param {number} errno positive
 * @returns {string} its name: of two, the one that the manual pages use
 */
function errnoName(errno) {
  const found = Object.entries(os.constants.errno).find(
    ([name, number]) => number === errno && name !== 'ENOTSUP' && name !== 'EWOULDBLOCK'
  )
  return found?.[0] ?? `errno ${errno}`
}

/** @param {Snapshot} snapshot */
function toSources({ attempts = [] }) {
  return attempts.map(({ name, status, syscall, errno, provided }) => ({
    name,
    status,
    syscall,
    errno: errno === 0 ? null : errno,
    code: errno === 0 ? null : errnoName(errno),
    facts: toFacts(provided)
  }))
}

/**
 * @param {Snapshot} snapshot
 * @returns {Diagnosis['inferred']}
 */
function toInferred(snapshot) {
  return decodeAddresses(snapshot).flatMap(({ name, address, flags }) =>
    INFERRED.filter(([flag]) => flags & flag).map(([, property]) => ({ name, address, property }))
  )
}

/** @typedef {Pick<Diagnosis, 'missing' | 'sources' | 'omitted'>} Outcome */

/**
 * @param {Snapshot} snapshot
 * @returns {Outcome}
 */
function toOutcome(snapshot) {
  return {
    missing: toFacts(snapshot.missing ?? 0),
    sources: toSources(snapshot),
    omitted: snapshot.omissions ?? []
  }
}

/**
 * @param {Snapshot} snapshot read with `diagnose`
 * @returns {Diagnosis}
 */
function toDiagnosis(snapshot) {
  const { missing, sources, omitted } = toOutcome(snapshot)
  const inferred = toInferred(snapshot)
  const gaps = missing.length + inferred.length + omitted.length
  return {
    complete: gaps === 0 && !isInterrupted({ sources }),
    missing,
    sources,
    inferred,
    omitted
  }
}

/**
 * @param {Pick<Diagnosis, 'sources'>} diagnosis
 * @returns {boolean} whether the addresses changed during every read, so that some may be missing
 */
function isInterrupted({ sources }) {
  return sources.some(({ code, facts }) => code === 'EINTR' && facts.length > 0)
}

/**
 * @param {Pick<Diagnosis, 'sources'>} diagnosis
 * @param {Fact} fact
 * @returns {import('../index').SourceName | null} the first source that provided it
 */
function sourceOf({ sources }, fact) {
  return sources.find(({ facts }) => facts.includes(fact))?.name ?? null
}

/** @param {Pick<import('../index').SourceReport, 'code'>} failure */
function isShortage({ code }) {
  return code !== null && SHORTAGES.includes(code)
}

/** @param {import('../index').SourceReport} source */
function explainShortage({ syscall, code }) {
  return (
    `${syscall} failed with ${code}. This is a shortage of descriptors or memory. ` +
    'Try again, or raise the limit'
  )
}

/** @param {import('../index').SourceReport[]} sources */
function explainRefusals(sources) {
  const reasons = sources.map(({ name, syscall, code }) =>
    syscall === null ? `${name} reports no addresses` : `${name}: ${syscall} failed with ${code}`
  )
  return `${reasons.join('; ')}. The sandbox must allow one of these calls. Run: osh-ifaddrs doctor`
}

/**
 * @param {Snapshot} snapshot in which no source answered
 * @returns {import('../index').UnavailableError}
 */
function unavailableError(snapshot) {
  const sources = toSources(snapshot).filter(({ status }) => status !== 'skipped')
  const shortage = sources.find(isShortage)
  const failed = shortage ?? sources.find(({ syscall }) => syscall !== null)
  const reason = shortage === undefined ? explainRefusals(sources) : explainShortage(shortage)
  return Object.assign(new Error(`cannot read the network interfaces: ${reason}`), {
    code: /** @type {const} */ ('ERR_OSH_IFADDRS_UNAVAILABLE'),
    syscall: failed?.syscall ?? null,
    errno: failed?.errno ?? null,
    sources
  })
}

module.exports = {
  errnoName,
  isInterrupted,
  isShortage,
  sourceOf,
  toDiagnosis,
  toOutcome,
  unavailableError
}
