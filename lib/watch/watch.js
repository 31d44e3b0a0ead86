// watch(): checks its arguments.
'use strict'

const { check, toSourceBits } = require('../addon/load')
const { InterfaceWatcher } = require('./watcher')

/** @typedef {import('../index').WatchOptions} WatchOptions */
/** @typedef {(change: import('../index').InterfaceChange) => void} Listener */
/** @typedef {WatchOptions | Listener} Options */

const INTERVAL_MS = 1000
const SETTLE_MS = 20
// With a longer time, a timer fires at once.
const LONGEST_MS = 2 ** 31 - 1

/**
 * @param {string} name
 * @param {unknown} value
 * @param {number} least
 */
function checkTime(name, value, least) {
  const valid = typeof value === 'number' && value >= least && value <= LONGEST_MS
  check(
    valid,
    `"options.${name}" must be a number of milliseconds from ${least} to ${LONGEST_MS}`,
    value
  )
}

/**
 * @param {WatchOptions} options
 * @returns {import('./watcher').Settings}
 */
function toSettings(options) {
  const sources = toSourceBits(options)
  const { signal, persistent = true, interval = INTERVAL_MS, settle = SETTLE_MS } = options
  check(
    signal === undefined || typeof signal?.aborted === 'boolean',
    '"options.signal" must be an AbortSignal',
    signal
  )
  check(typeof persistent === 'boolean', '"options.persistent" must be a boolean', persistent)
  checkTime('interval', interval, 1)
  checkTime('settle', settle, 0)
  return { sources, signal, persistent, interval, settle }
}

/**
 * @param {Options} [options]
 * @param {Listener} [listener]
 */
function watch(options = {}, listener = undefined) {
  if (typeof options === 'function') return watch({}, options)
  const settings = toSettings(options)
  check(
    listener === undefined || typeof listener === 'function',
    '"listener" must be a function',
    listener
  )
  const watcher = new InterfaceWatcher(settings)
  if (listener !== undefined) watcher.on('change', listener)
  return watcher
}

module.exports = { watch }
