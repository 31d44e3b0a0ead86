// Finds which sandbox probably refuses netlink, how certain that is, and why.
'use strict'

const { ANYTHING, SANDBOXES } = require('./sandboxes')
const { SPECIAL, describeSymptom, isTemporary } = require('./symptoms')

/** @typedef {import('./evidence').Evidence} Evidence */
/** @typedef {import('./sandboxes').Certainty} Certainty */
/** @typedef {import('./sandboxes').Observation} Observation */
/** @typedef {import('./sandboxes').Policy} Policy */
/** @typedef {import('./sandboxes').Sandbox} Sandbox */
/** @typedef {import('./symptoms').Symptom} Symptom */

/** @typedef {{ name: string, certainty: Certainty, because: string[] }} Suspect */

/** Observations in words. %s is what was found. @type {Record<string, string>} */
const DESCRIPTIONS = {
  ancestors: '%s started this process',
  cgroup: 'the control group contains %s',
  files: '%s exists',
  filtersOfInit: 'process 1 has %s seccomp filters',
  label: 'the label is %s',
  nodeOption: 'Node runs with %s',
  release: 'the kernel is %s',
  tracer: '%s traces this process',
  version: '/proc/version contains %s'
}

/**
 * @param {Evidence} evidence
 * @param {Observation} observation
 * @returns {string | null} what was observed, in words; null if it was not
 */
function observe(evidence, { of, names = [], is }) {
  if (of === 'env') return observeVariable(evidence.env, names[0], is)
  const found = [evidence[/** @type {'cgroup'} */ (of)] ?? []].flat()
  const values = of === 'files' ? found.filter((file) => names.includes(file)) : found
  const match = values.map((value) => is.exec(value)?.[0]).find((text) => text !== undefined)
  return match === undefined ? null : DESCRIPTIONS[of].replace('%s', () => match)
}

/**
 * @param {Evidence['env']} env
 * @param {string} name
 * @param {RegExp} is
 */
function observeVariable(env, name, is) {
  const value = env[name]
  if (value === undefined || !is.test(value)) return null
  return is === ANYTHING ? `${name} is set` : `${name}=${value} is set`
}

/**
 * @param {Policy} policy
 * @param {Symptom} symptom
 */
function applies({ codes, calls, noServer }, symptom) {
  const { call, code } = symptom
  if (noServer && symptom.server) return false
  return (
    (codes?.includes(code) ?? !SPECIAL.includes(code)) &&
    (calls?.includes(call ?? 'socket') ?? true)
  )
}

/** @type {readonly Certainty[]} */
const ORDER = ['high', 'medium', 'low']

/** @type {(one: Certainty, other: Certainty) => Certainty} */
function leastOf(one, other) {
  return ORDER.indexOf(one) < ORDER.indexOf(other) ? other : one
}

/**
 * @param {Sandbox} sandbox
 * @param {Evidence} evidence
 * @param {Symptom} symptom
 * @returns {Suspect[]} at most one
 */
function matchSandbox({ name, signs, unless, policies }, evidence, symptom) {
  if (unless?.some((observation) => observe(evidence, observation) !== null)) return []
  const seen = signs.flatMap((sign) => {
    const because = sign.if.map((observation) => observe(evidence, observation))
    return because.includes(null) ? [] : [{ proves: sign.proves, because }]
  })
  const because = [...new Set(seen.flatMap((sign) => sign.because))].map(String)
  const policy = policies.find((candidate) => applies(candidate, symptom))
  const symptomText = describeSymptom(symptom)
  if (seen.length === 0) {
    const isSign = policy?.few && evidence.seccomp === 2
    return isSign ? [{ name, certainty: 'low', because: [`${symptomText}, as few others do`] }] : []
  }
  if (policy === undefined) {
    const isOpen = policies.some((candidate) => applies(candidate, { ...symptom, server: null }))
    because.push(
      isOpen ? 'but a server can listen' : `but by default it does not do this: ${symptomText}`
    )
    return [{ name, certainty: 'low', because }]
  }
  const certainty = leastOf(seen[0].proves, policy.atMost ?? 'high')
  return [{ name, certainty, because: [...because, symptomText] }]
}

/**
 * Some rows explain only symptoms without an errno: no reply, an empty namespace, Node's own codes.
 *
 * @param {Sandbox} sandbox
 * @param {string} code
 */
function mayCause({ policies }, code) {
  if (SPECIAL.includes(code)) return policies.some(({ codes }) => codes?.includes(code))
  // Without codes, any errno.
  return policies.some(({ codes }) => codes?.some((known) => !SPECIAL.includes(known)) ?? true)
}

/**
 * @param {Evidence} evidence
 * @param {Symptom} symptom
 * @returns {Suspect[]} the most certain first
 */
function findSuspects(evidence, symptom) {
  if (isTemporary(symptom.code)) return []
  return SANDBOXES.filter((sandbox) => mayCause(sandbox, symptom.code))
    .flatMap((sandbox) => matchSandbox(sandbox, evidence, symptom))
    .sort((a, b) => ORDER.indexOf(a.certainty) - ORDER.indexOf(b.certainty))
}

module.exports = { applies, findSuspects }
