// Prepares a machine that has only Node and npm: Debian packages, npm packages, the addon, and the native parts
// of the tests. Prints what it installs and why, and skips what is up to date.
//
//   node scripts/development/setup.js demo|lint|bench|behaviour|soak|real
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { compile } = require('./compile')
const { installDebianPackages } = require('./debian')
const { installNpmPackages, modified } = require('./npm')
const { DEBIAN_PACKAGES } = require('./packages')
const { attempt, run } = require('./run')

const root = path.join(__dirname, '../..')
const ADDON = 'build/Release/osh_ifaddrs.node'

function buildAddon() {
  const names = fs.readdirSync(path.join(root, 'src'), { encoding: 'utf8', recursive: true })
  const sources = names.map((name) => `src/${name}`)
  const built = modified(ADDON)
  if ([...sources, 'binding.gyp'].every((file) => modified(file) < built)) return
  console.error('Compiling the addon.')
  const made = compile(path.join(root, 'build/compiling'))
  fs.mkdirSync(path.dirname(path.join(root, ADDON)), { recursive: true })
  fs.renameSync(made, path.join(root, ADDON))
}

/**
 * Builds the C parts of the tests: all of them, or if packages are missing those that can be built.
 *
 * @param {string} kind
 * @param {boolean} hasPackages
 */
function buildTests(kind, hasPackages) {
  const make = ['--silent', '--directory=test', kind]
  if (hasPackages) return run('make', make)
  try {
    run('make', [...make, '--keep-going'], { stdio: 'ignore' })
  } catch {
    console.error('Without these packages some parts of the tests cannot be built.')
  }
}

/** @param {string} kind a key of DEBIAN_PACKAGES */
function setUp(kind) {
  if (!(kind in DEBIAN_PACKAGES))
    throw new Error(`not one of ${Object.keys(DEBIAN_PACKAGES).join(' ')}: ${kind}`)
  const missing = installDebianPackages(DEBIAN_PACKAGES[kind])
  installNpmPackages()
  buildAddon()
  buildTests(kind, missing.length === 0)
}

if (require.main === module) attempt(() => setUp(process.argv[2]))

module.exports = { setUp }
