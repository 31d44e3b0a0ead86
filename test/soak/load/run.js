'use strict'

// test/soak/load.test.js runs this in a namespace. Threads call without pause while another thread changes links
// and addresses; each answer is compared with the states that were possible at the time. Prints the outcome
// as JSON after the number of seconds in the first argument. Needs node's --expose-gc.

const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')
const { bitsOf, load } = require('../../../lib/addon/load')
const { isInterrupted, toDiagnosis } = require('../../../lib/results/diagnosis')
const { append } = require('../../../lib/results/layout')
const { toNetworkInterfaces } = require('../../../lib/results/network-interfaces')
const { countDescriptors } = require('../resources')
const { AnswerChecker } = require('./answer-checker')
const { PER_SECOND, churn } = require('./churn')
const { History } = require('./history')

const CALLERS = 8
// At most, for collecting the garbage of all callers twice, on a machine with any load.
const COLLECTION_SECONDS = 600

/**
 * Calls until the history is stopped or an answer is wrong.
 *
 * @param {History} history
 */
function call(history) {
  const addon = load()
  const checker = new AnswerChecker(history)
  let wrong = null
  let collected = 0
  while (!history.stopped && wrong === null) {
    const from = history.ended
    const snapshot = addon.read(bitsOf(), true, append)
    const to = history.begun
    const answer = toNetworkInterfaces(snapshot)
    wrong = checker.check(answer, from, to, isInterrupted(toDiagnosis(snapshot)))
    history.countCall()
    if (collected === history.requestedCollections) continue
    globalThis.gc()
    collected++
    history.countCollection()
  }
  if (wrong !== null) history.stop()
  const { mixed, inferred, interrupted, undisturbed } = checker
  return { wrong, mixed, inferred, interrupted, undisturbed }
}

const ROLES = { call, churn, nothing: () => null }

/**
 * @param {keyof typeof ROLES} role
 * @param {History} history
 * @returns {Promise<any>} what the role's function returns
 */
function start(role, { memory }) {
  // A small heap soon reaches its final size.
  const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 }
  const worker = new Worker(__filename, { workerData: { role, memory }, resourceLimits })
  let result = null
  worker.once('message', (message) => (result = message))
  return new Promise((resolve, reject) => {
    worker.once('exit', () => resolve(result)).once('error', reject)
  })
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)

/**
 * The resident bytes after every caller has collected its garbage, which is tens of MiB with eight heaps.
 *
 * @param {History} history
 */
async function measureResident(history) {
  history.requestCollection()
  const expected = history.requestedCollections * CALLERS
  while (history.collected < expected && !history.stopped) await sleep(10)
  return process.memoryUsage.rss()
}

/** @param {number} seconds */
async function run(seconds) {
  const milliseconds = seconds * 1000
  const history = History.create(PER_SECOND * (seconds + COLLECTION_SECONDS))
  // The engine keeps descriptors that it opens for the first worker.
  await start('nothing', history)
  const descriptorsBefore = countDescriptors()
  const roles = ['churn', ...Array(CALLERS).fill('call')]
  const ended = Promise.all(roles.map((role) => start(role, history)))
  await Promise.race([ended, sleep(milliseconds / 3)])
  const warm = await measureResident(history)
  await Promise.race([ended, sleep((milliseconds * 2) / 3)])
  const growth = (await measureResident(history)) - warm
  history.stop()
  const [, ...results] = await ended
  return {
    wrong: results.map(({ wrong }) => wrong).filter((wrong) => wrong !== null),
    mixed: sum(results.map(({ mixed }) => mixed)),
    interrupted: sum(results.map(({ interrupted }) => interrupted)),
    inferred: sum(results.map(({ inferred }) => inferred)),
    undisturbed: sum(results.map(({ undisturbed }) => undisturbed)),
    calls: history.calls,
    changes: history.ended,
    growth,
    descriptors: countDescriptors() - descriptorsBefore
  }
}

if (isMainThread) {
  run(Number(process.argv[2])).then((result) => console.log(JSON.stringify(result)))
} else {
  const { role, memory } = workerData
  parentPort?.postMessage(ROLES[role](new History(memory)))
}
