'use strict'

// Network namespaces for tests, and programs in them: plain ones and ones in a cage. How these are
// started is up to launch.js.
//
// A program enters its namespace by setns(2) and nothing more, as OpenShell's child does. `ip netns
// exec` would mount a fresh /sys over the old one, and so hide what /sys really shows in there.

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const {
  EXEC_TIMEOUT,
  environment,
  launchArguments,
  launcher,
  nodeArguments,
  projectRoot,
  run
} = require('./launch')

/** @typedef {import('./launch').ExecOptions} ExecOptions */
/** @typedef {import('./launch').SpawnOptions} SpawnOptions */

const ENV = '/usr/bin/env'
const SETTLE_TIMEOUT = 10_000
const SETTLE_INTERVAL = 20
const MAX_NAME = 255

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
 * Hands on why a test has to be skipped, or null. In CI none may be: it throws there, so that none is
 * skipped unnoticed.
 *
 * @param {string | null} reason
 */
function toleratedReason(reason) {
  if (reason !== null && process.env.CI) throw new Error(`CI lacks what tests need: ${reason}`)
  return reason
}

/**
 * What keeps the tests from making namespaces here, or null; throws in CI instead.
 *
 * @returns {string | null}
 */
function requirements() {
  if (missing === undefined) missing = findMissing()
  return toleratedReason(missing)
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
  for (const namespace of alive) {
    try {
      namespace.remove()
    } catch (error) {
      console.error(error)
      process.exitCode ||= 1
    }
  }
}

/** Whatever ends this process, but SIGKILL, ends its namespaces too. */
function cleanUpAtExit() {
  if (cleaning) return
  cleaning = true
  process.on('exit', removeAll)
  // tap's timeout ends a test by SIGALRM.
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGALRM']
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
    const env = environment(options)
    return run(ENV, launchArguments(this.name, command, args, options), {
      cwd,
      env,
      input,
      timeout
    })
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
    const env = environment(options)
    const child = spawn(ENV, launchArguments(this.name, command, args, options), {
      cwd,
      env,
      stdio
    })
    this.#children.add(child)
    const forget = () => this.#children.delete(child)
    child.once('exit', forget).once('error', forget)
    return child
  }

  /**
   * Waits until no address of a link that is up is tentative any more, and each link that has a
   * carrier is known to have it. Throws if that takes longer than ten seconds.
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

module.exports = {
  Namespace,
  launcher,
  projectRoot,
  requirements,
  sleep,
  toleratedReason,
  vethPair
}
