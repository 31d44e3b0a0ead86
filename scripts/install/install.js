// `npm install` runs this. If there is no addon for this platform, or a published addon loads, it does
// nothing. Otherwise it compiles the addon. If that fails, it prints one line with the reason, and the install
// succeeds: a program outside of sandboxes does not need the addon. With `--build-from-source` it compiles or
// fails.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { load, reasonFile, supported } = require('../../lib/addon/load')

const root = path.join(__dirname, '../..')

const TOOLS = [
  ['make'],
  ['cc', 'gcc', 'clang'],
  ['c++', 'g++', 'clang++'],
  ['python3', 'python'],
  ['pkg-config']
]

const PACKAGES =
  'apt-get install g++ make python3 pkg-config libmnl-dev (Debian, Ubuntu) | ' +
  'dnf install gcc-c++ make python3 pkgconf-pkg-config libmnl-devel (Fedora) | ' +
  'apk add g++ make python3 pkgconf libmnl-dev linux-headers (Alpine) | ' +
  'pkg install clang make python pkg-config libmnl (Termux)'

/** @returns {string[]} the missing tools and libraries for compiling */
function findMissing() {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '')
  /** @param {string} name */
  const exists = (name) => folders.some((folder) => fs.existsSync(path.join(folder, name)))
  const missing = TOOLS.filter((names) => !names.some(exists)).map(([name]) => name)
  const libmnl = spawnSync('pkg-config', ['--exists', 'libmnl']).status === 0
  return libmnl ? missing : [...missing, 'libmnl']
}

/** @returns {string[]} the command for node-gyp: npm's and pnpm's variable names it, or npm includes it */
function findNodeGyp() {
  const script = process.env.npm_config_node_gyp
  if (script) return [process.execPath, script]
  const npm = path.resolve(process.execPath, '../../lib/node_modules/npm')
  try {
    return [process.execPath, require.resolve('node-gyp/bin/node-gyp.js', { paths: [root, npm] })]
  } catch {
    return ['node-gyp']
  }
}

/** @returns {boolean} whether it succeeded */
function compile() {
  const [command, ...args] = findNodeGyp()
  const { status } = spawnSync(command, [...args, 'rebuild'], {
    cwd: root,
    env: { ...process.env, ...require('./headers').environment() },
    stdio: 'inherit'
  })
  return status === 0
}

/** @returns {Error | undefined} why the existing addon cannot be loaded */
function findFailure() {
  try {
    load()
  } catch (error) {
    return /** @type {Error} */ (error)
  }
  return undefined
}

/**
 * @param {Error} failure
 * @param {string[]} missing
 */
function explain({ cause }, missing) {
  const [reason] = String(/** @type {Error} */ (cause).message).split('\n')
  const compiling =
    missing.length === 0 ? 'Compiling it failed' : `Missing to compile it: ${missing.join(', ')}`
  return (
    `cannot load the osh-ifaddrs addon: ${reason}. ${compiling}. ` +
    `Install: ${PACKAGES}. Then run: npm rebuild --foreground-scripts osh-ifaddrs`
  )
}

/** @param {string} reason lib/addon/load.js throws it on first use */
function saveReason(reason) {
  fs.mkdirSync(path.dirname(reasonFile), { recursive: true })
  fs.writeFileSync(reasonFile, reason)
}

function install() {
  if (!supported) return
  if (process.env.npm_config_build_from_source === 'true') {
    if (compile()) return
    console.error(`osh-ifaddrs: compiling failed. Install: ${PACKAGES}`)
    process.exitCode = 1
    return
  }
  fs.rmSync(reasonFile, { force: true })
  const failure = findFailure()
  if (failure === undefined) return
  const missing = findMissing()
  if (missing.length === 0 && compile()) return
  const reason = explain(failure, missing)
  saveReason(reason)
  console.error(reason)
}

install()
