'use strict'

// What tests need of the machine, and whether it is there. A test that lacks something is skipped with the
// reason; in CI it fails, so that no test is skipped unnoticed.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const { isInstalled } = require('../../scripts/development/debian')
const { canChangeUser, launcher, runProgram } = require('./launch')

/** @returns {string | null} */
function findNoNamespaces() {
  if (process.platform !== 'linux') return 'network namespaces exist only on Linux'
  if (process.getuid?.() !== 0) return 'only root can make network namespaces'
  if (!fs.existsSync(launcher)) return `${launcher} is not built`
  const { error, stderr } = spawnSync('unshare', ['--net', 'ip', 'link'], { encoding: 'utf8' })
  if (error || stderr) return `no network namespaces: ${error?.message ?? stderr.trim()}`
  return null
}

/** @returns {string | null} */
function findNoLandlock() {
  if (!fs.existsSync(launcher)) return `${launcher} is not built`
  const options = ['--user', 'keep', '--require-landlock']
  const { status } = runProgram(launcher, [...options, '--', '/usr/bin/true'])
  return status === 0 ? null : 'this kernel has no Landlock (Linux 5.13)'
}

/** @returns {string | null} */
function findNoPriorities() {
  const own = os.getPriority()
  try {
    os.setPriority(os.constants.priority.PRIORITY_HIGH)
    os.setPriority(own)
    return null
  } catch {
    return 'only root can raise priorities'
  }
}

/** @type {Record<string, () => string | null>} */
const needs = {
  namespaces: findNoNamespaces,
  landlock: findNoLandlock,
  priorities: findNoPriorities,
  users: () => (canChangeUser() ? null : 'only root can become another user')
}

/** @type {Map<string, string | null>} */
const found = new Map()

/** @param {string} file */
function findInaccessible(file) {
  try {
    fs.accessSync(file, fs.constants.R_OK | fs.constants.W_OK)
    return null
  } catch {
    return `${file} is not accessible`
  }
}

/** @param {string} need */
function findMissing(need) {
  const find = need.startsWith('/')
    ? () => findInaccessible(need)
    : (needs[need] ?? (() => (isInstalled(need) ? null : `${need} is not installed`)))
  if (!found.has(need)) found.set(need, find())
  return found.get(need) ?? null
}

/**
 * Returns why tests that need namespaces, and what else is named, cannot run here, or null. Throws in CI instead.
 *
 * @param {string[]} others keys of `needs`, names of programs, or paths of files to read and write
 * @returns {string | null}
 */
function requirements(...others) {
  for (const need of ['namespaces', ...others]) {
    const reason = findMissing(need)
    if (reason !== null) return failInCI(reason)
  }
  return null
}

/**
 * Returns the reason to skip a test, or null. Throws in CI instead.
 *
 * @param {string | null} reason
 */
function failInCI(reason) {
  if (reason !== null && process.env.CI) throw new Error(`CI lacks what tests need: ${reason}`)
  return reason
}

/**
 * Ends a test file that cannot run here.
 *
 * @param {import('tap').Test} t
 * @param {string[]} others as those of `requirements`
 */
function skipWithout(t, ...others) {
  const reason = requirements(...others)
  if (reason === null) return
  t.pass('the file', { skip: reason })
  process.exit()
}

module.exports = { failInCI, findMissing, requirements, skipWithout }
