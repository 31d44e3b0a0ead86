// Finds the binary for this machine: compiled here, or else published with the package for this platform and
// processor. It is the addon and the preload library. Does not load it.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

/** What to do if a bundle has no binary, or has lost it. */
const IN_A_BUNDLE = 'See docs/bundlers.md in the package osh-ifaddrs'

/** No binary fits. `advice` says what to do. */
class NotFoundError extends Error {
  /**
   * @param {string} reason
   * @param {string} advice
   */
  constructor(reason, advice) {
    super(reason)
    this.advice = advice
  }
}

/**
 * @param {string} file
 * @throws {Error} when Node's --permission forbids the question
 */
function exists(file) {
  return fs.statSync(file, { throwIfNoEntry: false }) !== undefined
}

/** @param {string} folder */
function isOurs(folder) {
  try {
    const text = fs.readFileSync(`${folder}/package.json`, 'utf8')
    return /"name":\s*"osh-ifaddrs"/.test(text)
  } catch (error) {
    const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error)
    if (['ENOENT', 'EACCES', 'EISDIR'].includes(code)) return false
    throw error
  }
}

// The package's folder, unless this file is in a bundle. Bundles for ES modules have no __dirname. By path.resolve(),
// because Next's tracer (@vercel/nft) follows it, and because path.join() calls Array.prototype.push() (Node 20), and
// so what other code may have put in its place.
const root = typeof __dirname === 'string' ? path.resolve(__dirname, '../..') : ''

/**
 * A bundle must not load what happens to lie two folders above it.
 *
 * @throws {NotFoundError} in a bundle
 */
function checkRoot() {
  if (root !== '' && isOurs(root)) return
  throw new NotFoundError('the bundle does not contain it', IN_A_BUNDLE)
}

/** @returns {boolean} whether the published binary for arm has instructions that this processor may lack */
function isOldArm() {
  if (process.arch !== 'arm') return false
  const variables = /** @type {{ arm_version?: string }} */ (process.config.variables)
  return Number(variables.arm_version) < 7
}

/** @returns {string} what the published binary for this machine is called; `osh-ifaddrs run` finds the same */
function publishedName() {
  const machine = `${process.platform}-${process.arch}`
  return isOldArm() ? `${machine}v6` : machine
}

/**
 * @param {string} word
 * @returns {string} for a shell
 */
function quote(word) {
  return /^[\w/.@+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/**
 * The command works with every package manager, and whether or not it runs install scripts.
 *
 * @param {string[]} args
 * @returns {string} the line for a shell that runs `osh-ifaddrs` with these arguments
 */
function shellCommand(...args) {
  return ['sh', quote(`${root}/lib/command-line/osh-ifaddrs`), ...args.map(quote)].join(' ')
}

/** @returns {string} what to do if no binary fits or loads */
function adviseToCompile() {
  return `To compile it, run: ${shellCommand('build')}`
}

/** Where `osh-ifaddrs build` puts the binary. */
const compiledFile = path.resolve(root, 'build/Release/osh_ifaddrs.node')

/**
 * @returns {string} the file
 * @throws {NotFoundError} when there is none for this machine
 */
function findAddon() {
  checkRoot()
  if (exists(compiledFile)) return compiledFile
  const name = publishedName()
  const published = path.resolve(root, `prebuilds/${name}.node`)
  if (exists(published)) return published
  throw new NotFoundError(`none is published for ${name}, and none is compiled`, adviseToCompile())
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
  IN_A_BUNDLE,
  adviseToCompile,
  findAddon,
  publishedName,
  quote,
  shellCommand,
  get preloadPath() {
    return findPreload()
  }
}
