// What came of asking each source, in words: diagnose()'s answer, and the error when none answered.
'use strict'

const os = require('node:os')
const { NUMBER, BIT } = require('./network-interfaces')

/** @typedef {import('../addon/load').Reading} Reading */
/** @typedef {import('../index').Diagnosis} Diagnosis */
/** @typedef {import('../index').Fact} Fact */

// As src/snapshot.h orders them: the place is the bit.
/** @type {readonly Fact[]} */
const FACTS = ['links', 'ipv4', 'ipv6']

/** @param {number} bits */
function factsOf(bits) {
  return FACTS.filter((_, place) => bits & (1 << place))
}

/**
 * @param {number} errno positive
 * @returns {string} its name, of two the one that manuals use
 */
function errnoName(errno) {
  const names = Object.entries(os.constants.errno)
  const found = names.filter(([, number]) => number === errno).map(([name]) => name)
  return found.find((name) => name !== 'ENOTSUP' && name !== 'EWOULDBLOCK') ?? `errno ${errno}`
}

/** @param {Reading} reading */
function makeSources({ attempts = [] }) {
  return attempts.map(({ name, status, syscall, errno, told }) => ({
    name,
    status,
    syscall,
    errno: errno === 0 ? null : errno,
    code: errno === 0 ? null : errnoName(errno),
    facts: factsOf(told)
  }))
}

/**
 * @param {Reading} reading
 * @returns {Diagnosis['inferred']}
 */
function makeInferred({ text = '', numbers = new Uint32Array() }) {
  const inferred = []
  const texts = text.split('\0')
  for (let i = 0, at = NUMBER.first; i < numbers[0]; i++, at += NUMBER.count) {
    const bits = numbers[at + NUMBER.bits]
    const where = { name: texts[numbers[at + NUMBER.key]], address: texts[i] }
    if (bits & BIT.prefixInferred)
      inferred.push({ ...where, property: /** @type {const} */ ('netmask') })
    if (bits & BIT.stateInferred) {
      inferred.push({ ...where, property: /** @type {const} */ ('state') })
      inferred.push({ ...where, property: /** @type {const} */ ('internal') })
    }
    if (bits & BIT.macUnknown) inferred.push({ ...where, property: /** @type {const} */ ('mac') })
  }
  return inferred
}

/**
 * @param {Reading} reading read with details
 * @returns {Diagnosis}
 */
function makeDiagnosis(reading) {
  const missing = factsOf(reading.missing ?? 0)
  const sources = makeSources(reading)
  const inferred = makeInferred(reading)
  const omitted = reading.omissions ?? []
  const told = missing.length + inferred.length + omitted.length === 0
  return { complete: told && !isInterrupted({ sources }), missing, sources, inferred, omitted }
}

/**
 * @param {Pick<Diagnosis, 'sources'>} diagnosis
 * @returns {boolean} whether what was told changed while it was told, each time that it was asked for
 */
function isInterrupted({ sources }) {
  return sources.some(({ code, facts }) => code === 'EINTR' && facts.length > 0)
}

/**
 * @param {Diagnosis} diagnosis
 * @param {Fact} fact
 * @returns {import('../index').SourceName | null} the first source that told it
 */
function sourceOf({ sources }, fact) {
  return sources.find(({ facts }) => facts.includes(fact))?.name ?? null
}

/**
 * @param {Reading} reading in which no source answered
 * @returns {import('../index').UnavailableError}
 */
function makeUnavailable(reading) {
  const sources = makeSources(reading).filter(({ status }) => status !== 'skipped')
  const reasons = sources.map(({ name, syscall, code }) =>
    syscall === null ? `${name} tells no addresses` : `${name}: ${syscall} answered ${code}`
  )
  const refused = sources.find(({ syscall }) => syscall !== null)
  return Object.assign(
    new Error(
      `no source tells the network interfaces (${reasons.join('; ')}). ` +
        'The policy of the sandbox must allow one of these calls.'
    ),
    {
      code: /** @type {const} */ ('ERR_OSH_IFADDRS_UNAVAILABLE'),
      syscall: refused?.syscall ?? null,
      errno: refused?.errno ?? null,
      sources
    }
  )
}

module.exports = { errnoName, isInterrupted, makeDiagnosis, makeUnavailable, sourceOf }
