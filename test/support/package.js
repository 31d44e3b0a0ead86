'use strict'

// The package as npm publishes it, the environment of a bare machine, and the programs that it must work with.
// The first run downloads these from the npm registry; later runs reuse them.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { launcher, projectRoot } = require('./namespace')

const cacheFolder = path.join(projectRoot, 'test', 'build', 'package')

// As a prefix of a command, makes os.networkInterfaces() throw in it.
const DENIED = [launcher, '--user', 'keep', '--no-landlock', '--deny-family', 'netlink', '--']

/** @typedef {import('node:child_process').SpawnSyncOptions} SpawnOptions */

/**
 * Runs a program until it exits. Throws if it cannot be started.
 *
 * @param {string[]} command
 * @param {SpawnOptions} [options]
 */
function run([command, ...args], options) {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    timeout: 120_000,
    killSignal: 'SIGKILL',
    ...options,
    env: options?.env ?? cleanEnvironment(),
    encoding: 'utf8'
  })
  if (error) throw error
  return { status, stdout, stderr, output: stdout + stderr }
}

/**
 * As `run`, but throws if the program fails.
 *
 * @param {string[]} command
 * @param {SpawnOptions} [options]
 * @returns {string} what it printed on stdout
 */
function runChecked(command, options) {
  const { status, stdout, output } = run(command, options)
  if (status !== 0) throw new Error(`${command.join(' ')} failed: ${output}`)
  return stdout
}

/** The current environment without the variables that npm and tap set for their children. */
function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS$|NODE_V8_COVERAGE$|_TAPJS_|TAP)/i.test(name)
  )
  return Object.fromEntries(kept)
}

/**
 * Installs a package from the npm registry if necessary, and returns the path of a file in it.
 *
 * @param {string} spec such as `esbuild@0`
 * @param {string} file relative to the package
 */
function fetchFromNpm(spec, file) {
  const folder = path.join(cacheFolder, spec.replace(/\W+/g, '-'))
  const name = spec.slice(0, spec.lastIndexOf('@'))
  const found = path.join(folder, 'node_modules', name, file)
  if (!fs.existsSync(found)) {
    fs.mkdirSync(folder, { recursive: true })
    // npm installs a binary for another processor only with --force.
    const options = ['--prefix', folder, '--no-save', '--ignore-scripts', '--force']
    runChecked(['npm', 'install', ...options, spec])
  }
  return found
}

/**
 * @param {number} major
 * @param {string} arch
 */
function fetchNode(major, arch) {
  return fetchFromNpm(`node-linux-${arch}@${major}`, 'bin/node')
}

/**
 * Packs the project as `npm publish` does.
 *
 * @returns {string} the tarball
 */
function pack() {
  fs.mkdirSync(cacheFolder, { recursive: true })
  const args = ['--silent', '--pack-destination', cacheFolder]
  const [name] = runChecked(['npm', 'pack', ...args], { cwd: projectRoot })
    .trim()
    .split('\n')
    .slice(-1)
  return path.join(cacheFolder, name)
}

/**
 * Repacks a tarball without the prebuilt binaries.
 *
 * @param {import('tap').Test} t
 * @param {string} tarball
 */
function packWithoutPrebuilds(t, tarball) {
  const folder = makeFolder(t)
  runChecked(['tar', '-xzf', tarball, '-C', folder, '--exclude', 'package/prebuilds/linux-*'])
  const file = path.join(folder, 'osh-ifaddrs-source.tgz')
  runChecked(['tar', '-czf', file, '-C', folder, 'package'])
  return file
}

/**
 * Makes a folder outside the project, so that no module resolves to the project's own.
 *
 * @param {import('tap').Test} t
 * @param {string} [name]
 */
function makeFolder(t, name = 'app') {
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'osh-package-'))
  t.teardown(() => fs.rmSync(parent, { recursive: true, force: true }))
  const folder = path.join(parent, name)
  fs.mkdirSync(folder)
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }')
  return folder
}

/**
 * The environment of a machine with only node, npm and the shell that npm runs install scripts with. npm has an
 * empty cache and is offline.
 *
 * @param {import('tap').Test} t
 */
function bareEnvironment(t) {
  const home = makeFolder(t, 'home')
  const bin = path.join(home, 'bin')
  fs.mkdirSync(bin)
  const folders = (process.env.PATH ?? '').split(':')
  for (const name of ['node', 'npm', 'sh']) {
    const found = folders
      .map((folder) => path.join(folder, name))
      .find((file) => fs.existsSync(file))
    fs.symlinkSync(
      name === 'node' ? process.execPath : fs.realpathSync(found ?? name),
      path.join(bin, name)
    )
  }
  return { HOME: home, PATH: bin, npm_config_offline: 'true' }
}

module.exports = {
  DENIED,
  bareEnvironment,
  cacheFolder,
  cleanEnvironment,
  fetchFromNpm,
  fetchNode,
  makeFolder,
  pack,
  packWithoutPrebuilds,
  projectRoot,
  run,
  runChecked
}
