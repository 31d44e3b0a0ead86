// Who refuses: judges evidence, and says how sure it is and why. Knows no remedies.
'use strict'

/** @typedef {import('./evidence').Evidence} Evidence */
/** @typedef {'high' | 'medium' | 'low'} Certainty */
/** @typedef {{ syscall: string | null, code: string }} Refusal */
/** @typedef {{ name: string, certainty: Certainty, because: string[] }} Finding */

/**
 * What tells one sandbox. A strong sign is of the kernel's making or a file that the sandbox mounts; a
 * weak one is an environment variable, which anyone may set and children inherit.
 *
 * @typedef {object} Profile
 * @property {string} name
 * @property {string[]} codes the errnos that it answers with
 * @property {boolean} [codeTells] whether the errno alone is a sign of it, where a filter is there
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

/** @type {Profile[]} */
const PROFILES = [
  {
    name: 'OpenShell',
    codes: ['EPERM'],
    weak: ({ env }) => env.OPENSHELL_SANDBOX && 'OPENSHELL_SANDBOX is set'
  },
  {
    name: 'firejail',
    codes: ['EOPNOTSUPP'],
    codeTells: true,
    // The directory stays on a machine that has once run it.
    strong: ({ files, env }) =>
      env.container === 'firejail' &&
      files.includes('/run/firejail/mnt') &&
      '/run/firejail/mnt is there',
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
      (env.PREFIX?.startsWith('/data/data/com.termux/') && 'PREFIX is that of Termux')
  },
  {
    name: 'systemd',
    codes: ['EAFNOSUPPORT'],
    codeTells: true,
    strong: (evidence) => unitOf(evidence) && `the control group is of ${unitOf(evidence)}`,
    weak: ({ env }) => env.INVOCATION_ID && 'INVOCATION_ID is set'
  },
  {
    name: 'container',
    codes: ['EPERM'],
    strong: ({ files, cgroup }) =>
      files.find((file) => file !== '/run/firejail/mnt')?.concat(' is there') ??
      (/\b(docker|kubepods|libpod|lxc)\b/.test(cgroup ?? '') && 'the control group says so'),
    weak: ({ env }) =>
      (env.KUBERNETES_SERVICE_HOST && 'KUBERNETES_SERVICE_HOST is set') ||
      (env.container && env.container !== 'firejail' && `container=${env.container} is set`)
  }
]

/**
 * A container engine's own profile leaves netlink open, so a container is a sign of little: its policy
 * would have to be a special one, and a sandbox may well be within it.
 *
 * @param {Profile} profile
 * @param {string | false | undefined | null} strong
 * @param {boolean} matches the errno is one of its
 * @returns {Certainty}
 */
function weigh({ name }, strong, matches) {
  if (!matches) return 'low'
  return strong && name !== 'container' ? 'high' : 'medium'
}

/**
 * @param {Profile} profile
 * @param {Evidence} evidence
 * @param {string} code
 * @returns {Finding[]}
 */
function recognise(profile, evidence, code) {
  const strong = profile.strong?.(evidence)
  const weak = profile.weak?.(evidence)
  const matches = profile.codes.includes(code)
  const signs = [strong, weak].filter((sign) => typeof sign === 'string')
  const { name } = profile
  if (signs.length > 0) {
    const said = matches ? `it answers ${code}` : `but it does not answer ${code} by itself`
    return [{ name, certainty: weigh(profile, strong, matches), because: [...signs, said] }]
  }
  if (profile.codeTells && matches && evidence.seccomp === 2)
    return [{ name, certainty: 'low', because: [`it answers ${code}, and few others do`] }]
  return []
}

const ORDER = ['high', 'medium', 'low']

/**
 * @param {Evidence} evidence
 * @param {Refusal} refusal
 * @returns {Finding[]} the surest first
 */
function findCulprits(evidence, { code }) {
  return PROFILES.flatMap((profile) => recognise(profile, evidence, code)).sort(
    (a, b) => ORDER.indexOf(a.certainty) - ORDER.indexOf(b.certainty)
  )
}

const PASSING = ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EINTR', 'EAGAIN']

/**
 * @param {Evidence} evidence
 * @param {Refusal} refusal
 * @returns {Finding} which part of the kernel refuses
 */
function findMechanism({ seccomp, label }, { code }) {
  if (PASSING.includes(code))
    return { name: 'shortage', certainty: 'high', because: [`${code} is no policy's answer`] }
  const confined = label !== null && isConfined(label)
  const labelled = confined ? [`the ${moduleOf(label)} label is ${label}`] : []
  if (seccomp === 2) {
    const because = ['Seccomp is 2 in /proc/self/status']
    if (!confined) return { name: 'seccomp', certainty: 'high', because }
    return code === 'EACCES'
      ? { name: moduleOf(label), certainty: 'medium', because: [...labelled, `it answers ${code}`] }
      : { name: 'seccomp', certainty: 'medium', because: [...because, `it answers ${code}`] }
  }
  if (confined) {
    const sure = seccomp === 0 && code === 'EACCES'
    return { name: moduleOf(label), certainty: sure ? 'high' : 'medium', because: labelled }
  }
  if (seccomp === 0) {
    const because = ['no seccomp filter is in force, and no label confines this process']
    return { name: 'kernel', certainty: 'low', because }
  }
  const because = ['/proc/self/status tells nothing']
  if (code === 'EACCES') return { name: 'unknown', certainty: 'low', because }
  return {
    name: 'seccomp',
    certainty: 'low',
    because: [...because, `security modules do not answer ${code}`]
  }
}

module.exports = { findCulprits, findMechanism }
