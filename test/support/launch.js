'use strict'

// Starts programs for tests, plain or in a sandbox, through the launcher (sandbox/launch.c). Network
// namespaces are only names here, which the launcher enters; namespace.js makes them.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

/**
 * @typedef {object} RunOptions
 * @property {string[]} [launch] options of the launcher. Without them the program runs as the
 *   current user, and the file system and every system call are open. With them it runs as user 65534, if
 *   this process can change user, and only the launcher's paths, the project and node's prefix are open;
 *   the options can change both.
 * @property {Record<string, string | undefined>} [env] added to the environment; undefined removes a
 *   variable. NODE_OPTIONS and NODE_EXTRA_CA_CERTS are not inherited.
 * @property {string} [cwd] default: the project's root
 * @property {string} [execPath] another node (or bun, …) than the current one
 */

/**
 * @typedef {RunOptions & { input?: string | Uint8Array, timeout?: number }} ExecOptions
 * `timeout` is in milliseconds. A program that takes longer is killed, and ETIMEDOUT is thrown.
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

const NOBODY = 65534

const EXEC_TIMEOUT = 60_000
const MAX_OUTPUT = 256 * 1024 * 1024

/**
 * Runs a program until it exits. Throws only if it cannot be started or takes too long.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {Result}
 */
function runProgram(command, args, options) {
  const { error, status, signal, stdout, stderr } = spawnSync(command, args, {
    timeout: EXEC_TIMEOUT,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT,
    ...options,
    encoding: 'utf8'
  })
  // EPIPE: a program may exit without reading its input.
  if (error && /** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error
  return { status, signal, stdout, stderr }
}

/** Whether this process can become another user. The root of a user namespace made by a user cannot. */
function canChangeUser() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const lines = fs.readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n')
  return lines.some((line) => {
    const [first, , count] = line.trim().split(/\s+/).map(Number)
    return first <= NOBODY && NOBODY < first + count
  })
}

/** Options of the launcher that stand before a test's own, which override them. */
const defaultLaunch = canChangeUser() ? [] : ['--user', 'keep']

/**
 * The user in a test's options. The last one counts, as in the launcher.
 *
 * @param {string[]} launch
 */
function userOf(launch) {
  let user = `${NOBODY}`
  const options = [...defaultLaunch, ...launch]
  options.forEach((option, index) => {
    if (option === '--user') user = options[index + 1]
    if (option.startsWith('--user=')) user = option.slice('--user='.length)
  })
  return user
}

/**
 * Whether a program with these options can write where this process can.
 *
 * @param {string[] | undefined} launch
 */
function canWrite(launch) {
  return !launch || (userOf(launch) === 'keep' && launch.includes('--no-landlock'))
}

/**
 * The path that must be open for an executable to run: its installation prefix, or its directory, or itself
 * if that would be the whole file system.
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
 * Throws if the modes of the directories above a path keep the user from it. Node would only report that it
 * cannot find a module.
 *
 * @param {string} user
 * @param {string} target
 */
function checkReachable(user, target) {
  const key = `${user} ${target}`
  if (reachable.has(key)) return
  /** @param {string} file */
  const canExecute = (file) =>
    runProgram(launcher, ['--user', user, '--no-landlock', '--', '/usr/bin/test', '-x', file], {
      cwd: '/'
    }).status === 0
  if (!canExecute(target)) {
    const parts = target.split('/')
    const above = parts.map((_, index) => parts.slice(0, index + 1).join('/') || '/')
    const barrier = above.find((file) => !canExecute(file))
    throw new Error(
      `user ${user} cannot reach ${target}: ${barrier} is closed to others (chmod o+x, or move it)`
    )
  }
  reachable.add(key)
}

/**
 * The arguments of env(1) that launch a program.
 *
 * tap patches child_process to add its own modules to every child's NODE_OPTIONS. They take more time than
 * most tests, and make a sandboxed program fail because they write into the project. env(1) sets or unsets
 * the variable after child_process has run.
 *
 * @param {string} netns
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} options
 */
function launchArguments(netns, command, args, { launch, env, execPath = process.execPath }) {
  const nodeOptions = env?.NODE_OPTIONS
  const optionsArgument =
    nodeOptions === undefined ? ['-u', 'NODE_OPTIONS'] : [`NODE_OPTIONS=${nodeOptions}`]
  const start = [...optionsArgument, launcher, '--netns', netns]
  const program = ['--', command, ...args]
  if (!launch) return [...start, '--user', 'keep', '--no-landlock', ...program]
  const user = userOf(launch)
  if (user !== 'keep') {
    checkReachable(user, projectRoot)
    checkReachable(user, fs.realpathSync(execPath))
  }
  const paths = ['--path', projectRoot, '--path', prefixOf(execPath)]
  return [...start, ...defaultLaunch, ...paths, ...launch, ...program]
}

/**
 * Node prints an error if it cannot write its coverage, or cannot read the extra certificates. No test needs
 * these certificates.
 *
 * @param {RunOptions} options
 * @returns {Record<string, string | undefined>}
 */
function programEnvironment({ launch, env }) {
  const coverage = canWrite(launch) ? process.env.NODE_V8_COVERAGE : undefined
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
  NOBODY,
  canChangeUser,
  defaultLaunch,
  programEnvironment,
  launchArguments,
  launcher,
  nodeArguments,
  projectRoot,
  runProgram
}
