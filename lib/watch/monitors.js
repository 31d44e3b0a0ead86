// The threads that wait for changes: one for all watchers in a network namespace of this environment, which is the
// main thread or a worker.
'use strict'

const { bitsOf } = require('../addon/load')
const { errnoName } = require('../results/diagnosis')
const { append } = require('../results/layout')

/** @typedef {import('../addon/load').Addon} Addon */

const RTNETLINK = bitsOf(['rtnetlink'])

/** By the kernel's name of the namespace. @type {Map<string | symbol, Monitor>} */
const monitors = new Map()

class Monitor {
  #addon
  #key
  #handle
  /** @type {Set<() => void>} */
  #reports = new Set()

  /**
   * @param {Addon} addon
   * @param {string | symbol} key in `monitors`
   */
  constructor(addon, key) {
    this.#addon = addon
    this.#key = key
    this.#handle = addon.startMonitor(() => {
      for (const report of this.#reports) report()
    })
    if (this.#handle !== null) monitors.set(key, this)
  }

  /** Whether netlink is open and the thread could be started. */
  get isRunning() {
    return this.#handle !== null
  }

  /** @param {() => void} report called after a change; has to read */
  join(report) {
    this.#reports.add(report)
  }

  /** @param {() => void} report */
  leave(report) {
    this.#reports.delete(report)
    if (this.#reports.size > 0 || this.#handle === null) return
    if (monitors.get(this.#key) === this) monitors.delete(this.#key)
    this.#addon.stopMonitor(this.#handle)
    this.#handle = null
  }

  /**
   * As readInterfaces() of the addon, in the monitored namespace. A change after this call is reported.
   *
   * @param {ArrayBuffer | null} known
   * @throws {Error} when the thread has ended
   */
  read(known) {
    const handle = /** @type {object} */ (this.#handle)
    const errno = this.#addon.armMonitor(handle)
    if (errno === 0) return this.#addon.readInterfaces(RTNETLINK, append, known, handle)
    monitors.delete(this.#key)
    const message = `cannot wait for changes: poll failed with ${errnoName(errno)}. Call watch() again`
    // Not the error number's name: after a shortage, too, the thread has ended.
    throw Object.assign(new Error(message), { code: 'ERR_OSH_IFADDRS_POLL', errno })
  }
}

/**
 * @param {Addon} addon
 * @returns {Monitor} of the calling thread's namespace; a new one if /proc does not show which that is
 */
function monitorHere(addon) {
  const key = addon.namespace() ?? Symbol('unknown namespace')
  return monitors.get(key) ?? new Monitor(addon, key)
}

module.exports = { RTNETLINK, monitorHere }
