'use strict'

// Starts a program of programs.js in the sandbox, without the package or in one of the ways that docs/programs.md
// lists, and asks it from a peer outside.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { once } = require('node:events')
const { becomes } = require('./becomes')
const { Namespace, projectRoot } = require('./namespace')
const { OPENSHELL } = require('./openshell-fixture')
const { bareEnvironment, makeFolder, run, runChecked } = require('./package')
const { makeTemporaryFolder } = require('./temporary-folder')

/** @typedef {import('./programs').Program} Program */
/** @typedef {import('./programs').Way} Way */
/** @typedef {{ peer: Namespace, sandbox: Namespace }} Fixture */
/** @typedef {{ node?: string, modules?: string }} Obtained another Node, and the folder node_modules of what was downloaded */
/** @typedef {Obtained & { folder: string, program: Program, installed: Installed }} Prepared */
/** @typedef {Record<Way, string>} Installed */

const LAUNCH = [...OPENSHELL, '--user', 'keep', '--no-landlock']
// How long a program is asked that must not answer, and how long one that has printed its error may take to end.
const PATIENCE = 5_000
const END = 20_000

/**
 * Installs the packed package where no path has a blank, which LD_PRELOAD cannot name.
 *
 * @param {import('tap').Test} t
 * @param {string} tarball
 * @returns {Installed} the file of each way
 */
function install(t, tarball) {
  const app = makeFolder(t)
  runChecked(['npm', 'install', tarball], { cwd: app, env: bareEnvironment(t) })
  const print = "console.log(require('osh-ifaddrs').preloadPath)"
  const preload = runChecked([process.execPath, '-e', print], { cwd: app }).trim()
  const register = path.join(app, 'node_modules/osh-ifaddrs/lib/register.js')
  return { register, preload, run: path.join(app, 'node_modules/.bin/osh-ifaddrs') }
}

/**
 * Makes the folder that a program runs in.
 *
 * @param {import('tap').Test} t
 * @param {Program} program
 * @param {Installed} installed
 * @param {Obtained} obtained
 * @returns {Prepared}
 */
function prepare(t, program, installed, { node, modules }) {
  const { leaves } = program
  if (leaves !== undefined && !fs.existsSync(leaves))
    t.teardown(() => fs.rmSync(leaves, { recursive: true, force: true }))
  const folder = makeTemporaryFolder(t)
  // Not the folder itself: jiti then falls back to /tmp.
  fs.mkdirSync(path.join(folder, 'tmp'))
  const link = path.join(folder, 'node_modules')
  if (modules !== undefined && program.copy) {
    const copy = 'cp --archive --link "$1" "$2" 2>/dev/null || cp --archive "$1/." "$2"'
    runChecked(['sh', '-euc', copy, 'sh', modules, link])
  } else if (modules !== undefined) fs.symlinkSync(modules, link)
  const files = { 'package.json': '{ "private": true }', ...program.files }
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    fs.writeFileSync(path.join(folder, name), text)
  }
  return { folder, program, installed, node, modules }
}

/**
 * @param {Program} program
 * @param {string} [modules]
 * @returns {string} the version, of a package that is downloaded, or is the project's own
 */
function findVersion({ version }, modules = path.join(projectRoot, 'node_modules')) {
  if (typeof version === 'string')
    return JSON.parse(fs.readFileSync(path.join(modules, version, 'package.json'), 'utf8')).version
  const [pattern, ...command] = version
  const { output } = run(command)
  const [, found] = pattern.exec(output) ?? []
  if (found === undefined) throw new Error(`${command.join(' ')}: no version in ${output}`)
  return found
}

/** A program that was started, and what it has printed. */
class Running {
  output = ''
  /** @type {string | null} such as `exit status 1` */
  end = null

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    child.stdout?.on('data', (chunk) => (this.output += chunk))
    child.stderr?.on('data', (chunk) => (this.output += chunk))
    // `close`: when all of its output has been read.
    once(child, 'close').then(
      ([status, signal]) => (this.end = signal ?? `exit status ${status}`),
      (error) => (this.end = `${error}`)
    )
  }
}

/**
 * @param {Fixture} fixture
 * @param {Prepared} prepared
 * @param {Way | null} way
 * @param {string[]} [launch]
 */
function start({ sandbox }, prepared, way, launch = LAUNCH) {
  const { folder, program, installed, node = process.execPath, modules } = prepared
  const command = program.command.map((word) =>
    word === process.execPath ? node : word.replace(/^MODULES/, `${modules}`)
  )
  if (way === 'run') command.unshift(installed.run, 'run', '--')
  const env = {
    HOME: folder,
    TMPDIR: path.join(folder, 'tmp'),
    NO_COLOR: '1',
    LD_PRELOAD: way === 'preload' ? installed.preload : undefined,
    NODE_OPTIONS: way === 'register' ? `--require=${installed.register}` : undefined,
    ...program.env
  }
  return new Running(
    sandbox.spawnCommand(command[0], command.slice(1), { launch, env, cwd: folder })
  )
}

/**
 * Ends what runs in the namespaces, also what a program has left behind.
 *
 * @param {Fixture} fixture
 */
async function endAll({ peer, sandbox }) {
  const find = () =>
    [peer, sandbox].flatMap(({ name }) =>
      spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout.trim().split('\n')
    )
  const isEmpty = () => {
    const found = find().filter(Boolean)
    for (const id of found) {
      try {
        process.kill(Number(id), 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
    return found.length === 0
  }
  if (!(await becomes(isEmpty))) throw new Error(`they go on: ${find().join(' ')}`)
}

/**
 * Lets a peer ask a program that was started, until there is an answer.
 *
 * @param {Fixture} fixture
 * @param {Prepared} prepared
 * @param {Running} running
 * @returns {Running} the peer, or the program itself if there is nothing to ask
 */
function ask({ peer }, { folder, program }, running) {
  return program.ask === undefined ? running : new Running(peer.spawn(program.ask, { cwd: folder }))
}

/**
 * Runs a program without what it needs, until it has failed. Some fail only when they are asked.
 *
 * @param {Fixture} fixture
 * @param {Prepared} prepared
 * @param {Way | null} way
 * @returns {Promise<{ output: string, end: string | null, answer: string }>}
 */
async function runFailing(fixture, prepared, way) {
  const { answer, failure, hangs } = prepared.program
  try {
    const running = start(fixture, prepared, way)
    const asker = ask(fixture, prepared, running)
    await becomes(() => running.end !== null || failure.test(running.output))
    if (hangs) await becomes(() => answer.test(asker.output), PATIENCE)
    else await becomes(() => running.end !== null, END)
    const { output, end } = running
    return { output, end, answer: asker.output }
  } finally {
    await endAll(fixture)
  }
}

/**
 * Runs a program until it has answered.
 *
 * @param {Fixture} fixture
 * @param {Prepared} prepared
 * @param {Way | null} way
 * @param {string[]} [launch] options of the launcher, instead of those of the sandbox
 * @returns {Promise<{ output: string, end: string | null, answer: string }>}
 */
async function runWorking(fixture, prepared, way, launch) {
  const { answer } = prepared.program
  try {
    const running = start(fixture, prepared, way, launch)
    const asker = ask(fixture, prepared, running)
    const isOver = () => asker.end !== null || running.end !== null
    await becomes(() => isOver() || answer.test(asker.output))
    const { output, end } = running
    return { output, end, answer: asker.output }
  } finally {
    await endAll(fixture)
  }
}

module.exports = { findVersion, install, prepare, runFailing, runWorking }
