'use strict'

// Run in a namespace, by test/load.test.js: threads that call without pause while another one changes
// what is there, and each answer held against what there was at the time. Prints, as JSON, what came of
// it after as many seconds as the first argument says. Takes node's --expose-gc.

const fs = require('node:fs')
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')
const { churn } = require('./churn')
const { History } = require('./history')
const { Judge } = require('./judge')

const CALLERS = 8

/**
 * Calls until it is told to stop, or an answer is wrong.
 *
 * @param {History} history
 */
function call(history) {
  const { networkInterfaces } = require('../..')
  const judge = new Judge(history)
  let wrong = null
  let collected = 0
  while (!history.stopped && wrong === null) {
    const from = history.ended
    const answer = networkInterfaces()
    wrong = judge.judge(answer, from, history.begun)
    history.countCall()
    if (collected === history.collections) continue
    globalThis.gc()
    collected++
    history.countCollection()
  }
  if (wrong !== null) history.stop()
  const { mixed, guessed, quiet } = judge
  return { wrong, mixed, guessed, quiet }
}

const ROLES = { call, churn, nothing: () => null }

/**
 * @param {keyof typeof ROLES} role
 * @param {History} history
 * @returns {Promise<any>} what it found
 */
function start(role, { memory }) {
  // Small heaps are full, and stay as they are, soon.
  const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 }
  const worker = new Worker(__filename, { workerData: { role, memory }, resourceLimits })
  let found = null
  worker.once('message', (message) => (found = message))
  return new Promise((resolve, reject) => {
    worker.once('exit', () => resolve(found)).once('error', reject)
  })
}

const descriptors = () => fs.readdirSync('/proc/self/fd').length
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)

/**
 * The bytes that are resident once no caller has garbage: how much of it heaps may hold is the engine's
 * affair, and tens of MiB with eight of them.
 *
 * @param {History} history
 */
async function measureResident(history) {
  history.askForCollection()
  while (history.collected < history.collections * CALLERS && !history.stopped) await sleep(10)
  return process.memoryUsage.rss()
}

/** @param {number} milliseconds */
async function run(milliseconds) {
  const history = new History()
  // The first worker that ever ran leaves descriptors that are the engine's.
  await start('nothing', history)
  const atFirst = descriptors()
  const roles = ['churn', ...Array(CALLERS).fill('call')]
  const ended = Promise.all(roles.map((role) => start(role, history)))
  await Promise.race([ended, sleep(milliseconds / 3)])
  const warm = await measureResident(history)
  await Promise.race([ended, sleep((milliseconds * 2) / 3)])
  const growth = (await measureResident(history)) - warm
  history.stop()
  const [, ...found] = await ended
  return {
    wrong: found.map(({ wrong }) => wrong).filter((wrong) => wrong !== null),
    mixed: sum(found.map(({ mixed }) => mixed)),
    guessed: sum(found.map(({ guessed }) => guessed)),
    quiet: sum(found.map(({ quiet }) => quiet)),
    calls: history.calls,
    changes: history.ended,
    growth,
    descriptors: descriptors() - atFirst
  }
}

if (isMainThread) {
  run(Number(process.argv[2]) * 1000).then((found) => console.log(JSON.stringify(found)))
} else {
  const { role, memory } = workerData
  parentPort?.postMessage(ROLES[role](new History(memory)))
}
