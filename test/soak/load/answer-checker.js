'use strict'

// Compares an answer with the states that links and addresses can have had while it was read.

const { LINKS, applyChange } = require('./history')

const ZEROS = '00:00:00:00:00:00'
const LOOPBACK = { name: 'lo', mac: ZEROS, cidrs: new Set(['127.0.0.1/8', '::1/128']) }

/** @typedef {import('./history').State} State */
/** @typedef {{ name: string, cidr: string, mac: string }} Entry */

/**
 * A rename labels all of a link's IPv4 addresses but the first: `name:2` and so on.
 *
 * @param {NodeJS.Dict<import('node:os').NetworkInterfaceInfo[]>} answer
 * @returns {Entry[]}
 */
function entriesOf(answer) {
  return Object.entries(answer).flatMap(([key, addresses]) =>
    (addresses ?? []).map(({ cidr, mac }) => ({ name: key.split(':')[0], cidr: `${cidr}`, mac }))
  )
}

class AnswerChecker {
  /** The links' states after `#position` changes. @type {(State | null)[]} */
  #states = Array(LINKS).fill(null)
  #position = 0

  /** @param {import('./history').History} history */
  constructor(history) {
    this.history = history
    this.mixed = 0
    this.inferred = 0
    this.interrupted = 0
    this.undisturbed = 0
  }

  #apply(position) {
    const change = this.history.changeAt(position)
    this.#states[change.link] = applyChange(this.#states[change.link], change)
    return change.link
  }

  /** Each state that each link had between two positions in the history. */
  #statesBetween(from, to) {
    while (this.#position < from) this.#apply(this.#position++)
    const links = this.#states.map((state) => [state])
    const before = this.#states.slice()
    for (let position = from; position < to; position++) {
      const link = this.#apply(position)
      links[link].push(this.#states[link])
    }
    this.#states = before
    return [...links, [LOOPBACK]]
  }

  /**
   * Describes what is wrong with an answer, or returns null.
   *
   * @param {NodeJS.Dict<import('node:os').NetworkInterfaceInfo[]>} answer
   * @param {number} from how many changes had ended before the call
   * @param {number} to how many had begun when it returned
   * @param {boolean} interrupted whether the diagnosis says that something may be missing
   */
  check(answer, from, to, interrupted) {
    const links = this.#statesBetween(from, to)
    const existing = links.flat().filter((state) => state !== null)
    const entries = entriesOf(answer)
    const cidrs = new Set(entries.map(({ cidr }) => cidr))
    if (from === to) this.undisturbed++
    if (cidrs.size !== entries.length) return this.#describe('duplicate', entries, from, to)
    for (const entry of entries) {
      if (existing.some((state) => isConsistent(entry, state))) continue
      if (from !== to && links.some((states) => isMixed(entry, states, existing))) this.mixed++
      else if (links.some((states) => isInferred(entry, states, existing))) this.inferred++
      else return this.#describe(`${entry.cidr} is torn`, entries, from, to)
    }
    if (interrupted) {
      this.interrupted++
      return from === to ? this.#describe('nothing changed', entries, from, to) : null
    }
    const lost = links.flatMap(cidrsThroughout).find((cidr) => !cidrs.has(cidr))
    return lost === undefined ? null : this.#describe(`${lost} is missing`, entries, from, to)
  }

  #describe(problem, entries, from, to) {
    const changes = Array.from({ length: to - from }, (_, i) => this.history.changeAt(from + i))
    return JSON.stringify({ problem, entries, states: this.#states.map(serialisable), changes })
  }
}

/** @param {State | null} state */
const serialisable = (state) => state && { ...state, cidrs: [...state.cidrs] }

/** Every part of the entry is of one state. */
const isConsistent = ({ name, cidr, mac }, state) =>
  state.cidrs.has(cidr) && state.name === name && state.mac === mac

/**
 * Every part of the entry was true of the link, but not at the same time: several system calls read them.
 * The hardware address belongs to the label, as in the native function, and is zero if no link has that
 * name any more.
 */
function isMixed({ name, cidr, mac }, states, existing) {
  const own = states.filter((state) => state !== null)
  return (
    own.some((state) => state.cidrs.has(cidr)) &&
    own.some((state) => state.name === name) &&
    (mac === ZEROS || existing.some((state) => state.mac === mac && state.name === name))
  )
}

const addressOf = (cidr) => cidr.split('/')[0]

/**
 * As `isMixed`, but with a wrong prefix length: it was inferred, because the address was deleted after it
 * had been listed. An address that existed throughout must have its own.
 */
function isInferred(entry, states, existing) {
  const isSame = (cidr) => addressOf(cidr) === addressOf(entry.cidr)
  const known = states.flatMap((state) => (state === null ? [] : [...state.cidrs])).filter(isSame)
  if (cidrsThroughout(states).some(isSame)) return false
  return known.some((cidr) => isMixed({ ...entry, cidr }, states, existing))
}

/** The addresses that a link had in every state. */
function cidrsThroughout(states) {
  if (states.includes(null)) return []
  const [first, ...others] = states
  return [...first.cidrs].filter((cidr) => others.every(({ cidrs }) => cidrs.has(cidr)))
}

module.exports = { AnswerChecker }
