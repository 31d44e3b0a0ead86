// `osh-ifaddrs run [--] command args…`: runs a program so that it and its children read the network
// interfaces through this package. Behaves as if this process had become the program.
//
// It does not use process.execve(): a program started so inherits that Node ignores SIGPIPE and SIGXFSZ, so
// `… run yes | head` prints an error. It loses all descriptors but the standard three. And if a policy refuses
// the program, Node 22 and 24 abort.
'use strict'

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const { extendEnvironment, requirePreload } = require('./environment')

// The exit statuses of env(1).
const FAILED = 125
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

/** @type {readonly NodeJS.Signals[]} */
const FORWARDED = ['SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGCONT']
/**
 * A terminal sends these to every process of its foreground group, and so to the program too.
 *
 * @type {readonly NodeJS.Signals[]}
 */
const FROM_TERMINAL = ['SIGINT', 'SIGQUIT', 'SIGHUP']

/** Whether this process is in its terminal's foreground group: pgrp and tpgid of proc_pid_stat(5). */
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
 * Passes on the descriptors beyond the standard three that this process inherited, such as a shell's
 * `<(command)`. Node's own are anonymous inodes, or pipes of which it has both ends.
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
      // The descriptor with which readdirSync() read the directory.
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
 * Call it before there is a program, because a signal may arrive while the program starts.
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
 * Ends this process by the signal that ended the program, so that a shell sees the same.
 *
 * @param {NodeJS.Signals} signal
 * @returns {number} the exit status that a shell reports for it, for signals that do not end Node
 */
function raise(signal) {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  return 128 + os.constants.signals[signal]
}

/**
 * @param {string} command
 * @param {NodeJS.ErrnoException} error
 * @returns {number} exit status
 */
function reportFailure(command, { code, message }) {
  // Node rejects an empty path before execve(2).
  const isMissing = code === 'ENOENT' || command === ''
  const reason = isMissing ? 'not found' : `cannot be run (${code ?? message})`
  console.error(`osh-ifaddrs: ${command}: ${reason}`)
  return isMissing ? NOT_FOUND : NOT_EXECUTABLE
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
      // Node emits some errors of execve(2) and throws the others, ELOOP among them.
      return resolve(reportFailure(command, /** @type {NodeJS.ErrnoException} */ (error)))
    }
    child.on('error', (error) => resolve(reportFailure(command, error)))
    child.on('exit', (status, signal) => resolve(signal === null ? (status ?? 0) : raise(signal)))
  })
}

/** @returns {NodeJS.ProcessEnv} */
function makeEnvironment() {
  try {
    const files = { register: require.resolve('../register'), preload: requirePreload() }
    return extendEnvironment(process.env, files)
  } catch (error) {
    throw Object.assign(/** @type {Error} */ (error), { exitStatus: FAILED })
  }
}

/**
 * @param {string[]} args the command and its arguments, with or without `--` before them
 * @returns {Promise<number>} exit status
 */
async function run(args) {
  const [command, ...rest] = args[0] === '--' ? args.slice(1) : args
  if (command === undefined) {
    const message = 'run needs a command. Usage: osh-ifaddrs run [--] command [argument]...'
    throw Object.assign(new Error(message), { exitStatus: FAILED })
  }
  return spawnAndWait(command, rest, makeEnvironment())
}

module.exports = run
