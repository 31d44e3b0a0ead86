'use strict'

// The seccomp profiles that Docker and Podman use by default, from Debian's packages, as an OCI runtime wants them, and
// stricter ones made of them.

const fs = require('node:fs')
const path = require('node:path')
const { unpackDebianPackages } = require('../../scripts/development/debian')
const { UNPACKED_PACKAGES } = require('../../scripts/development/packages')
const { cacheFolder } = require('./package')
const { DEBIAN_NAMES } = require('./systems')

/** @type {Record<string, { from: string, file: string }>} */
const ENGINES = {
  Docker: {
    from: 'golang-github-docker-docker-dev',
    file: 'usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json'
  },
  Podman: { from: 'golang-github-containers-common', file: 'usr/share/containers/seccomp.json' }
}

/** What engines call this processor. */
const ARCH = process.arch === 'x64' ? 'amd64' : process.arch

/** Families of socket(2) for `allowFamilies`. */
const FAMILIES = { unix: 1, inet: 2, inet6: 10 }

/**
 * @typedef {object} Rule
 * @property {string[]} names
 * @property {string} action
 * @property {number} [errnoRet]
 * @property {{ index: number, value: number, op: string }[] | null} [args]
 * @property {{ caps?: string[], arches?: string[] }} [includes]
 * @property {{ caps?: string[], arches?: string[] }} [excludes]
 */

/** @typedef {{ defaultAction: string, defaultErrnoRet?: number, syscalls: Rule[] }} Profile */

/**
 * Whether a rule is for a container on this processor without capabilities. Engines leave out the others; every kernel
 * is new enough for `minKernel`.
 *
 * @param {Rule} rule
 */
function applies({ includes = {}, excludes = {} }) {
  if ((includes.caps ?? []).length > 0) return false
  if (includes.arches && !includes.arches.includes(ARCH)) return false
  return !(excludes.arches ?? []).includes(ARCH)
}

/** @returns {Record<string, { profile: Profile, version: string }>} by engine */
function fetchEngineProfiles() {
  const folder = path.join(cacheFolder, 'engine-profiles')
  const arch = DEBIAN_NAMES[process.arch]
  const unpacked = unpackDebianPackages(folder, arch, Object.keys(UNPACKED_PACKAGES.profiles))
  const packages = fs.readdirSync(folder).filter((name) => name.endsWith('.deb'))
  const entries = Object.entries(ENGINES).map(([engine, { from, file }]) => {
    const text = fs.readFileSync(path.join(unpacked, file), 'utf8')
    const { defaultAction, defaultErrnoRet, syscalls } = JSON.parse(text)
    const rules = syscalls
      .filter(applies)
      .map(({ names, action, errnoRet, args }) => ({ names, action, errnoRet, args: args ?? [] }))
    const [, version] = packages.find((name) => name.startsWith(`${from}_`))?.split('_') ?? []
    return [engine, { profile: { defaultAction, defaultErrnoRet, syscalls: rules }, version }]
  })
  return Object.fromEntries(entries)
}

/**
 * A profile that allows socket(2) only for some families, and else does by default as before.
 *
 * @param {Profile} profile
 * @param {(keyof typeof FAMILIES)[]} families
 * @returns {Profile}
 */
function allowFamilies(profile, families) {
  const others = profile.syscalls
    .map((rule) => ({ ...rule, names: rule.names.filter((name) => name !== 'socket') }))
    .filter(({ names }) => names.length > 0)
  const allowed = families.map((family) => ({
    names: ['socket'],
    action: 'SCMP_ACT_ALLOW',
    args: [{ index: 0, value: FAMILIES[family], op: 'SCMP_CMP_EQ' }]
  }))
  return { ...profile, syscalls: [...others, ...allowed] }
}

module.exports = { ENGINES, allowFamilies, fetchEngineProfiles }
