// Collects what this process can see of its sandbox: files in /proc, marker files, environment variables.
// It draws no conclusions. Any file may be missing or unreadable: null means unknown.
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const { attempt, readText } = require('./attempt')
const { SANDBOXES } = require('./sandboxes')

/**
 * @typedef {object} Evidence
 * @property {number | null} seccomp mode of /proc/self/status: 0 none, 1 strict, 2 a filter
 * @property {number | null} seccompFilters
 * @property {'the same' | 'fewer' | null} filtersOfInit those of process 1, compared with `seccompFilters`
 * @property {boolean | null} noNewPrivileges
 * @property {string | null} label AppArmor's or SELinux's
 * @property {string | null} accessWithoutOpen a directory that access(2) allows and open(2) refuses
 * @property {string | null} cgroup
 * @property {string[]} ancestors the names of the parent, its parent and so on; the kernel keeps 15 bytes
 * @property {string | null} tracer the name of the process that traces this one
 * @property {string} release of the kernel
 * @property {string | null} version /proc/version
 * @property {'--permission' | '--no-addons' | null} nodeOption that disables addons
 * @property {string[] | null} links the names of all links
 * @property {Record<string, string>} env the markers among the environment variables
 * @property {string[]} files the marker files that exist
 */

const OBSERVATIONS = SANDBOXES.flatMap(({ signs, unless = [] }) => [
  ...signs.flatMap((sign) => sign.if),
  ...unless
])

/** @param {string} kind 'env' or 'files' */
function markersOf(kind) {
  const observations = OBSERVATIONS.filter(({ of }) => of === kind)
  return [...new Set(observations.flatMap(({ names = [] }) => names))]
}

// The file modes of some of these allow everyone to list them.
const DIRECTORIES = ['/', '/home', '/opt', '/srv', '/var', '/tmp', '/run', '/dev', '/etc']

/**
 * @param {string | null} status
 * @param {string} name
 */
function field(status, name) {
  const value = status?.match(new RegExp(`^${name}:\\s*(\\d+)$`, 'm'))?.[1]
  return value === undefined ? null : Number(value)
}

/** @returns {string | null} */
function readLabel() {
  for (const file of ['/proc/self/attr/apparmor/current', '/proc/self/attr/current']) {
    const label = readText(file)?.replace(/[\0\n]+$/, '')
    if (label) return label
  }
  return null
}

/**
 * No file shows whether Landlock restricts a process. Landlock and AppArmor refuse open(2) but not access(2),
 * so a directory with different results is a sign of one of them.
 *
 * @param {string} directory
 */
function allowsOnlyAccess(directory) {
  try {
    fs.accessSync(directory, fs.constants.R_OK)
  } catch {
    return false
  }
  try {
    fs.opendirSync(directory).closeSync()
    return false
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EACCES'
  }
}

/** @param {number | null} own the number of filters */
function compareWithInit(own) {
  const filters = field(readText('/proc/1/status'), 'Seccomp_filters')
  if (!own || filters === null) return null
  return filters < own ? 'fewer' : 'the same'
}

/**
 * @param {string | null} status of a process
 * @returns {string[]}
 */
function listAncestors(status) {
  const parent = field(status, 'PPid')
  if (!parent) return []
  const name = readText(`/proc/${parent}/comm`)?.trim() ?? 'unknown'
  return [name, ...listAncestors(readText(`/proc/${parent}/status`))]
}

/** @param {string | null} status */
function findTracer(status) {
  const tracer = field(status, 'TracerPid')
  return tracer ? (readText(`/proc/${tracer}/comm`)?.trim() ?? null) : null
}

/** Of this thread: /proc/net shows the network namespace of the main thread. */
function listLinks() {
  const lines = readText('/proc/thread-self/net/dev')?.split('\n').slice(2)
  return lines?.flatMap((line) => line.match(/^\s*(\S+):/)?.[1] ?? []) ?? null
}

// The kernel makes these in each namespace, if their modules are loaded.
const FALLBACK = /^(lo|tunl0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0|sit0|ip6tnl0|ip6gre0)$/

/**
 * @param {Evidence} evidence
 * @returns {boolean} whether the network namespace is known to have no link but lo
 */
function isAlone({ links }) {
  return links?.includes('lo') === true && links.every((name) => FALLBACK.test(name))
}

/** @returns {Evidence['nodeOption']} */
function findNodeOption() {
  // Types of Node 20 lack it.
  if ('permission' in process && process.permission) return '--permission'
  return /(^|\s)--no-addons\b/.test([...process.execArgv, process.env.NODE_OPTIONS].join(' '))
    ? '--no-addons'
    : null
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {boolean} mayAsk whether to read what is a source, too
 * @returns {Evidence}
 */
function collectEvidence(env, mayAsk) {
  const status = readText('/proc/self/status')
  const noNewPrivileges = field(status, 'NoNewPrivs')
  const seccompFilters = field(status, 'Seccomp_filters')
  return {
    seccomp: field(status, 'Seccomp'),
    seccompFilters,
    filtersOfInit: compareWithInit(seccompFilters),
    noNewPrivileges: noNewPrivileges === null ? null : noNewPrivileges === 1,
    label: readLabel(),
    accessWithoutOpen: DIRECTORIES.find(allowsOnlyAccess) ?? null,
    cgroup: readText('/proc/self/cgroup')?.trim() ?? null,
    ancestors: listAncestors(status),
    tracer: findTracer(status),
    release: os.release(),
    version: readText('/proc/version')?.trim() ?? null,
    nodeOption: findNodeOption(),
    links: mayAsk ? listLinks() : null,
    env: Object.fromEntries(
      markersOf('env').flatMap((name) => (env[name] ? [[name, env[name]]] : []))
    ),
    files: markersOf('files').filter((file) => attempt(() => fs.existsSync(file)))
  }
}

module.exports = { collectEvidence, isAlone }
