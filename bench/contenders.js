'use strict'

// The contenders, and how each starts in a namespace. A contender is a process that reads numbers of calls from
// its standard input, and answers each with the nanoseconds per call: one figure for each of its names.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const readline = require('node:readline')
const { runtime } = require('../test/support/runtimes')

/** @typedef {import('../test/support/namespace').Namespace} Namespace */

const script = path.join(__dirname, 'contender.js')

/**
 * @typedef {object} Contender
 * @property {string[]} names
 * @property {(namespace: Namespace) => import('node:child_process').ChildProcess} start
 */

/** @type {import('../test/support/namespace').SpawnOptions} */
const pipes = { stdio: ['pipe', 'pipe', 'inherit'] }

/** @param {string} command */
function find(command) {
  const folders = (process.env.PATH ?? '').split(path.delimiter)
  return folders.map((folder) => path.join(folder, command)).find((file) => fs.existsSync(file))
}

/** @param {'bun' | 'deno'} name */
function findRuntime(name) {
  try {
    return find(name) ?? runtime(name)
  } catch (error) {
    console.error(`without ${name}: ${/** @type {Error} */ (error).message}`)
    return undefined
  }
}

function findPython() {
  return ['python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', 'import psutil'], { stdio: 'ignore' }).status === 0
  )
}

/**
 * @param {string[]} names
 * @param {string} command
 * @param {string[]} [args]
 * @returns {Contender}
 */
function program(names, command, args) {
  return { names, start: (namespace) => namespace.spawnCommand(command, args, pipes) }
}

/**
 * Functions of contender.js in a process to which netlink is denied.
 *
 * @param {string[]} names
 * @param {string[]} functions
 * @returns {Contender}
 */
function denied(names, functions) {
  const options = { ...pipes, launch: ['--deny-family', 'netlink'] }
  return { names, start: (namespace) => namespace.spawn([script, ...functions], options) }
}

/** @returns {Contender[]} those that are installed or can be downloaded */
function findContenders() {
  const bun = findRuntime('bun')
  const deno = findRuntime('deno')
  const python = findPython()
  return [
    program(['native', 'patched', 'ours', 'procfs'], process.execPath, [
      ...[script, 'native', 'patched', 'ours', 'procfs']
    ]),
    denied(['denied'], ['ours']),
    // In processes of their own: their garbage would slow the others down.
    program(['interfaces'], process.execPath, [script, 'interfaces']),
    denied(['interfaces denied'], ['interfaces']),
    denied(['poll denied'], ['poll']),
    program(['getifaddrs'], path.join(__dirname, 'build/getifaddrs')),
    program(['raw dump'], path.join(__dirname, 'build/raw-dump')),
    ...(bun === undefined ? [] : [program(['Bun'], bun, [script, 'native'])]),
    ...(deno === undefined
      ? []
      : [program(['Deno'], deno, ['run', '-A', '--unstable-detect-cjs', script, 'native'])]),
    ...(python === undefined
      ? []
      : [program(['psutil'], python, [path.join(__dirname, 'psutil-addrs.py')])]),
    program(['ip -j addr', 'ip -j -d addr'], process.execPath, [
      ...[script, 'ip -j addr', 'ip -j -d addr']
    ])
  ]
}

/** A running contender. */
class Running {
  /** @type {import('node:child_process').ChildProcess} */
  #child
  /** @type {AsyncIterator<string>} */
  #lines
  #times = 1

  /**
   * @param {Contender} contender
   * @param {Namespace} namespace
   */
  constructor(contender, namespace) {
    this.names = contender.names
    this.#child = contender.start(namespace)
    const input = /** @type {import('node:stream').Readable} */ (this.#child.stdout)
    this.#lines = readline.createInterface({ input })[Symbol.asyncIterator]()
  }

  /** @returns {Promise<number[]>} nanoseconds, one for each name */
  async sample() {
    this.#child.stdin?.write(`${this.#times}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`${this.names.join(', ')}: ended without an answer`)
    return value.split(' ').map(Number)
  }

  /**
   * Warms up compilers and caches, and then sets the number of calls so that a sample takes about this long.
   *
   * @param {number} nanoseconds
   */
  async warmUp(nanoseconds) {
    const start = process.hrtime.bigint()
    let sample = await this.sample()
    for (let i = 0; i < 3 || (i < 300 && process.hrtime.bigint() - start < 300e6); i++) {
      this.#times = Math.max(1, Math.min(1000, Math.round(nanoseconds / Math.min(...sample))))
      sample = await this.sample()
    }
  }

  stop() {
    this.#child.stdin?.end()
    return new Promise((resolve) => this.#child.once('exit', resolve))
  }
}

module.exports = { Running, findContenders }
