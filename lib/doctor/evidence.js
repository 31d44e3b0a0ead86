// What this process can see of the sandbox that it is in: files of /proc, marker files, environment
// variables. Gathers and does not judge. Every file may be missing or closed; null means that it told nothing.
'use strict'

const fs = require('node:fs')

/**
 * @typedef {object} Evidence
 * @property {number | null} seccomp mode of /proc/self/status: 0 none, 1 strict, 2 a filter
 * @property {number | null} seccompFilters
 * @property {boolean | null} noNewPrivileges
 * @property {string | null} label of AppArmor or SELinux
 * @property {string | null} accessWithoutOpen a directory that access(2) grants and open(2) refuses
 * @property {string | null} cgroup
 * @property {Record<string, string>} env the markers among the environment variables
 * @property {string[]} files the marker files that are there
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

// Whoever they belong to, all may list some of these by their modes.
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

/** @param {string} directory */
function opens(directory) {
  try {
    fs.opendirSync(directory).closeSync()
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'EACCES'
  }
}

/** @param {string} directory */
function grantsAccess(directory) {
  try {
    fs.accessSync(directory, fs.constants.R_OK)
    return true
  } catch {
    return false
  }
}

/**
 * No file tells whether Landlock restricts a process. But it refuses open(2) and not access(2), so a
 * directory for which the two disagree is a sign of it, or of AppArmor.
 */
function findDisagreement() {
  return DIRECTORIES.find((directory) => grantsAccess(directory) && !opens(directory)) ?? null
}

/** @param {NodeJS.ProcessEnv} env */
function pickMarkers(env) {
  /** @type {Record<string, string>} */
  const markers = {}
  for (const name of MARKER_VARIABLES) {
    const value = env[name]
    if (value) markers[name] = value
  }
  return markers
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Evidence}
 */
function gatherEvidence(env) {
  const status = read('/proc/self/status')
  const noNewPrivileges = field(status, 'NoNewPrivs')
  return {
    seccomp: field(status, 'Seccomp'),
    seccompFilters: field(status, 'Seccomp_filters'),
    noNewPrivileges: noNewPrivileges === null ? null : noNewPrivileges === 1,
    label: readLabel(),
    accessWithoutOpen: findDisagreement(),
    cgroup: read('/proc/self/cgroup')?.trim() ?? null,
    env: pickMarkers(env),
    files: MARKER_FILES.filter((file) => fs.existsSync(file))
  }
}

module.exports = { gatherEvidence }
