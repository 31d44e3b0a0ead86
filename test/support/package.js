'use strict'

// The package as npm publishes it, the environment of a bare machine, and programs from the npm registry. What
// is packed or downloaded stays below test/build, where later runs find it.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { launcher, projectRoot } = require('./namespace')
const { makeTemporaryFolder } = require('./temporary-folder')

const cacheFolder = path.join(projectRoot, 'test', 'build', 'package')

// Packing and downloading take minutes on a busy machine, and another test may do the same first.
const LOCK_TIMEOUT = 900_000

// Exits if the tarball is newer than what it is made of. The tarball gets the time at which packing began,
// because a file may change meanwhile.
const PACK = `
  tarball=$1
  shift
  if [ -e "$tarball" ] && [ -z "$(find "$@" -newer "$tarball" -print -quit)" ]; then exit; fi
  touch "$tarball.started"
  JOBS=max npm pack --loglevel=error --pack-destination "\${tarball%/*}"
  touch --reference="$tarball.started" "$tarball"`

// The folder is renamed when it is complete, because this may be interrupted. npm installs a binary for another
// processor only with --force, and makes only the files executable that the package names as commands.
const FETCH = `
  folder=$1 file=$2
  shift 2
  if [ -e "$folder/$file" ]; then exit; fi
  rm -rf "$folder" "$folder.partial"
  mkdir "$folder.partial"
  npm install --prefix "$folder.partial" --no-save --ignore-scripts --force --no-audit --no-fund --loglevel=error "$@"
  chmod +x "$folder.partial/$file"
  mv "$folder.partial" "$folder"`

// As a prefix of a command, makes os.networkInterfaces() throw in it.
const DENIED = [launcher, '--user', 'keep', '--no-landlock', '--deny-family', 'netlink', '--']

/** @typedef {import('node:child_process').SpawnSyncOptions} SpawnOptions */

/**
 * Runs a program until it exits. tap adds its own modules to the NODE_OPTIONS of what child_process starts, and
 * each Node would take three times as long; env(1) sets or unsets the variable after that.
 *
 * @param {string[]} command
 * @param {SpawnOptions} [options]
 */
function run(command, options) {
  const env = options?.env ?? cleanEnvironment()
  const { NODE_OPTIONS } = env
  const nodeOptions =
    NODE_OPTIONS === undefined ? ['-u', 'NODE_OPTIONS'] : [`NODE_OPTIONS=${NODE_OPTIONS}`]
  const { error, status, stdout, stderr } = spawnSync(
    '/usr/bin/env',
    [...nodeOptions, ...command],
    {
      timeout: 120_000,
      killSignal: 'SIGKILL',
      ...options,
      env,
      encoding: 'utf8'
    }
  )
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

/**
 * The current environment without the variables that npm and tap set for their children, except where npm's
 * configuration says that Node's headers are. node-gyp starts Python three times; Debian's starts faster than the
 * shims of version managers.
 *
 * @returns {NodeJS.ProcessEnv}
 */
function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(?!config_nodedir$)|NODE_OPTIONS$|NODE_V8_COVERAGE$|_TAPJS_|TAP)/i.test(name)
  )
  return { PYTHON: '/usr/bin/python3', ...Object.fromEntries(kept) }
}

/**
 * Runs a shell script that no other test runs at the same time.
 *
 * @param {string} name of the lock
 * @param {string} script
 * @param {string[]} args
 */
function runLocked(name, script, ...args) {
  fs.mkdirSync(cacheFolder, { recursive: true })
  const lock = path.join(cacheFolder, `${name}.lock`)
  // Ends with the process that holds it, however that ends.
  runChecked(['flock', lock, 'sh', '-euc', script, 'sh', ...args], {
    cwd: projectRoot,
    timeout: LOCK_TIMEOUT
  })
}

/**
 * Installs a package from the npm registry if necessary, and returns the path of a file in it.
 *
 * @param {string} spec such as `esbuild@0`
 * @param {string} file relative to the package
 * @param {string[]} others to install beside it, or options of npm
 */
function fetchFromNpm(spec, file, ...others) {
  const name = [spec, ...others].join('').replace(/\W+/g, '-')
  const folder = path.join(cacheFolder, name)
  const fetched = path.join('node_modules', spec.slice(0, spec.lastIndexOf('@')), file)
  runLocked(name, FETCH, folder, fetched, spec, ...others)
  return path.join(folder, fetched)
}

/**
 * @param {number} major
 * @param {string} arch
 */
function fetchNode(major, arch) {
  return fetchFromNpm(`node-linux-${arch}@${major}`, 'bin/node')
}

/**
 * Packs the project as `npm publish` does, unless nothing has changed since it was packed.
 *
 * @returns {string} the tarball
 */
function pack() {
  const { files, version } = require('../../package.json')
  const tarball = path.join(cacheFolder, `osh-ifaddrs-${version}.tgz`)
  const sources = files.filter((name) => name !== 'prebuilds')
  const others = ['LICENSE', 'README.md', 'binding.gyp', 'package.json', 'package-lock.json']
  runLocked('pack', PACK, tarball, ...sources, ...others, 'scripts/development')
  return tarball
}

/**
 * Repacks a tarball without the prebuilt binaries.
 *
 * @param {import('tap').Test} t
 * @param {string} tarball
 */
function packWithoutPrebuilds(t, tarball) {
  const folder = makeFolder(t)
  runChecked(['tar', '-xzf', tarball, '-C', folder, '--exclude', 'package/prebuilds/*.node'])
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
  const folder = path.join(makeTemporaryFolder(t), name)
  fs.mkdirSync(folder)
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }')
  return folder
}

/**
 * The environment of a machine with only node, npm, the shell that npm runs install scripts with, and what every
 * shell has beside it. npm has an empty cache and is offline.
 *
 * @param {import('tap').Test} t
 */
function bareEnvironment(t) {
  const home = makeFolder(t, 'home')
  const bin = path.join(home, 'bin')
  fs.mkdirSync(bin)
  const folders = (process.env.PATH ?? '').split(':')
  for (const name of ['node', 'npm', 'sh', 'uname']) {
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
