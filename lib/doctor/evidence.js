// Collects what this process can see of its sandbox: files in /proc, marker files, environment variables.
// Draws no conclusions. Any file may be missing or unreadable: null means unknown.
'use strict'

const fs = require('node:fs')
const os = require('node:os')

/**
 * @typedef {object} Evidence
 * @property {number | null} seccomp mode of /proc/self/status: 0 none, 1 strict, 2 a filter
 * @property {number | null} seccompFilters
 * @property {boolean | null} noNewPrivileges
 * @property {string | null} label AppArmor's or SELinux's
 * @property {string | null} accessWithoutOpen a directory that access(2) allows and open(2) refuses
 * @property {string | null} cgroup
 * @property {string} release of the kernel
 * @property {Record<string, string>} env the markers among the environment variables
 * @property {string[]} files the marker files that exist
 */

const MARKER_VARIABLES = [
  'OPENSHELL_SANDBOX',
  'container',
  'INVOCATION_ID',
  'KUBERNETES_SERVICE_HOST',
  'SNAP',
  'TERMUX_VERSION',
  'PREFIX'
]

const MARKER_FILES = ['/.dockerenv', '/run/.containerenv', '/run/firejail/mnt']

// The file modes of some of these allow everyone to list them.
const DIRECTORIES = ['/', '/home', '/opt', '/srv', '/var', '/tmp', '/run', '/dev', '/etc']

/** @param {string} file */
function read(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

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
    const label = read(file)?.replace(/[\0\n]+$/, '')
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

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Evidence}
 */
function collectEvidence(env) {
  const status = read('/proc/self/status')
  const noNewPrivileges = field(status, 'NoNewPrivs')
  return {
    seccomp: field(status, 'Seccomp'),
    seccompFilters: field(status, 'Seccomp_filters'),
    noNewPrivileges: noNewPrivileges === null ? null : noNewPrivileges === 1,
    label: readLabel(),
    accessWithoutOpen: DIRECTORIES.find(allowsOnlyAccess) ?? null,
    cgroup: read('/proc/self/cgroup')?.trim() ?? null,
    release: os.release(),
    env: Object.fromEntries(
      MARKER_VARIABLES.flatMap((name) => (env[name] ? [[name, env[name]]] : []))
    ),
    files: MARKER_FILES.filter((file) => fs.existsSync(file))
  }
}

module.exports = { collectEvidence }
