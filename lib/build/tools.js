// What compiling takes: which tools and libraries are missing, and the packages that have them on this system.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

/** Any of each. */
const TOOLS = [
  ['make'],
  ['cc', 'gcc', 'clang'],
  ['c++', 'g++', 'clang++'],
  ['python3', 'python'],
  ['pkg-config']
]

/** By the names that /etc/os-release uses; see os-release(5). */
const PACKAGES = {
  debian: 'apt-get install g++ make python3 pkg-config libmnl-dev',
  fedora: 'dnf install gcc-c++ make python3 pkgconf-pkg-config libmnl-devel',
  alpine: 'apk add g++ make python3 pkgconf libmnl-dev linux-headers',
  arch: 'pacman -S gcc make python pkgconf libmnl',
  suse: 'zypper install gcc-c++ make python3 pkgconf-pkg-config libmnl-devel'
}
const TERMUX = 'pkg install clang make python pkg-config libmnl'

/** @returns {string[]} the missing tools and libraries */
function findMissing() {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '')
  /** @param {string} name */
  const exists = (name) => folders.some((folder) => fs.existsSync(path.join(folder, name)))
  const missing = TOOLS.filter((names) => !names.some(exists)).map(([name]) => name)
  const libmnl = spawnSync('pkg-config', ['--exists', 'libmnl']).status === 0
  return libmnl ? missing : [...missing, 'libmnl']
}

/** @returns {string[]} the system's names, the most specific first */
function findSystems() {
  try {
    const text = fs.readFileSync('/etc/os-release', 'utf8')
    return [...text.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)/gm)].flatMap(([, ids]) => ids.split(' '))
  } catch {
    return []
  }
}

/** @returns {string} the command that installs everything, or one for each system if this one is unknown */
function installCommand() {
  if (process.platform === 'android') return TERMUX
  const known = Object.entries(PACKAGES)
  const systems = findSystems()
  const [, command] = known.find(([name]) => systems.some((id) => id.startsWith(name))) ?? []
  return command ?? known.map(([name, each]) => `${each} (${name})`).join(' | ')
}

module.exports = { findMissing, installCommand }
