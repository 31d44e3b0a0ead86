// The ways to read what a watcher reports: netlink, where the kernel reports changes, or else polling.
'use strict'

const { load, supported } = require('../addon/load')
const { isInterrupted, isShortage, toOutcome, unavailableError } = require('../results/diagnosis')
const { nativeInterfaces, toInterfaces } = require('../results/interfaces')
const { append } = require('../results/layout')
const { RTNETLINK, monitorHere } = require('./monitors')

/** @typedef {import('../addon/load').Addon} Addon */
/** @typedef {import('../addon/load').Interfaces} Snapshot */
/** @typedef {import('../addon/load').Snapshot & import('../addon/load').Reading} Answer */

/**
 * Makes a list that is the caller's own: a program may change what it gets.
 *
 * @typedef {() => import('../index').Interface[]} State
 */

/**
 * @typedef {object} Reader
 * @property {'netlink' | 'polling'} mode
 * @property {State} first
 * @property {() => State | null | undefined} read null: nothing has changed. undefined: it changed during the read,
 *   so another one is better.
 * @property {() => void} close
 */

// After so many interrupted reads in a row, the result is reported as it is.
const MAX_INTERRUPTIONS = 8

/**
 * @param {Snapshot} snapshot
 * @param {number} [expected] what may be missing, as bits
 * @returns {snapshot is Answer} whether sources answered. What none reports any more is unknown, not gone.
 */
function isAnswer(snapshot, expected = snapshot.missing ?? 0) {
  return snapshot.strings !== null && ((snapshot.missing ?? 0) & ~expected) === 0
}

/**
 * @param {Reader['mode']} mode
 * @param {Answer} first
 * @param {(known: ArrayBuffer) => Snapshot | null} readSnapshot null: as `known`
 * @param {() => void} close
 * @returns {Reader}
 */
function makeReader(mode, first, readSnapshot, close) {
  let last = first
  let interruptions = 0
  function read() {
    const snapshot = readSnapshot(/** @type {ArrayBuffer} */ (last.numbers.buffer))
    const isInterruption = snapshot !== null && isInterrupted(toOutcome(snapshot))
    interruptions = isInterruption ? interruptions + 1 : 0
    if (snapshot === null) return null
    const answers = isAnswer(snapshot, last.missing)
    if (isInterruption && (!answers || interruptions < MAX_INTERRUPTIONS)) return undefined
    if (!answers) throw unavailableError(snapshot)
    last = snapshot
    return () => toInterfaces(snapshot)
  }
  return { mode, first: () => toInterfaces(first), read, close }
}

/**
 * @param {Addon} addon
 * @param {() => void} report called after a change
 * @returns {Reader | null} null unless netlink reports changes, links and addresses
 */
function openNetlink(addon, report) {
  const monitor = monitorHere(addon)
  if (!monitor.isRunning) return null
  const close = () => monitor.leave(report)
  monitor.join(report)
  let reader = null
  try {
    const first = monitor.read(null)
    if (first !== null && isAnswer(first, 0))
      reader = makeReader('netlink', first, (known) => monitor.read(known), close)
  } finally {
    if (reader === null) close()
  }
  return reader
}

function namespaceError() {
  const message =
    'cannot read the network interfaces: the thread that called watch() has entered another network ' +
    'namespace. Call watch() again'
  return Object.assign(new Error(message), { code: 'ERR_OSH_IFADDRS_NAMESPACE' })
}

/**
 * @param {Addon} addon
 * @param {number} sources
 * @returns {Reader}
 */
function openPolling(addon, sources) {
  const namespace = addon.namespace()
  const first = addon.readInterfaces(sources, append)
  if (!isAnswer(first)) throw unavailableError(first)
  const [rtnetlink] = toOutcome(first).sources
  // A log may have an entry for each refused call, and on some kernels each such call waits.
  const isUseless = rtnetlink.facts.length === 0 && !isShortage(rtnetlink)
  const others = isUseless ? sources & ~RTNETLINK : sources
  return makeReader(
    'polling',
    first,
    (known) => {
      if (namespace !== (addon.namespace() ?? namespace)) throw namespaceError()
      return addon.readInterfaces(others, append, known)
    },
    () => {}
  )
}

/** @returns {Reader} for platforms without the addon */
function openNative() {
  const first = JSON.stringify(nativeInterfaces())
  let last = first
  function read() {
    const text = JSON.stringify(nativeInterfaces())
    if (text === last) return null
    last = text
    return () => JSON.parse(text)
  }
  return { mode: 'polling', first: () => JSON.parse(first), read, close() {} }
}

/**
 * @param {number} sources
 * @param {() => void} report called after a change, if the mode is netlink
 * @returns {Reader}
 * @throws {import('../index').UnavailableError} when no source answers
 */
function openReader(sources, report) {
  if (!supported) return openNative()
  const addon = load()
  const netlink = sources & RTNETLINK ? openNetlink(addon, report) : null
  return netlink ?? openPolling(addon, sources)
}

module.exports = { openReader }
