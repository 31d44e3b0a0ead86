'use strict'

// Terminates workers at random, while each watches a network that changes without pause. The main thread does not load
// the package, so workers load the addon, and the last one unloads it. With `keep` it stays loaded, for a sanitizer that
// reads the addon's symbols at the end. Prints what is left.
//
//   node [--expose-gc] workers.js COUNT [keep]

const fs = require('node:fs')
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')

const LANES = 4
const DEADLINE = 60_000
const LONGEST_LIFE = 40

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** What a worker does, by its number: every fifth lives until a change is reported to it, in either mode. */
const waits = (/** @type {number} */ number) => number % 5 === 0
const polls = (/** @type {number} */ number) =>
  waits(number) ? number % 2 === 0 : Math.random() < 0.3

function watchSome() {
  const { watch } = require('osh-ifaddrs')
  const { number, counts } = workerData
  const changes = new Int32Array(counts)
  const watchers = 1 + Math.floor(Math.random() * 3)
  for (let i = 0; i < watchers; i++) {
    const sources = polls(number) ? ['ioctl', 'procfs'] : undefined
    const watcher = watch({ sources, settle: 0, interval: 1 })
    watcher.on('change', () => Atomics.add(changes, watcher.mode === 'netlink' ? 0 : 1, 1))
    if (waits(number)) watcher.once('change', () => parentPort?.postMessage(null))
    else if (Math.random() < 0.2) setTimeout(() => watcher.close(), Math.random() * LONGEST_LIFE)
  }
  if (waits(number)) return
  parentPort?.postMessage(null)
  if (Math.random() < 0.1) process.exit(0)
}

/**
 * @param {number} number
 * @param {SharedArrayBuffer} counts of changes
 * @param {string[]} errors of workers
 */
async function runOne(number, counts, errors) {
  const worker = new Worker(__filename, { workerData: { number, counts } })
  worker.on('error', (error) => errors.push(`${error?.stack ?? error}`))
  // Some end while they load the package.
  if (waits(number) || Math.random() < 0.8)
    await new Promise((resolve) => worker.once('message', resolve).once('exit', resolve))
  await sleep(Math.random() * LONGEST_LIFE)
  await worker.terminate()
}

/** @param {string} path */
function readLink(path) {
  try {
    return fs.readlinkSync(path)
  } catch {
    return ''
  }
}

/** @param {string} path */
function readFile(path) {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function measure() {
  globalThis.gc?.()
  const links = fs.readdirSync('/proc/self/fd').map((fd) => readLink(`/proc/self/fd/${fd}`))
  const tasks = fs.readdirSync('/proc/self/task')
  return {
    // Others are pipes and what the engine opens.
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    descriptors: links.length,
    threads: tasks.filter((id) => readFile(`/proc/self/task/${id}/comm`) === 'osh-ifaddrs\n')
      .length,
    resident: process.memoryUsage().rss
  }
}

/** @param {number} count */
async function run(count) {
  const counts = new SharedArrayBuffer(8)
  /** @type {string[]} */
  const errors = []
  let started = 0
  /** @param {number} until */
  const lane = async (until) => {
    while (started < until) await runOne(started++, counts, errors)
  }
  /** @param {number} until */
  const lanes = (until) => Promise.all(Array.from({ length: LANES }, () => lane(until)))
  // The engine keeps what it opens for the first workers.
  await lanes(count / 4)
  const warm = measure()
  await lanes(count)
  const deadline = Date.now() + DEADLINE
  // A thread that was joined is listed for a moment.
  const isLeft = () => measure().threads > 0 || measure().sockets > warm.sockets
  while (isLeft() && Date.now() < deadline) await sleep(50)
  const after = measure()
  return {
    workers: started,
    changes: { netlink: new Int32Array(counts)[0], polling: new Int32Array(counts)[1] },
    errors,
    threads: after.threads,
    sockets: after.sockets - warm.sockets,
    descriptors: after.descriptors - warm.descriptors,
    growth: after.resident - warm.resident
  }
}

if (isMainThread && process.argv[3] === 'keep') require('osh-ifaddrs').interfaces()
if (isMainThread)
  run(Number(process.argv[2])).then((result) => {
    process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit())
  })
else watchSome()
