'use strict'

// Network namespaces for tests, and programs in them, plain or sandboxed; launch.js starts these.
//
// A program enters its namespace only by setns(2), as OpenShell's child does. `ip netns exec` would also mount
// a new /sys, and so hide what the old /sys shows in the namespace.

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const {
  EXEC_TIMEOUT,
  programEnvironment,
  launchArguments,
  launcher,
  nodeArguments,
  projectRoot,
  runProgram
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
  const { status, stdout, stderr } = runProgram('ip', args, { input })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`)
  return stdout
}

/**
 * As `ip netns add`, which also returns to the namespace that it was started in. In a user namespace it may not,
 * because that one belongs to another.
 *
 * @param {string} name
 */
function addNamespace(name) {
  const file = `/run/netns/${name}`
  fs.mkdirSync('/run/netns', { recursive: true })
  fs.writeFileSync(file, '')
  const { status, stderr } = runProgram('unshare', [`--net=${file}`, 'true'])
  if (status === 0) return
  fs.rmSync(file)
  throw new Error(stderr.trim())
}

/** @param {number} milliseconds */
function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/**
 * Whether duplicate address detection can still change a link's addresses. The kernel notifies IPv6 of a
 * carrier only after it has updated the link's state; until then more addresses can follow.
 *
 * @param {{ flags: string[], addr_info: { tentative?: boolean }[] }} link
 */
function isUnsettled({ flags, addr_info: addresses }) {
  if (!flags.includes('UP') || !flags.includes('LOWER_UP')) return false
  const isStateOutdated = flags.includes('NO-CARRIER') && !flags.includes('DORMANT')
  return isStateOutdated || addresses.some(({ tentative }) => tentative)
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

/** Removes the namespaces when this process ends, except by SIGKILL. */
function cleanUpAtExit() {
  if (cleaning) return
  cleaning = true
  process.on('exit', removeAll)
  // tap sends SIGALRM to a test that exceeds its timeout.
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

  /** @param {string} name as `ip netns list` prints it; see `create` */
  constructor(name) {
    this.name = name
  }

  /**
   * Makes an empty namespace, whose loopback link is down. The end of this process removes it.
   *
   * @param {string} label part of its name, so that a reader of `ip netns list` knows which test made it
   */
  static create(label) {
    if (!/^[\w.-]+$/.test(label)) throw new TypeError(`not a label for a namespace: ${label}`)
    let name
    // A process that SIGKILL ended can have left a namespace with our process id.
    do name = `osh-${label}-${process.pid}-${++counter}`
    while (fs.existsSync(`/run/netns/${name}`))
    if (name.length > MAX_NAME) throw new RangeError(`label too long for a namespace: ${label}`)
    cleanUpAtExit()
    const namespace = new Namespace(name)
    addNamespace(name)
    alive.add(namespace)
    return namespace
  }

  /**
   * Runs `ip -n NAME …` and returns its output; throws if it fails. A string is split at blanks.
   *
   * @param {string | string[]} args
   */
  ip(args) {
    const list = typeof args === 'string' ? args.trim().split(/\s+/) : args
    return ip(['-n', this.name, ...list])
  }

  /**
   * Runs ip(8) commands in one process until one fails.
   *
   * @param {Iterable<string>} lines
   */
  batch(lines) {
    return ip(['-n', this.name, '-batch', '-'], [...lines, ''].join('\n'))
  }

  /**
   * Runs node until it exits. A string is a script, an array the arguments.
   *
   * @param {string | string[]} program
   * @param {ExecOptions} [options]
   */
  node(program, options = {}) {
    return this.exec(options.execPath ?? process.execPath, nodeArguments(program), options)
  }

  /**
   * Runs any program until it exits.
   *
   * @param {string} command
   * @param {string[]} [args]
   * @param {ExecOptions} [options]
   */
  exec(command, args = [], options = {}) {
    const { cwd = projectRoot, input, timeout = EXEC_TIMEOUT } = options
    const env = programEnvironment(options)
    return runProgram(ENV, launchArguments(this.name, command, args, options), {
      cwd,
      env,
      input,
      timeout
    })
  }

  /**
   * Starts node with the arguments of `node`, and returns at once. `remove` kills it.
   *
   * @param {string | string[]} program
   * @param {SpawnOptions} [options]
   */
  spawn(program, options = {}) {
    const command = options.execPath ?? process.execPath
    return this.spawnCommand(command, nodeArguments(program), options)
  }

  /**
   * Starts any program with the arguments of `exec`, and returns at once. `remove` kills it.
   *
   * @param {string} command
   * @param {string[]} [args]
   * @param {SpawnOptions} [options]
   */
  spawnCommand(command, args = [], options = {}) {
    const { cwd = projectRoot, stdio = 'pipe' } = options
    const env = programEnvironment(options)
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
   * Waits until no address of a link that is up is tentative, and the state of each link matches its carrier.
   * Throws if that takes longer than `timeout` milliseconds.
   */
  settle(timeout = SETTLE_TIMEOUT) {
    const deadline = Date.now() + timeout
    // A single check could pass after a link comes up and before the kernel adds its addresses.
    for (let clean = 0; clean < 2; sleep(SETTLE_INTERVAL)) {
      /** @type {{ ifname: string, flags: string[], addr_info: { tentative?: boolean }[] }[]} */
      const links = JSON.parse(this.ip('-j addr show'))
      const unsettled = links.filter(isUnsettled).map(({ ifname }) => ifname)
      clean = unsettled.length === 0 ? clean + 1 : 0
      if (clean === 0 && Date.now() > deadline)
        throw new Error(`${this.name}: still unsettled: ${unsettled.join(' ')}`)
    }
  }

  /** Kills the programs that `spawn` started and deletes the namespace, unless that is done already. */
  remove() {
    if (!alive.delete(this)) return
    for (const child of this.#children) child.kill('SIGKILL')
    ip(['netns', 'del', this.name])
  }
}

/**
 * Connects two namespaces by a veth pair, and sets both links up.
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
  sleep,
  vethPair
}
