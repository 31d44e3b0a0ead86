'use strict'

// For tests of watch(): waiting for what a watcher does, the threads and descriptors that it holds, the reads that it
// makes in this process, and watchers in programs of their own.

const fs = require('node:fs')
const readline = require('node:readline')
const { embed } = require('../../lib/addon/load')
const { findAddon, publishedName } = require('../../lib/addon/locate')
const { becomes } = require('./becomes')

/** @typedef {{ start: number, end: number }} Read in milliseconds */

/**
 * Waits until a function returns something truthy, and returns that.
 *
 * @template T
 * @param {() => T} find
 * @param {string} what it waits for
 * @returns {Promise<T>}
 */
async function waitFor(find, what) {
  /** @type {T | undefined} */
  let found
  if (await becomes(() => (found = find()))) return /** @type {T} */ (found)
  throw new Error(`timeout: ${what}`)
}

/**
 * Reads of all links by this process, by interfaces() as well as by watchers. `delay` makes each take longer.
 *
 * @type {{ all: Read[], delay: number }}
 */
const reads = { all: [], delay: 0 }

/** Has the package use an addon that notes its reads. To be called before the package's first use of it. */
function observeReads() {
  const loaded = { exports: /** @type {any} */ ({}) }
  process.dlopen(loaded, findAddon())
  const addon = loaded.exports
  /** @param {unknown[]} args */
  function readInterfaces(...args) {
    const start = performance.now()
    const result = addon.readInterfaces(...args)
    while (performance.now() - start < reads.delay);
    reads.all.push({ start, end: performance.now() })
    return result
  }
  const observed = Object.create(addon, { readInterfaces: { value: readInterfaces } })
  embed({ [publishedName()]: () => observed })
  return reads
}

/** @param {number | string} [pid] @returns {number} how many monitors a process has */
function countThreads(pid = 'self') {
  const folder = `/proc/${pid}/task`
  const names = fs.readdirSync(folder).map((task) => {
    try {
      return fs.readFileSync(`${folder}/${task}/comm`, 'utf8')
    } catch {
      // The thread has ended.
      return ''
    }
  })
  return names.filter((name) => name === 'osh-ifaddrs\n').length
}

/** @returns {string[]} the sockets and eventfds of this process */
function listDescriptors() {
  const targets = fs.readdirSync('/proc/self/fd').map((fd) => {
    try {
      return `${fd} ${fs.readlinkSync(`/proc/self/fd/${fd}`)}`
    } catch {
      // The descriptor of the folder, which readdir(3) has closed.
      return ''
    }
  })
  return targets.filter((target) => /socket|eventfd/.test(target)).sort()
}

// say() prints a line of JSON, report() says what a watcher emits.
const PRELUDE = `
  const { interfaces, watch } = require('osh-ifaddrs')
  const say = (what) => process.stdout.write(JSON.stringify(what) + '\\n')
  const report = (watcher) => {
    watcher.on('change', (change) => say({ event: 'change', ...change }))
    watcher.on('error', ({ code, message }) => say({ event: 'error', code, message }))
    watcher.on('close', () => say({ event: 'close' }))
    say({ event: 'start', mode: watcher.mode })
    return watcher
  }
  const onLine = (act) => require('node:readline').createInterface(process.stdin).on('line', act);
  `

/**
 * Starts a script that uses say() and report().
 *
 * @param {import('./namespace').Namespace} ns
 * @param {string} script
 * @param {import('./launch').SpawnOptions & { before?: string[] }} [options] `before`: a command that runs node
 */
function startScript(ns, script, { before = [], ...options } = {}) {
  const [command, ...args] = [...before, process.execPath, '-e', PRELUDE + script]
  const child = ns.spawnCommand(command, args, options)
  /** @type {any[]} */
  const said = []
  let stderr = ''
  if (child.stdout === null || child.stderr === null) throw new Error('stdio must be pipes')
  readline.createInterface(child.stdout).on('line', (line) => said.push(JSON.parse(line)))
  child.stderr.on('data', (data) => (stderr += data))
  /** @type {Promise<{ status: number | null, signal: string | null, stderr: string }>} */
  const ended = new Promise((resolve) =>
    child.on('close', (status, signal) => resolve({ status, signal, stderr }))
  )
  /** @param {(what: any) => unknown} matches */
  const hears = (matches) =>
    waitFor(
      () => said.find(matches),
      `${matches} in ${JSON.stringify(said).slice(0, 1000)} ${stderr}`
    )
  /** @param {string} event */
  const emits = (event) => hears((what) => what.event === event)
  /** @param {string} line */
  const tell = (line) => child.stdin?.write(`${line}\n`)
  return { child, said, ended, hears, emits, tell }
}

module.exports = {
  countThreads,
  listDescriptors,
  observeReads,
  startScript,
  waitFor
}
