'use strict'

// The package as it would be published, machines that have next to nothing to install it on, and the
// programs of others that it has to work with. Those come from the npm registry at first and are kept.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { launcher, projectRoot } = require('./namespace')

const cache = path.join(projectRoot, 'test', 'build', 'package')

// Prefixed to a command it makes os.networkInterfaces() throw there.
const DENIED = [launcher, '--user', 'keep', '--no-landlock', '--deny-family', 'netlink', '--']

/** @typedef {import('node:child_process').SpawnSyncOptions} SpawnOptions */

/**
 * Runs a program to its end; throws if it could not be run.
 *
 * @param {string[]} command
 * @param {SpawnOptions} [options]
 */
function run([command, ...args], options) {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    timeout: 120_000,
    killSignal: 'SIGKILL',
    ...options,
    env: options?.env ?? environment(),
    encoding: 'utf8'
  })
  if (error) throw error
  return { status, stdout, stderr, output: stdout + stderr }
}

/**
 * As `run`, but throws if it fails.
 *
 * @param {string[]} command
 * @param {SpawnOptions} [options]
 * @returns {string} what it printed on stdout
 */
function must(command, options) {
  const { status, stdout, output } = run(command, options)
  if (status !== 0) throw new Error(`${command.join(' ')} failed: ${output}`)
  return stdout
}

/** The current environment without what npm and tap tell their children. */
function environment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS$|NODE_V8_COVERAGE$|_TAPJS_|TAP)/i.test(name)
  )
  return Object.fromEntries(kept)
}

/**
 * A file of a package in the npm registry.
 *
 * @param {string} spec such as `esbuild@0`
 * @param {string} file below the package
 */
function fetch(spec, file) {
  const folder = path.join(cache, spec.replace(/\W+/g, '-'))
  const name = spec.slice(0, spec.lastIndexOf('@'))
  const found = path.join(folder, 'node_modules', name, file)
  if (!fs.existsSync(found)) {
    fs.mkdirSync(folder, { recursive: true })
    // Binaries for another processor are wanted too.
    must(['npm', 'install', '--prefix', folder, '--no-save', '--ignore-scripts', '--force', spec])
  }
  return found
}

/**
 * @param {number} major
 * @param {string} arch
 */
function fetchNode(major, arch) {
  return fetch(`node-linux-${arch}@${major}`, 'bin/node')
}

/**
 * Packs the project as `npm publish` would.
 *
 * @returns {string} the tarball
 */
function pack() {
  fs.mkdirSync(cache, { recursive: true })
  const args = ['--silent', '--pack-destination', cache]
  const [name] = must(['npm', 'pack', ...args], { cwd: projectRoot })
    .trim()
    .split('\n')
    .slice(-1)
  return path.join(cache, name)
}

/**
 * The same package for a machine that nothing is prebuilt for.
 *
 * @param {import('tap').Test} t
 * @param {string} tarball
 */
function packWithoutPrebuilds(t, tarball) {
  const folder = makeFolder(t)
  must(['tar', '-xzf', tarball, '-C', folder, '--exclude', 'package/prebuilds/linux-*'])
  const file = path.join(folder, 'osh-ifaddrs-source.tgz')
  must(['tar', '-czf', file, '-C', folder, 'package'])
  return file
}

/**
 * A folder outside of the project, where nothing of it is found by looking in the folders above.
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
 * The environment of a machine with node, npm and a shell, which npm runs install scripts with; an
 * empty cache, and no network as far as npm is concerned.
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
  cache,
  environment,
  fetch,
  fetchNode,
  makeFolder,
  must,
  pack,
  packWithoutPrebuilds,
  projectRoot,
  run
}
