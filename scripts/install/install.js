// What `npm install` runs: nothing where the native function is all there is, or a prebuilt addon loads; else
// it compiles one, and where it cannot, says in one line what is missing. That fails no install: a program
// that never meets a sandbox does without. `--build-from-source` compiles, or fails.
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

/** @returns {string[]} what compiling needs and this machine lacks */
function findLacking() {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '')
  /** @param {string} name */
  const exists = (name) => folders.some((folder) => fs.existsSync(path.join(folder, name)))
  const lacking = TOOLS.filter((names) => !names.some(exists)).map(([name]) => name)
  const libmnl = spawnSync('pkg-config', ['--exists', 'libmnl']).status === 0
  return libmnl ? lacking : [...lacking, 'libmnl']
}

/** @returns {string[]} the command node-gyp: that which npm and pnpm tell of, or else npm's own */
function findNodeGyp() {
  const told = process.env.npm_config_node_gyp
  if (told) return [process.execPath, told]
  const npm = path.resolve(process.execPath, '../../lib/node_modules/npm')
  try {
    return [process.execPath, require.resolve('node-gyp/bin/node-gyp.js', { paths: [root, npm] })]
  } catch {
    return ['node-gyp']
  }
}

/** @returns {boolean} */
function compile() {
  const [command, ...args] = findNodeGyp()
  const { status } = spawnSync(command, [...args, 'rebuild'], {
    cwd: root,
    env: { ...process.env, ...require('./headers').environment() },
    stdio: 'inherit'
  })
  return status === 0
}

/** @returns {Error | undefined} why no addon that is there already can be used */
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
 * @param {string[]} lacking
 */
function explain({ cause }, lacking) {
  const [said] = String(/** @type {Error} */ (cause).message).split('\n')
  const compiling =
    lacking.length === 0
      ? 'compiling it failed'
      : `${lacking.join(', ')} ${lacking.length === 1 ? 'is' : 'are'} missing to compile it`
  const again = 'npm rebuild --foreground-scripts osh-ifaddrs'
  return (
    `osh-ifaddrs has no addon that loads here: ${said}; ${compiling}. ` +
    `Install what it needs: ${PACKAGES}; then run: ${again}`
  )
}

/** @param {string} reason for lib/addon/load.js to tell at the first use */
function keep(reason) {
  fs.mkdirSync(path.dirname(reasonFile), { recursive: true })
  fs.writeFileSync(reasonFile, reason)
}

function install() {
  if (!supported) return
  if (process.env.npm_config_build_from_source === 'true') {
    if (compile()) return
    console.error(`osh-ifaddrs: compiling failed. It needs: ${PACKAGES}`)
    process.exitCode = 1
    return
  }
  fs.rmSync(reasonFile, { force: true })
  const failure = findFailure()
  if (failure === undefined) return
  const lacking = findLacking()
  if (lacking.length === 0 && compile()) return
  const reason = explain(failure, lacking)
  keep(reason)
  console.error(reason)
}

install()
