// Finds the binary for this machine: compiled here, or else published with the package for this platform and
// processor. It is the addon and the preload library. Does not load it.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '../..')
const machine = `${process.platform}-${process.arch}`

/**
 * @param {string} file
 * @throws {Error} when Node's --permission forbids the question
 */
function exists(file) {
  return fs.statSync(file, { throwIfNoEntry: false }) !== undefined
}

/** @returns {boolean} whether the published binary for arm has instructions that this processor may lack */
function isOldArm() {
  if (process.arch !== 'arm') return false
  const variables = /** @type {{ arm_version?: string }} */ (process.config.variables)
  return Number(variables.arm_version) < 7
}

/**
 * @returns {string} the file
 * @throws {Error} when there is none for this machine
 */
function findAddon() {
  const compiled = path.join(root, 'build/Release/osh_ifaddrs.node')
  if (exists(compiled)) return compiled
  const published = path.join(root, `prebuilds/${machine}.node`)
  if (!isOldArm() && exists(published)) return published
  const name = isOldArm() ? `${machine} before ARMv7` : machine
  throw new Error(`none is published for ${name}, and none is compiled`)
}

/** @returns {string | null} null where there is none: another platform, or nothing is compiled */
function findPreload() {
  try {
    return findAddon()
  } catch {
    return null
  }
}

module.exports = {
  findAddon,
  get preloadPath() {
    return findPreload()
  }
}
