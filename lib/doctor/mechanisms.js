// Which part of the kernel refuses, and what to change there.
'use strict'

const { LATER_CALLS, ROUTE_ONLY } = require('./sandboxes')
const { NO_REPLY, describeSymptom, isTemporary } = require('./symptoms')

/** @typedef {import('./evidence').Evidence} Evidence */
/** @typedef {import('./sandboxes').Policy} Policy */
/** @typedef {import('./suspects').Suspect} Suspect */
/** @typedef {import('./symptoms').Symptom} Symptom */

const NO_ROUTE =
  'This kernel, or its emulation, has no working NETLINK_ROUTE. There is no policy to change.'

/**
 * What to change in the part of the kernel that refuses, by its name.
 *
 * @type {Record<string, Policy[]>}
 */
const MECHANISMS = {
  seccomp: [
    {
      calls: ['socket'],
      text: `Change the seccomp filter: ${ROUTE_ONLY}.`,
      change: null,
      tested: true
    },
    {
      calls: LATER_CALLS,
      text: 'Change the seccomp filter: allow CALL. It is refused, socket is not.',
      change: null,
      tested: true
    },
    {
      codes: [NO_REPLY],
      text: 'Change the seccomp filter: sendto and recvmsg must reach the kernel, or be refused.',
      change: null,
      tested: false
    }
  ],
  AppArmor: [{ text: 'Add a rule to the profile.', change: 'network netlink raw,', tested: false }],
  SELinux: [
    {
      text:
        'Allow the domain these permissions on netlink_route_socket: create, bind, getattr, read, ' +
        'write and nlmsg_readpriv.',
      change: null,
      tested: false
    }
  ],
  kernel: [
    { text: NO_ROUTE, change: null, tested: false },
    { codes: [NO_REPLY], text: NO_ROUTE, change: null, tested: false }
  ],
  shortage: [
    {
      text: 'Descriptors or memory ran out. Raise the exhausted limit, or close what uses them.',
      change: null,
      tested: true
    }
  ],
  Node: [
    {
      text: 'Rename the link while it is down. No policy is the cause.',
      change: 'ip link set dev NAME name OTHER',
      tested: true
    }
  ]
}

/** @param {string} label */
function isConfined(label) {
  return !/^unconfined\b|\((unconfined|complain)\)$|:unconfined_t:|^kernel$/.test(label)
}

/** @param {string} label */
function moduleOf(label) {
  return label.split(':').length >= 3 ? 'SELinux' : 'AppArmor'
}

/**
 * @param {Evidence} evidence
 * @param {Symptom} symptom
 * @returns {Suspect} the part of the kernel that refuses
 */
function findMechanism({ seccomp, label }, symptom) {
  const { code } = symptom
  if (isTemporary(code))
    return { name: 'shortage', certainty: 'high', because: [`no policy returns ${code}`] }
  const shown = `Seccomp is ${seccomp ?? 'not shown'} in /proc/self/status`
  // The request succeeded and was not sent. No security module does that: they only refuse.
  if (code === NO_REPLY) {
    const because = [shown, describeSymptom(symptom)]
    return { name: seccomp === 2 ? 'seccomp' : 'kernel', certainty: 'medium', because }
  }
  const confined = label !== null && isConfined(label)
  const labelled = confined ? [`the ${moduleOf(label)} label is ${label}`] : []
  if (seccomp === 2) {
    if (!confined) return { name: 'seccomp', certainty: 'high', because: [shown] }
    const [name, sign] = code === 'EACCES' ? [moduleOf(label), labelled] : ['seccomp', [shown]]
    return { name, certainty: 'medium', because: [...sign, describeSymptom(symptom)] }
  }
  if (confined) {
    const certainty = seccomp === 0 && code === 'EACCES' ? 'high' : 'medium'
    return { name: moduleOf(label), certainty, because: labelled }
  }
  if (seccomp === 0) {
    const because = ['no seccomp filter and no label restricts this process']
    return { name: 'kernel', certainty: 'low', because }
  }
  if (code === 'EACCES') return { name: 'unknown', certainty: 'low', because: [shown] }
  const because = [shown, `security modules do not return ${code}`]
  return { name: 'seccomp', certainty: 'low', because }
}

module.exports = { MECHANISMS, findMechanism }
