// Why the native function fails: which call is refused, by what, and what to change there.
'use strict'

const { errnoName } = require('../results/diagnosis')
const { isAlone } = require('./evidence')
const { findMechanism } = require('./mechanisms')
const { remediesForPolicy } = require('./remedies')
const { findSuspects } = require('./suspects')
const { HIDDEN, NO_ADDONS, NO_REPLY, ONLY_LO, isTemporary } = require('./symptoms')

/** @typedef {import('./evidence').Evidence} Evidence */
/** @typedef {import('./process').Trial} Trial */
/** @typedef {import('./sources').Knowledge} Knowledge */
/** @typedef {import('./suspects').Suspect} Suspect */
/** @typedef {import('./symptoms').Symptom} Symptom */

/** @typedef {{ syscall: string, errno: number, code: string }} RefusedCall */
/** @typedef {{ symptom: Symptom, suspects: Suspect[], mechanism: Suspect | null }} Finding */

/**
 * @param {Trial} trial
 * @param {boolean | null} server whether a server can listen
 * @returns {Symptom | null} why the native function fails, or would without the preload library
 */
function findRefusal({ native, failure }, server) {
  if (native.works === null) return null
  if (failure !== null)
    return { call: failure.syscall.replace(/\(.*/, ''), code: errnoName(failure.errno), server }
  return native.code === null ? null : { call: null, code: native.code, server }
}

/**
 * @param {Trial} trial
 * @param {Symptom | null} refusal
 * @returns {RefusedCall | null}
 */
function findRefusedCall({ failure }, refusal) {
  if (failure === null || refusal === null) return null
  const { code } = refusal
  return code === NO_REPLY || isTemporary(code) ? null : { ...failure, code }
}

/**
 * Node stores the addresses of each link under its name, in an object that inherits from Object.prototype.
 *
 * @param {string[]} names that Object.prototype has, too
 * @returns {Finding}
 */
function blameNode(names) {
  const because = names.map((name) => `a link is named ${name}`)
  because.push('Node confuses this name with a property of Object.prototype')
  const mechanism = /** @type {const} */ ({ name: 'Node', certainty: 'high', because })
  return { symptom: { call: null, code: 'Node' }, suspects: [], mechanism }
}

/**
 * @param {Trial} trial
 * @param {Knowledge} knowledge
 * @param {Evidence} evidence
 * @param {Symptom | null} refusal
 * @returns {Finding[]}
 */
function listFindings({ native, hidden, reserved }, { addonError }, evidence, refusal) {
  /** @type {(symptom: Symptom, mechanism?: Suspect) => Finding} */
  const find = (symptom, mechanism) => ({
    symptom,
    suspects: findSuspects(evidence, symptom),
    mechanism: mechanism ?? null
  })
  const isNodesFault = native.works === false && native.code === null
  const alone = native.works && isAlone(evidence) ? [find({ call: null, code: ONLY_LO })] : []
  if (refusal === null) return isNodesFault ? [blameNode(reserved)] : alone
  const { call } = refusal
  return [
    ...(hidden ? [find({ call, code: HIDDEN })] : []),
    ...(addonError?.code === NO_ADDONS ? [find({ call, code: NO_ADDONS })] : []),
    find(refusal, findMechanism(evidence, refusal)),
    // With the preload library only Node's fault is left.
    ...(isNodesFault ? [blameNode(reserved)] : [])
  ]
}

/**
 * @param {Trial} trial
 * @param {Knowledge} knowledge
 * @param {Evidence} evidence
 * @param {boolean | null} server whether one can listen; null if that is not known
 */
function findCauses(trial, knowledge, evidence, server) {
  const refusal = findRefusal(trial, server)
  const findings = listFindings(trial, knowledge, evidence, refusal)
  return {
    refusedCall: findRefusedCall(trial, refusal),
    mechanism: findings.at(-1)?.mechanism ?? null,
    suspects: findings.flatMap(({ suspects }) => suspects),
    remedies: findings.flatMap(remediesForPolicy)
  }
}

module.exports = { findCauses }
