'use strict'

// How tests start programs: plain ones and ones in a cage, which test/sandbox/launch.c builds. Knows of
// network namespaces no more than that the launcher enters them by name; see namespace.js.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

/**
 * How to run a program.
 *
 * @typedef {object} RunOptions
 * @property {string[]} [launch] options of the launcher. Without them the program runs as the
 *   current user, with the file system and every system call open. With them it becomes user 65534
 *   and sees of the file system only what the launcher opens, the project and node's own prefix,
 *   unless these options say otherwise.
 * @property {Record<string, string | undefined>} [env] added to the environment; undefined removes.
 *   NODE_OPTIONS is never inherited: a program has those given here and no other. Neither is
 *   NODE_EXTRA_CA_CERTS.
 * @property {string} [cwd] the project's root if not given
 * @property {string} [execPath] another node (or bun, …) than the current one
 */

/**
 * @typedef {RunOptions & { input?: string | Uint8Array, timeout?: number }} ExecOptions
 * `timeout` is in milliseconds; a program that takes longer is killed, and ETIMEDOUT thrown.
 */

/** @typedef {RunOptions & { stdio?: import('node:child_process').StdioOptions }} SpawnOptions */

/**
 * @typedef {object} Result
 * @property {number | null} status
 * @property {NodeJS.Signals | null} signal
 * @property {string} stdout
 * @property {string} stderr
 */

const projectRoot = path.resolve(__dirname, '..', '..')
const launcher = path.join(projectRoot, 'test', 'build', 'sandbox')

const EXEC_TIMEOUT = 60_000
const MAX_OUTPUT = 256 * 1024 * 1024

/**
 * Runs a program to its end; throws only if it could not be run.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {Result}
 */
function run(command, args, options) {
  const { error, status, signal, stdout, stderr } = spawnSync(command, args, {
    timeout: EXEC_TIMEOUT,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT,
    ...options,
    encoding: 'utf8'
  })
  // A program that ends without reading its input is no failure.
  if (error && /** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error
  return { status, signal, stdout, stderr }
}

/**
 * The user that the launcher's options ask for; of several the last, as the launcher has it.
 *
 * @param {string[]} launch
 */
function userOf(launch) {
  let user = '65534'
  launch.forEach((option, index) => {
    if (option === '--user') user = launch[index + 1]
    if (option.startsWith('--user=')) user = option.slice('--user='.length)
  })
  return user
}

/**
 * Whether a program launched so can write where the current one can.
 *
 * @param {string[] | undefined} launch
 */
function mayWrite(launch) {
  return !launch || (userOf(launch) === 'keep' && launch.includes('--no-landlock'))
}

/**
 * What must be open for an executable to run: the prefix it is installed under, or just its
 * directory, or itself, rather than the whole file system.
 *
 * @param {string} execPath
 */
function prefixOf(execPath) {
  const file = fs.realpathSync(execPath)
  const directory = path.dirname(file)
  const prefix = path.basename(directory) === 'bin' ? path.dirname(directory) : directory
  return prefix === '/' ? file : prefix
}

/** @type {Set<string>} */
const reachable = new Set()

/**
 * Throws if the user cannot get to a path because of the modes of the directories above it. Without
 * this, node would only say that it cannot find a module.
 *
 * @param {string} user
 * @param {string} target
 */
function checkReachable(user, target) {
  const key = `${user} ${target}`
  if (reachable.has(key)) return
  /** @param {string} file */
  const search = (file) =>
    run(launcher, ['--user', user, '--no-landlock', '--', '/usr/bin/test', '-x', file], {
      cwd: '/'
    }).status === 0
  if (!search(target)) {
    const parts = target.split('/')
    const above = parts.map((_, index) => parts.slice(0, index + 1).join('/') || '/')
    const barrier = above.find((file) => !search(file))
    throw new Error(
      `user ${user} cannot reach ${target}: ${barrier} is closed to others (chmod o+x, or move it)`
    )
  }
  reachable.add(key)
}

/**
 * The arguments of env(1) that launch a program.
 *
 * tap has child_process add its own modules to every child's NODE_OPTIONS. They cost more time than
 * most tests, and end a caged program with an error, as they write into the project. So this variable
 * is set after child_process has done its work.
 *
 * @param {string} netns
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} options
 */
function launchArguments(netns, command, args, { launch, env, execPath = process.execPath }) {
  const nodeOptions = env?.NODE_OPTIONS
  const environment =
    nodeOptions === undefined ? ['-u', 'NODE_OPTIONS'] : [`NODE_OPTIONS=${nodeOptions}`]
  const start = [...environment, launcher, '--netns', netns]
  const program = ['--', command, ...args]
  if (!launch) return [...start, '--user', 'keep', '--no-landlock', ...program]
  const user = userOf(launch)
  if (user !== 'keep') {
    checkReachable(user, projectRoot)
    checkReachable(user, fs.realpathSync(execPath))
  }
  const paths = ['--path', projectRoot, '--path', prefixOf(execPath)]
  return [...start, ...paths, ...launch, ...program]
}

/**
 * Node writes down what is covered wherever it may, and complains elsewhere; as it does where it cannot read
 * further certificates, which nothing here has a use for.
 *
 * @param {RunOptions} options
 * @returns {Record<string, string | undefined>}
 */
function environment({ launch, env }) {
  const coverage = mayWrite(launch) ? process.env.NODE_V8_COVERAGE : undefined
  const inherited = { ...process.env, NODE_EXTRA_CA_CERTS: undefined }
  return { ...inherited, NODE_V8_COVERAGE: coverage, ...env }
}

/**
 * @param {string | string[]} program
 * @returns {string[]}
 */
function nodeArguments(program) {
  return typeof program === 'string' ? ['-e', program] : program
}

module.exports = {
  EXEC_TIMEOUT,
  environment,
  launchArguments,
  launcher,
  nodeArguments,
  projectRoot,
  run
}
