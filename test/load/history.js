'use strict'

// What was there when, in memory that threads share: one writes down each change before it begins and
// that it has ended, others see which states there may have been while they looked. Knows of links and
// addresses by their numbers; what they are called is said here, and nowhere else.

const LINKS = 4
const NAMES = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5']
/** Of each family. The last one is the same on every link, but for its prefix length. */
const ADDRESSES = 7

const KIND = { addLink: 1, deleteLink: 2, rename: 3, addAddress: 4, deleteAddress: 5 }

// The counters, and after them the changes.
const STOP = 0
const BEGUN = 1
const ENDED = 2
const CALLS = 3
const WANTED = 4
const COLLECTED = 5
const HEAD = 6
const FIELDS = 4
const CAPACITY = 100_000

/**
 * One change: of a link's name, `value` is the place among NAMES; of an address, what `cidrOf` takes.
 *
 * @typedef {{ kind: number, link: number, generation: number, value: number }} Change
 */

/**
 * What a link is like between two changes.
 *
 * @typedef {{ name: string, mac: string, cidrs: Set<string> }} State
 */

/** @param {number} value */
const hex = (value) => (value % 256).toString(16).padStart(2, '0')

/**
 * Nothing of a link is like anything of another one, nor of itself before it was deleted.
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
  /** @param {SharedArrayBuffer} [memory] that of a history made in another thread */
  constructor(memory = new SharedArrayBuffer((HEAD + CAPACITY * FIELDS) * 4)) {
    this.memory = memory
    this.cells = new Int32Array(memory)
  }

  get stopped() {
    return Atomics.load(this.cells, STOP) === 1
  }

  get calls() {
    return Atomics.load(this.cells, CALLS)
  }

  /** How many changes may have been seen, at the most. */
  get begun() {
    return Atomics.load(this.cells, BEGUN)
  }

  /** How many changes must have been seen. */
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

  /** How many times each caller is to collect its garbage. */
  get collections() {
    return Atomics.load(this.cells, WANTED)
  }

  /** How many times any caller has done so. */
  get collected() {
    return Atomics.load(this.cells, COLLECTED)
  }

  askForCollection() {
    Atomics.add(this.cells, WANTED, 1)
  }

  countCollection() {
    Atomics.add(this.cells, COLLECTED, 1)
  }

  /**
   * @param {Change} change
   * @param {() => void} make
   */
  record({ kind, link, generation, value }, make) {
    const place = this.begun
    if (place === CAPACITY) throw new RangeError('more changes than there is room for')
    this.cells.set([kind, link, generation, value], HEAD + place * FIELDS)
    Atomics.store(this.cells, BEGUN, place + 1)
    make()
    Atomics.store(this.cells, ENDED, place + 1)
  }

  /**
   * @param {number} place
   * @returns {Change}
   */
  at(place) {
    const start = HEAD + place * FIELDS
    const [kind, link, generation, value] = this.cells.subarray(start, start + FIELDS)
    return { kind, link, generation, value }
  }
}

/**
 * What a link is like after a change to it; null is no link.
 *
 * @param {State | null} state
 * @param {Change} change
 * @returns {State | null}
 */
function changed(state, { kind, link, generation, value }) {
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

module.exports = { ADDRESSES, History, KIND, LINKS, NAMES, changed, cidrOf, macOf }
