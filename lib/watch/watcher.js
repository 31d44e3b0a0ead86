// The watcher that watch() returns: decides when to read, and reports what has changed.
'use strict'

const { EventEmitter } = require('node:events')
const { performance } = require('node:perf_hooks')
const { clearInterval, clearTimeout, setInterval, setTimeout } = require('node:timers')
const { isShortage } = require('../results/diagnosis')
const { compare } = require('./compare')
const { openReader } = require('./readers')

/** @typedef {import('../index').InterfaceChange} InterfaceChange */
/** @typedef {import('./readers').State} State */

/**
 * @typedef {object} Settings
 * @property {number} sources as bits
 * @property {AbortSignal | undefined} signal
 * @property {boolean} persistent
 * @property {number} interval in milliseconds
 * @property {number} settle in milliseconds
 */

// A watcher rests four times as long as a read took, so reads take at most a fifth of the time.
const REST = 4
// The longest time that a timer accepts. The timer does nothing but keep the process alive.
const FOREVER = 2 ** 31 - 1

/**
 * A shortage of descriptors or memory is temporary.
 *
 * @param {any} error
 */
function isTemporary(error) {
  return isShortage(error) || (error.sources ?? []).some(isShortage)
}

/** @param {AbortSignal} signal */
function abortError({ reason }) {
  const error = new Error('The operation was aborted', { cause: reason })
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' })
}

class InterfaceWatcher extends EventEmitter {
  #reader
  #first
  /** @type {State} */
  #state
  #delay
  #signal
  /** When the next read may start. */
  #rested = 0
  /** @type {NodeJS.Timeout | undefined} */
  #timer
  /** @type {NodeJS.Timeout | undefined} */
  #keepAlive
  #closed = false
  /** @type {unknown} */
  #error
  #isIterated = false
  /** Of iterators that wait. @type {(() => void)[]} */
  #waiting = []
  #close = () => this.close()

  /**
   * @param {Settings} settings
   * @throws {import('../index').UnavailableError} when no source answers
   */
  constructor({ sources, signal, persistent, interval, settle }) {
    super()
    const start = performance.now()
    this.#reader = openReader(sources, () => this.#schedule())
    this.#rest(start)
    this.#first = this.#reader.first
    this.#state = this.#first
    this.#delay = this.#reader.mode === 'netlink' ? settle : interval
    this.#signal = signal
    if (persistent) this.ref()
    if (this.#isPolling) this.#schedule()
    if (signal?.aborted) process.nextTick(this.#close)
    else signal?.addEventListener('abort', this.#close, { once: true })
  }

  get mode() {
    return this.#reader.mode
  }

  get #isPolling() {
    return this.mode === 'polling'
  }

  ref() {
    if (!this.#closed) this.#keepAlive ??= setInterval(() => {}, FOREVER)
    return this
  }

  unref() {
    clearInterval(this.#keepAlive)
    this.#keepAlive = undefined
    return this
  }

  close() {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.unref()
    this.#reader.close()
    this.#signal?.removeEventListener('abort', this.#close)
    this.#wake()
    process.nextTick(() => this.emit('close'))
  }

  /** Reads after the delay. Later changes do not extend it. */
  #schedule() {
    if (this.#closed || this.#timer !== undefined) return
    const delay = Math.max(this.#delay, Math.ceil(this.#rested - performance.now()))
    this.#timer = setTimeout(() => this.#check(), delay).unref()
  }

  /** @param {number} start of a read that has ended */
  #rest(start) {
    const end = performance.now()
    this.#rested = end + REST * (end - start)
  }

  #check() {
    this.#timer = undefined
    const start = performance.now()
    const outcome = this.#read()
    this.#rest(start)
    if (outcome === 'again' || this.#isPolling) this.#schedule()
    if (outcome === 'again' || outcome === null) return
    this.#wake()
    this.emit('change', outcome)
  }

  /** @returns {InterfaceChange | null | 'again'} */
  #read() {
    try {
      const state = this.#reader.read()
      if (state === undefined) return 'again'
      if (state === null) return null
      const change = compare(this.#state(), state())
      this.#state = state
      return change
    } catch (error) {
      if (isTemporary(error)) return 'again'
      this.#fail(error)
      return null
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#error = error
    this.close()
    // Iterators throw it.
    if (!this.#isIterated || this.listenerCount('error') > 0) this.emit('error', error)
  }

  #wake() {
    for (const resume of this.#waiting.splice(0)) resume()
  }

  /**
   * Yields the changes since watch() was called, several as one if the loop's body is slow.
   *
   * @returns {AsyncGenerator<InterfaceChange, void, void>}
   */
  [Symbol.asyncIterator]() {
    this.#isIterated = true
    const generator = this.#iterate()
    const end = generator.return.bind(generator)
    // A generator ends only between two changes.
    generator.return = () => {
      this.close()
      return end()
    }
    return generator
  }

  async *#iterate() {
    let seen = this.#first
    while (!this.#closed) {
      const now = this.#state
      const change = now === seen ? null : compare(seen(), now())
      seen = now
      if (change !== null) yield change
      else await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)))
    }
    if (this.#error !== undefined) throw this.#error
    if (this.#signal?.aborted) throw abortError(this.#signal)
  }
}

module.exports = { InterfaceWatcher }
