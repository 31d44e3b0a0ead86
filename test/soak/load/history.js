'use strict'

// The changes to links and addresses, in memory that threads share. One thread records when each change
// begins and ends; from that, others compute which states were possible during a call. Changes name links
// and addresses by number; only this file maps these to names, addresses and hardware addresses.

const LINKS = 4
const NAMES = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5']
/** Of each family. The last one is the same on every link, except for its prefix length. */
const ADDRESSES = 7

const KIND = { addLink: 1, deleteLink: 2, rename: 3, addAddress: 4, deleteAddress: 5 }

// Indices of the counters. The changes follow them.
const STOP = 0
const BEGUN = 1
const ENDED = 2
const CALLS = 3
const REQUESTED = 4
const COLLECTED = 5
const HEAD = 6
const FIELDS = 4

/**
 * One change. `value` is an index into NAMES for a link's name, and the argument of `cidrOf` for an address.
 *
 * @typedef {{ kind: number, link: number, generation: number, value: number }} Change
 */

/**
 * The state of a link between two changes.
 *
 * @typedef {{ name: string, mac: string, cidrs: Set<string> }} State
 */

/** @param {number} value */
const hex = (value) => (value % 256).toString(16).padStart(2, '0')

/**
 * Unique to a link and its generation, so that an answer which mixes two links is recognised.
 *
 * @param {number} link
 * @param {number} generation
 */
const macOf = (link, generation) =>
  `02:00:00:${hex(generation >> 8)}:${hex(generation)}:${hex(link)}`

/**
 * @param {number} link
 * @param {number} generation
 * @param {number} value
 */
function cidrOf(link, generation, value) {
  const i = value % ADDRESSES
  const shared = i === ADDRESSES - 1
  if (value < ADDRESSES) {
    return shared ? `10.99.0.1/${20 + link}` : `10.${link}.${i}.${(generation % 250) + 1}/${24 + i}`
  }
  if (shared) return `fd00:99::1/${64 + link}`
  return `fd00:${link + 1}::${(generation + 1).toString(16)}:${i + 1}/${64 + i}`
}

class History {
  /** @param {SharedArrayBuffer} memory that of a history made in another thread; see `create` */
  constructor(memory) {
    this.memory = memory
    this.cells = new Int32Array(memory)
  }

  /** @param {number} capacity in changes */
  static create(capacity) {
    return new History(new SharedArrayBuffer((HEAD + capacity * FIELDS) * 4))
  }

  get stopped() {
    return Atomics.load(this.cells, STOP) === 1
  }

  get calls() {
    return Atomics.load(this.cells, CALLS)
  }

  /** How many changes have begun: a reader can have seen that many. */
  get begun() {
    return Atomics.load(this.cells, BEGUN)
  }

  /** How many changes have ended: a reader must have seen that many. */
  get ended() {
    return Atomics.load(this.cells, ENDED)
  }

  stop() {
    Atomics.store(this.cells, STOP, 1)
    Atomics.notify(this.cells, STOP)
  }

  /** @param {number} milliseconds at the most */
  pause(milliseconds) {
    Atomics.wait(this.cells, STOP, 0, milliseconds)
  }

  countCall() {
    Atomics.add(this.cells, CALLS, 1)
  }

  /** How often each caller must collect its garbage. */
  get requestedCollections() {
    return Atomics.load(this.cells, REQUESTED)
  }

  /** How often callers have done so, in total. */
  get collected() {
    return Atomics.load(this.cells, COLLECTED)
  }

  requestCollection() {
    Atomics.add(this.cells, REQUESTED, 1)
  }

  countCollection() {
    Atomics.add(this.cells, COLLECTED, 1)
  }

  /**
   * @param {Change} change
   * @param {() => void} perform makes the change
   */
  record({ kind, link, generation, value }, perform) {
    const position = this.begun
    const start = HEAD + position * FIELDS
    if (start === this.cells.length) throw new RangeError(`more than ${position} changes`)
    this.cells.set([kind, link, generation, value], start)
    Atomics.store(this.cells, BEGUN, position + 1)
    perform()
    Atomics.store(this.cells, ENDED, position + 1)
  }

  /**
   * @param {number} position
   * @returns {Change}
   */
  changeAt(position) {
    const start = HEAD + position * FIELDS
    const [kind, link, generation, value] = this.cells.subarray(start, start + FIELDS)
    return { kind, link, generation, value }
  }
}

/**
 * The state of a link after a change; null if the link does not exist.
 *
 * @param {State | null} state
 * @param {Change} change
 * @returns {State | null}
 */
function applyChange(state, { kind, link, generation, value }) {
  if (kind === KIND.addLink) {
    return { name: NAMES[value], mac: macOf(link, generation), cidrs: new Set() }
  }
  if (kind === KIND.deleteLink || state === null) return null
  if (kind === KIND.rename) return { ...state, name: NAMES[value] }
  const cidrs = new Set(state.cidrs)
  const cidr = cidrOf(link, generation, value)
  if (kind === KIND.addAddress) cidrs.add(cidr)
  else cidrs.delete(cidr)
  return { ...state, cidrs }
}

module.exports = { ADDRESSES, History, KIND, LINKS, NAMES, applyChange, cidrOf, macOf }
