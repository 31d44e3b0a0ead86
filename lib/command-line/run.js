// `osh-ifaddrs run [--] command args…`: runs a program so that it, and what it runs, read the network
// interfaces through this package. Behaves as if it had become that program.
//
// process.execve() would do that in newer versions of Node, and is not used: it hands on that Node ignores
// SIGPIPE and SIGXFSZ, so that `… run yes | head` would not end in silence; it keeps no descriptor but the
// standard three; and where a policy refuses the program, Node 22 and 24 abort.
'use strict'

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const { extendEnvironment } = require('./environment')
const { findPreload } = require('../addon/preload-path')

// The exit statuses of env(1).
const FAILED = 125
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

/** @type {readonly NodeJS.Signals[]} */
const FORWARDED = ['SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGCONT']
/**
 * A terminal sends these to every process of its foreground group, and so to the program, too.
 *
 * @type {readonly NodeJS.Signals[]}
 */
const FROM_TERMINAL = ['SIGINT', 'SIGQUIT', 'SIGHUP']

/** Whether this process is of its terminal's foreground group: proc_pid_stat(5), pgrp and tpgid. */
function isInForeground() {
  try {
    const stat = fs.readFileSync('/proc/self/stat', 'latin1')
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return group === foreground
  } catch {
    return process.stdin.isTTY === true
  }
}

/**
 * What this process was given beyond the standard three, such as a shell's `<(command)`: Node would keep
 * them. Its own are of anonymous inodes, or pipes of which it holds both ends.
 *
 * @returns {import('node:child_process').StdioOptions}
 */
function inheritAll() {
  /** @type {{ fd: number, target: string }[]} */
  const files = []
  for (const name of fs.readdirSync('/proc/self/fd')) {
    try {
      const target = fs.readlinkSync(`/proc/self/fd/${name}`)
      if (Number(name) > 2) files.push({ fd: Number(name), target })
    } catch {
      // That of the directory just read.
    }
  }
  /** @type {('inherit' | 'ignore' | number)[]} */
  const stdio = ['inherit', 'inherit', 'inherit']
  for (const { fd, target } of files) {
    const ends = files.filter((file) => file.target === target).length
    const isOwn = target.startsWith('anon_inode:') || (target.startsWith('pipe:') && ends === 2)
    if (!isOwn) stdio[fd] = fd
  }
  return Array.from(stdio, (entry) => entry ?? 'ignore')
}

/**
 * Begins before there is a program, lest a signal end this process while it starts one.
 *
 * @param {(signal: NodeJS.Signals) => void} forward
 */
function forwardSignals(forward) {
  for (const signal of FORWARDED) process.on(signal, () => forward(signal))
  for (const signal of FROM_TERMINAL) {
    process.on(signal, () => {
      if (!isInForeground()) forward(signal)
    })
  }
}

/**
 * Dies of the signal that the program died of, so that a shell sees the same.
 *
 * @param {NodeJS.Signals} signal
 * @returns {number} the status a shell would make of it, if the signal does not kill Node
 */
function dieOf(signal) {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  return 128 + os.constants.signals[signal]
}

/**
 * @param {string} command
 * @param {NodeJS.ErrnoException} error
 */
function reportFailure(command, error) {
  // An empty one is no path, says Node.
  const isLacking = error.code === 'ENOENT' || command === ''
  const reason = isLacking ? 'not found' : `cannot be run (${error.code ?? error.message})`
  console.error(`osh-ifaddrs: ${command}: ${reason}`)
  return isLacking ? NOT_FOUND : NOT_EXECUTABLE
}

/** @returns {NodeJS.ProcessEnv} */
function makeEnvironment() {
  const preload = findPreload()
  if (preload === null) {
    throw new Error('there is no preload library for this platform, or it is not built')
  }
  return extendEnvironment(process.env, { register: require.resolve('../register'), preload })
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} exit status
 */
function spawnAndWait(command, args, env) {
  return new Promise((resolve) => {
    forwardSignals((signal) => child.kill(signal))
    /** @type {import('node:child_process').ChildProcess} */
    let child
    try {
      child = spawn(command, args, { env, stdio: inheritAll() })
    } catch (error) {
      // Node throws what it does not expect of execve(2), and reports the rest.
      return resolve(reportFailure(command, /** @type {NodeJS.ErrnoException} */ (error)))
    }
    child.on('error', (error) => resolve(reportFailure(command, error)))
    child.on('exit', (status, signal) => resolve(signal === null ? (status ?? 0) : dieOf(signal)))
  })
}

/**
 * @param {string[]} args the command and its arguments, perhaps after `--`
 * @returns {Promise<number>} exit status
 */
async function run(args) {
  const [command, ...rest] = args[0] === '--' ? args.slice(1) : args
  if (command === undefined) {
    console.error('usage: osh-ifaddrs run [--] command [argument]...')
    return FAILED
  }
  let env
  try {
    env = makeEnvironment()
  } catch (error) {
    console.error(`osh-ifaddrs: ${/** @type {Error} */ (error).message}`)
    return FAILED
  }
  return spawnAndWait(command, rest, env)
}

module.exports = run
