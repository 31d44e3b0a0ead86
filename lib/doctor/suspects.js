// Finds which sandbox and which part of the kernel probably refuse netlink, how certain that is, and why.
'use strict'

/** @typedef {import('./evidence').Evidence} Evidence */
/** @typedef {'high' | 'medium' | 'low'} Certainty */
/** @typedef {{ syscall: string | null, code: string }} Refusal */
/** @typedef {{ name: string, certainty: Certainty, because: string[] }} Suspect */

/**
 * The signs of one sandbox. A strong sign comes from the kernel or is a file that the sandbox mounts. A weak
 * sign is an environment variable, which anyone may set and children inherit.
 *
 * @typedef {object} Profile
 * @property {string} name
 * @property {string[]} codes the errnos that it returns
 * @property {boolean} [codeIsSign] whether the errno alone is a sign, if there is a seccomp filter
 * @property {(evidence: Evidence) => string | false | undefined | null} [strong]
 * @property {(evidence: Evidence) => string | false | undefined | null} [weak]
 */

/** @param {Evidence} evidence */
function unitOf({ cgroup }) {
  return cgroup?.match(/[^/\n]+\.service(?=\/|$)/m)?.[0]
}

/** @param {string | null} label */
function isConfined(label) {
  return label !== null && !/^unconfined\b|:unconfined_t:|^kernel$/.test(label)
}

/** @param {string} label */
function moduleOf(label) {
  return label.split(':').length >= 3 ? 'SELinux' : 'AppArmor'
}

// No policy returns it: the source gave up waiting for a reply.
const NO_REPLY = 'ETIMEDOUT'

/** @type {Profile[]} */
const PROFILES = [
  {
    name: 'WSL1',
    codes: [NO_REPLY],
    // The kernel of WSL 2 is a real one, whose release is lower case.
    strong: ({ release }) => release.endsWith('-Microsoft') && `the kernel is ${release}`
  },
  {
    name: 'OpenShell',
    codes: ['EPERM'],
    weak: ({ env }) => env.OPENSHELL_SANDBOX && 'OPENSHELL_SANDBOX is set'
  },
  {
    name: 'firejail',
    codes: ['EOPNOTSUPP'],
    codeIsSign: true,
    // The directory remains on the host after firejail has run once, so it is a sign only with the variable.
    strong: ({ files, env }) =>
      env.container === 'firejail' &&
      files.includes('/run/firejail/mnt') &&
      '/run/firejail/mnt exists',
    weak: ({ env }) => env.container === 'firejail' && 'container=firejail is set'
  },
  {
    name: 'snap',
    codes: ['EACCES', 'EPERM'],
    strong: ({ label }) => label?.startsWith('snap.') && `the AppArmor label is ${label}`,
    weak: ({ env }) => env.SNAP && 'SNAP is set'
  },
  {
    name: 'Android',
    codes: ['EACCES'],
    strong: ({ label }) => label?.includes(':untrusted_app') && `the SELinux label is ${label}`,
    weak: ({ env }) =>
      (env.TERMUX_VERSION && 'TERMUX_VERSION is set') ||
      (env.PREFIX?.startsWith('/data/data/com.termux/') && 'PREFIX is in Termux')
  },
  {
    name: 'systemd',
    codes: ['EAFNOSUPPORT'],
    codeIsSign: true,
    strong: (evidence) => unitOf(evidence) && `the control group is ${unitOf(evidence)}`,
    weak: ({ env }) => env.INVOCATION_ID && 'INVOCATION_ID is set'
  },
  {
    name: 'container',
    codes: ['EPERM'],
    strong: ({ files, cgroup }) =>
      files.find((file) => file !== '/run/firejail/mnt')?.concat(' exists') ??
      (/\b(docker|kubepods|libpod|lxc)\b/.test(cgroup ?? '') &&
        "the control group is a container's"),
    weak: ({ env }) =>
      (env.KUBERNETES_SERVICE_HOST && 'KUBERNETES_SERVICE_HOST is set') ||
      (env.container && env.container !== 'firejail' && `container=${env.container} is set`)
  }
]

/**
 * @param {Profile} profile
 * @param {Evidence} evidence
 * @param {string} code
 * @returns {Suspect[]}
 */
function matchProfile({ name, codes, codeIsSign, strong, weak }, evidence, code) {
  const strongSign = strong?.(evidence)
  const signs = [strongSign, weak?.(evidence)].filter((sign) => typeof sign === 'string')
  const matches = codes.includes(code)
  if (signs.length === 0) {
    const isSign = codeIsSign && matches && evidence.seccomp === 2
    const because = [`it returns ${code}, and few others do`]
    return isSign ? [{ name, certainty: 'low', because }] : []
  }
  if (!matches)
    return [
      { name, certainty: 'low', because: [...signs, `but by default it does not return ${code}`] }
    ]
  // The default profiles of container engines allow netlink, and another sandbox may be inside.
  const certainty = strongSign && name !== 'container' ? 'high' : 'medium'
  return [{ name, certainty, because: [...signs, `it returns ${code}`] }]
}

const ORDER = ['high', 'medium', 'low']

// Errors of a shortage or an interruption, not of a policy.
const TEMPORARY = ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EINTR', 'EAGAIN']

/**
 * @param {Evidence} evidence
 * @param {Refusal} refusal
 * @returns {Suspect[]} sandboxes, the most certain first
 */
function findSuspects(evidence, { code }) {
  if (TEMPORARY.includes(code)) return []
  // Sandboxes refuse requests. WSL1 swallows them.
  const possible = PROFILES.filter(({ codes }) => codes.includes(NO_REPLY) === (code === NO_REPLY))
  return possible
    .flatMap((profile) => matchProfile(profile, evidence, code))
    .sort((a, b) => ORDER.indexOf(a.certainty) - ORDER.indexOf(b.certainty))
}

/**
 * @param {number | null} seccomp
 * @returns {Suspect} what lets requests succeed and does not send them. Security modules only refuse.
 */
function findSwallower(seccomp) {
  const because = [`Seccomp is ${seccomp ?? 'not shown'} in /proc/self/status`, 'no reply comes']
  return { name: seccomp === 2 ? 'seccomp' : 'kernel', certainty: 'medium', because }
}

/**
 * @param {Evidence} evidence
 * @param {Refusal} refusal
 * @returns {Suspect} the part of the kernel that refuses
 */
function findMechanism({ seccomp, label }, { code }) {
  if (TEMPORARY.includes(code))
    return { name: 'shortage', certainty: 'high', because: [`no policy returns ${code}`] }
  if (code === NO_REPLY) return findSwallower(seccomp)
  const confined = label !== null && isConfined(label)
  const labelled = confined ? [`the ${moduleOf(label)} label is ${label}`] : []
  if (seccomp === 2) {
    const because = ['Seccomp is 2 in /proc/self/status']
    if (!confined) return { name: 'seccomp', certainty: 'high', because }
    return code === 'EACCES'
      ? { name: moduleOf(label), certainty: 'medium', because: [...labelled, `it returns ${code}`] }
      : { name: 'seccomp', certainty: 'medium', because: [...because, `it returns ${code}`] }
  }
  if (confined) {
    const certainty = seccomp === 0 && code === 'EACCES' ? 'high' : 'medium'
    return { name: moduleOf(label), certainty, because: labelled }
  }
  if (seccomp === 0) {
    const because = ['no seccomp filter and no label restricts this process']
    return { name: 'kernel', certainty: 'low', because }
  }
  const because = ['/proc/self/status does not show the seccomp mode']
  if (code === 'EACCES') return { name: 'unknown', certainty: 'low', because }
  because.push(`security modules do not return ${code}`)
  return { name: 'seccomp', certainty: 'low', because }
}

module.exports = { findMechanism, findSuspects }
