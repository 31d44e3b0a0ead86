'use strict'

// Holds an answer against the states that there may have been while it was asked for.

const { LINKS, changed } = require('./history')

const ZEROS = '00:00:00:00:00:00'
const LOOPBACK = { name: 'lo', mac: ZEROS, cidrs: new Set(['127.0.0.1/8', '::1/128']) }

/** @typedef {import('./history').State} State */
/** @typedef {{ name: string, cidr: string, mac: string }} Entry */

/**
 * A rename makes labels of all of a link's IPv4 addresses but the first: `name:2` and so on.
 *
 * @param {NodeJS.Dict<import('node:os').NetworkInterfaceInfo[]>} answer
 * @returns {Entry[]}
 */
function entriesOf(answer) {
  return Object.entries(answer).flatMap(([key, addresses]) =>
    (addresses ?? []).map(({ cidr, mac }) => ({ name: key.split(':')[0], cidr: `${cidr}`, mac }))
  )
}

class Judge {
  /** The links' states as of `#place` changes. @type {(State | null)[]} */
  #states = Array(LINKS).fill(null)
  #place = 0

  /** @param {import('./history').History} history */
  constructor(history) {
    this.history = history
    this.mixed = 0
    this.quiet = 0
  }

  #apply(place) {
    const change = this.history.at(place)
    this.#states[change.link] = changed(this.#states[change.link], change)
    return change.link
  }

  /** What each link was like between two places in the history, each state of it. */
  #statesBetween(from, to) {
    while (this.#place < from) this.#apply(this.#place++)
    const links = this.#states.map((state) => [state])
    const before = this.#states.slice()
    for (let place = from; place < to; place++) {
      const link = this.#apply(place)
      links[link].push(this.#states[link])
    }
    this.#states = before
    return [...links, [LOOPBACK]]
  }

  /**
   * What is wrong with an answer, or null.
   *
   * @param {NodeJS.Dict<import('node:os').NetworkInterfaceInfo[]>} answer
   * @param {number} from how many changes had ended before it was asked for
   * @param {number} to how many had begun when it was there
   */
  judge(answer, from, to) {
    const links = this.#statesBetween(from, to)
    const there = links.flat().filter((state) => state !== null)
    const entries = entriesOf(answer)
    const seen = new Set(entries.map(({ cidr }) => cidr))
    if (from === to) this.quiet++
    if (seen.size !== entries.length) return this.#say('twice', entries, from, to)
    for (const entry of entries) {
      if (there.some((state) => isWhole(entry, state))) continue
      const torn = from === to || !links.some((states) => mayBe(entry, states, there))
      if (torn) return this.#say(`${entry.cidr} is torn`, entries, from, to)
      this.mixed++
    }
    const lost = links.flatMap(steady).find((cidr) => !seen.has(cidr))
    return lost === undefined ? null : this.#say(`${lost} is missing`, entries, from, to)
  }

  #say(what, entries, from, to) {
    const changes = Array.from({ length: to - from }, (_, i) => this.history.at(from + i))
    return JSON.stringify({ what, entries, states: this.#states.map(plain), changes })
  }
}

/** @param {State | null} state */
const plain = (state) => state && { ...state, cidrs: [...state.cidrs] }

/** At one time all of it was so. */
const isWhole = ({ name, cidr, mac }, state) =>
  state.cidrs.has(cidr) && state.name === name && state.mac === mac

/**
 * The address was on that link, and that was the link's name and its hardware address, if not all at
 * one time: what is asked for in several calls may be of several times. The hardware address goes by
 * the label, as the native function has it, and is zero if no link is called so any more.
 */
function mayBe({ name, cidr, mac }, states, there) {
  const own = states.filter((state) => state !== null)
  return (
    own.some((state) => state.cidrs.has(cidr)) &&
    own.some((state) => state.name === name) &&
    (mac === ZEROS || there.some((state) => state.mac === mac && state.name === name))
  )
}

/** The addresses that a link had all the time. */
function steady(states) {
  if (states.includes(null)) return []
  const [first, ...others] = states
  return [...first.cidrs].filter((cidr) => others.every(({ cidrs }) => cidrs.has(cidr)))
}

module.exports = { Judge }
