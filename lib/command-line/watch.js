// `osh-ifaddrs watch`: prints a line for each change, until its reader closes the pipe.
'use strict'

const { load, parseSources, supported } = require('../addon/load')
const { watch } = require('../index')
const { describeChange } = require('./changes')
const { STDOUT, print } = require('./output')
const { toJson } = require('./terminal')

const CHECK_MS = 1000

/**
 * Without this, after `osh-ifaddrs watch | head -1` has its line, this process would end only after another change.
 *
 * @param {() => void} close
 */
function closeWithReader(close) {
  return setInterval(() => {
    if (supported && load().isHungUp(STDOUT)) close()
  }, CHECK_MS)
}

/**
 * @param {{ json?: boolean }} options
 * @returns {Promise<number>} exit status
 */
async function watchCommand({ json }) {
  const watcher = watch({ sources: parseSources(process.env.OSH_IFADDRS_SOURCES) })
  const timer = closeWithReader(() => watcher.close())
  try {
    for await (const change of watcher) {
      const time = new Date().toISOString()
      const line = json ? toJson({ time, ...change }, 0) : `${time}  ${describeChange(change)}`
      if (!print(`${line}\n`)) break
    }
  } finally {
    clearInterval(timer)
  }
  return 0
}

module.exports = watchCommand
