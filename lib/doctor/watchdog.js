// Ends this process if the native function never returns: nothing can interrupt that. Needed only without the addon,
// which otherwise finds out first whether replies come.
'use strict'

const { Worker } = require('node:worker_threads')

// A host with thousands of links, or one whose links are being changed, takes seconds.
const LIMIT_MS = 10_000

/**
 * @param {string} message
 * @returns {string} the program of a thread, which runs while the main thread is blocked
 */
function program(message) {
  return `setTimeout(() => {
    require('node:fs').writeSync(2, ${JSON.stringify(message)})
    process.kill(process.pid, 'SIGKILL')
  }, ${LIMIT_MS})`
}

/**
 * @template T
 * @param {() => T} run
 * @param {string} message for standard error, if it does not return
 * @returns {T}
 */
function callWatched(run, message) {
  let worker
  try {
    worker = new Worker(program(message), { eval: true, execArgv: [] })
  } catch {
    // Without --allow-worker there is no watchdog.
  }
  try {
    return run()
  } finally {
    void worker?.terminate()
  }
}

module.exports = { LIMIT_MS, callWatched }
