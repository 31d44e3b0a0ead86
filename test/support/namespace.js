'use strict'

// Network namespaces for tests, and programs in them: plain ones and ones in a cage, which
// test/sandbox/launch.c builds.
//
// A program enters its namespace by setns(2) and nothing more, as OpenShell's child does. `ip netns
// exec` would mount a fresh /sys over the old one, and so hide what /sys really shows in there.

const { spawn, spawnSync } = require('node:child_process')
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
 * @property {Record<string, string | undefined>} [env] added to the environment; undefined removes
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
const SETTLE_TIMEOUT = 5_000
const SETTLE_INTERVAL = 20
const MAX_OUTPUT = 256 * 1024 * 1024
const MAX_NAME = 255

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
 * Runs ip(8) and returns what it prints; throws if it fails.
 *
 * @param {string[]} args
 * @param {string} [input]
 */
function ip(args, input) {
  const { status, stdout, stderr } = run('ip', args, { input })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`)
  return stdout
}

/** @returns {string | null} */
function findMissing() {
  if (process.platform !== 'linux') return 'network namespaces are of Linux only'
  if (process.getuid?.() !== 0) return 'only root can make network namespaces'
  if (!fs.existsSync(launcher)) return `${launcher} is not built`
  const probe = `osh-probe-${process.pid}`
  try {
    ip(['netns', 'add', probe])
    ip(['netns', 'del', probe])
  } catch (error) {
    return `no network namespaces: ${/** @type {Error} */ (error).message}`
  }
  return null
}

/** @type {string | null | undefined} */
let missing

/**
 * What keeps the tests from making namespaces here, or null. In CI nothing may: it throws there, so
 * that no test is skipped unnoticed.
 *
 * @returns {string | null}
 */
function requirements() {
  if (missing === undefined) missing = findMissing()
  if (missing !== null && process.env.CI) throw new Error(`CI lacks what tests need: ${missing}`)
  return missing
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
 * The launcher's arguments.
 *
 * @param {string} netns
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} options
 */
function launchArguments(netns, command, args, { launch, execPath = process.execPath }) {
  const program = ['--', command, ...args]
  if (!launch) return ['--netns', netns, '--user', 'keep', '--no-landlock', ...program]
  const user = userOf(launch)
  if (user !== 'keep') {
    checkReachable(user, projectRoot)
    checkReachable(user, fs.realpathSync(execPath))
  }
  const paths = ['--path', projectRoot, '--path', prefixOf(execPath)]
  return ['--netns', netns, ...paths, ...launch, ...program]
}

/**
 * The command that starts the launcher. tap has its children load a module that writes down what they
 * cover, which a caged one cannot; it does so whatever environment it is given, so env(1) takes it back.
 *
 * @param {RunOptions} options
 * @param {string[]} args of the launcher
 */
function launching({ launch, env }, args) {
  const all = { ...process.env, ...env }
  if (mayWrite(launch)) return { command: launcher, args, env: all }
  const ours = /^(NODE_OPTIONS|NODE_V8_COVERAGE|_TAPJS_.*)$/
  const wanted = Object.entries({ ...process.env, ...env })
    .filter(([name]) => !ours.test(name) || Object.hasOwn(env ?? {}, name))
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
  return { command: '/usr/bin/env', args: ['-i', ...wanted, launcher, ...args], env: all }
}

/**
 * @param {string | string[]} program
 * @returns {string[]}
 */
function nodeArguments(program) {
  return typeof program === 'string' ? ['-e', program] : program
}

/** @param {number} milliseconds */
function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/**
 * Whether duplicate address detection can still change a link's addresses. The kernel tells IPv6 of
 * a carrier only when it has updated the link's state, so until then there may be more to come.
 *
 * @param {{ flags: string[], addr_info: { tentative?: boolean }[] }} link
 */
function isUnsettled({ flags, addr_info: addresses }) {
  if (!flags.includes('UP') || !flags.includes('LOWER_UP')) return false
  const awaited = flags.includes('NO-CARRIER') && !flags.includes('DORMANT')
  return awaited || addresses.some(({ tentative }) => tentative)
}

/** @type {Set<Namespace>} */
const alive = new Set()
let counter = 0
let cleaning = false

function removeAll() {
  for (const namespace of alive) namespace.remove()
}

/** Whatever ends this process, but SIGKILL, ends its namespaces too. */
function cleanUpAtExit() {
  if (cleaning) return
  cleaning = true
  process.on('exit', removeAll)
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) {
    process.once(signal, () => {
      removeAll()
      process.kill(process.pid, signal)
    })
  }
}

class Namespace {
  /** @type {Set<import('node:child_process').ChildProcess>} */
  #children = new Set()

  /** @param {string} name of a namespace that ip(8) knows; see `create` */
  constructor(name) {
    this.name = name
  }

  /**
   * Makes an empty namespace, whose loopback link is down. It goes with this process at the latest.
   *
   * @param {string} label tells a human whose it is
   */
  static create(label) {
    if (!/^[\w.-]+$/.test(label)) throw new TypeError(`not a label for a namespace: ${label}`)
    let name
    // A process killed by SIGKILL may have left one with our process id.
    do name = `osh-${label}-${process.pid}-${++counter}`
    while (fs.existsSync(`/run/netns/${name}`))
    if (name.length > MAX_NAME) throw new RangeError(`too long a label for a namespace: ${label}`)
    cleanUpAtExit()
    const namespace = new Namespace(name)
    ip(['netns', 'add', name])
    alive.add(namespace)
    return namespace
  }

  /**
   * Runs `ip -n NAME …` and returns what it prints; throws if it fails. A string is split at blanks.
   *
   * @param {string | string[]} args
   */
  ip(args) {
    const words = typeof args === 'string' ? args.trim().split(/\s+/) : args
    return ip(['-n', this.name, ...words])
  }

  /**
   * Runs many ip(8) commands in one process, up to the first that fails.
   *
   * @param {Iterable<string>} lines
   */
  batch(lines) {
    return ip(['-n', this.name, '-batch', '-'], [...lines, ''].join('\n'))
  }

  /**
   * Runs node to its end: a string is a script, an array the arguments.
   *
   * @param {string | string[]} program
   * @param {ExecOptions} [options]
   */
  node(program, options = {}) {
    return this.exec(options.execPath ?? process.execPath, nodeArguments(program), options)
  }

  /**
   * Runs any program to its end.
   *
   * @param {string} command
   * @param {string[]} [args]
   * @param {ExecOptions} [options]
   */
  exec(command, args = [], options = {}) {
    const { cwd = projectRoot, input, timeout = EXEC_TIMEOUT } = options
    const start = launching(options, launchArguments(this.name, command, args, options))
    return run(start.command, start.args, { cwd, env: start.env, input, timeout })
  }

  /**
   * Starts node, as `node` does, and lets it run. It is killed with the namespace.
   *
   * @param {string | string[]} program
   * @param {SpawnOptions} [options]
   */
  spawn(program, options = {}) {
    const command = options.execPath ?? process.execPath
    return this.spawnCommand(command, nodeArguments(program), options)
  }

  /**
   * Starts any program, as `exec` does, and lets it run. It is killed with the namespace.
   *
   * @param {string} command
   * @param {string[]} [args]
   * @param {SpawnOptions} [options]
   */
  spawnCommand(command, args = [], options = {}) {
    const { cwd = projectRoot, stdio = 'pipe' } = options
    const start = launching(options, launchArguments(this.name, command, args, options))
    const child = spawn(start.command, start.args, { cwd, env: start.env, stdio })
    this.#children.add(child)
    const forget = () => this.#children.delete(child)
    child.once('exit', forget).once('error', forget)
    return child
  }

  /**
   * Waits until no address of a link that is up is tentative any more, and each link that has a
   * carrier is known to have it. Throws if that takes longer than five seconds.
   */
  settle() {
    const deadline = Date.now() + SETTLE_TIMEOUT
    // One clean look may fall between a link's coming up and its addresses' being made.
    for (let clean = 0; clean < 2; sleep(SETTLE_INTERVAL)) {
      /** @type {{ ifname: string, flags: string[], addr_info: { tentative?: boolean }[] }[]} */
      const links = JSON.parse(this.ip('-j addr show'))
      const unsettled = links.filter(isUnsettled).map(({ ifname }) => ifname)
      clean = unsettled.length === 0 ? clean + 1 : 0
      if (clean === 0 && Date.now() > deadline)
        throw new Error(`${this.name}: still unsettled: ${unsettled.join(' ')}`)
    }
  }

  /** Ends the programs started in it by `spawn` and deletes the namespace, if that is still to do. */
  remove() {
    if (!alive.delete(this)) return
    for (const child of this.#children) child.kill('SIGKILL')
    ip(['netns', 'del', this.name])
  }
}

/**
 * Joins two namespaces by a pair of links, both of them up.
 *
 * @param {Namespace} a
 * @param {Namespace} b
 * @param {{ left?: string, right?: string }} [names] of the link in `a` and of that in `b`
 */
function vethPair(a, b, { left = 'eth0', right = 'eth0' } = {}) {
  a.ip(['link', 'add', 'name', left, 'type', 'veth', 'peer', 'name', right, 'netns', b.name])
  a.ip(['link', 'set', left, 'up'])
  b.ip(['link', 'set', right, 'up'])
}

module.exports = { Namespace, launcher, projectRoot, requirements, vethPair }
