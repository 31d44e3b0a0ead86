'use strict'

// Adds, renames and deletes links and addresses at a fixed rate, and records each change. Names move from
// link to link, and several links can have the same address of each family.
//
// Descriptors 3 and 4 are the input and output of an ip(8) in batch mode, which runs outside the sandbox,
// where netlink is open.

const fs = require('node:fs')
const os = require('node:os')
const { ADDRESSES, KIND, LINKS, NAMES, cidrOf, macOf } = require('./history')

const PER_SECOND = 200
// The kernel needs so long to add or delete a link that more of it would not fit into this rate.
const DELETIONS = 0.02
const RENAMES = 0.4
const END = 'link/loopback'
const FIRST_INDEX = 100
const FIRST_PEER_INDEX = 1_000_000

/** @param {number} below */
const random = (below) => Math.floor(Math.random() * below)

/** Returns a function that runs ip(8) commands to completion and returns their output. */
function makeIp() {
  const chunk = Buffer.alloc(4096)
  let printed = ''
  /** @param {string[]} commands */
  return (...commands) => {
    // ip runs commands in order, so this one's output shows that the others are complete.
    fs.writeSync(3, [...commands, 'link show dev lo', ''].join('\n'))
    while (!printed.includes(END)) {
      const length = fs.readSync(4, chunk)
      if (length === 0) throw new Error(`ip failed at: ${commands.join('; ')}`)
      printed += chunk.toString('latin1', 0, length)
    }
    const [answer, ...rest] = printed.split(END)
    printed = rest.join(END)
    return answer
  }
}

class Churn {
  #ip = makeIp()
  #count = 0
  /** @type {({ index: number, generation: number, name: number, addresses: Set<number> } | null)[]} */
  #links = Array(LINKS).fill(null)

  /** @param {import('./history').History} history */
  constructor(history) {
    this.history = history
  }

  #freeName() {
    const used = this.#links.map((link) => link?.name)
    const free = NAMES.map((_, name) => name).filter((name) => !used.includes(name))
    return free[random(free.length)]
  }

  #add(number) {
    const generation = ++this.#count
    const index = FIRST_INDEX + generation
    const peer = FIRST_PEER_INDEX + generation
    const link = { index, generation, name: this.#freeName(), addresses: new Set() }
    const attributes = `index ${index} address ${macOf(number, generation)}`
    const change = { kind: KIND.addLink, link: number, generation, value: link.name }
    this.history.record(change, () => {
      // ip caches names; `if100` always means the link with ifindex 100.
      this.#ip(
        `link add ${NAMES[link.name]} ${attributes} type veth peer name peer${generation} index ${peer}`,
        `link set if${peer} addrgenmode none`,
        `link set if${index} addrgenmode none`,
        `link set if${peer} up`,
        `link set if${index} up`
      )
      // The link's addresses must not be reported before the kernel has processed its carrier.
      while (!this.#ip(`link show dev ${NAMES[link.name]}`).includes('state UP'));
    })
    this.#links[number] = link
  }

  #delete(number, { index, generation }) {
    const change = { kind: KIND.deleteLink, link: number, generation, value: 0 }
    this.history.record(change, () => this.#ip(`link del if${index}`))
    this.#links[number] = null
  }

  #rename(number, link) {
    const { index, generation } = link
    const value = this.#freeName()
    const change = { kind: KIND.rename, link: number, generation, value }
    this.history.record(change, () => this.#ip(`link set if${index} name ${NAMES[value]}`))
    link.name = value
  }

  #toggle(number, { index, generation, addresses }) {
    const value = random(2 * ADDRESSES)
    const present = addresses.delete(value)
    if (!present) addresses.add(value)
    const flag = value < ADDRESSES || present ? '' : 'nodad'
    const command = `addr ${present ? 'del' : 'add'} ${cidrOf(number, generation, value)}`
    const kind = present ? KIND.deleteAddress : KIND.addAddress
    this.history.record({ kind, link: number, generation, value }, () => {
      this.#ip(`${command} dev if${index} ${flag}`)
    })
  }

  step() {
    const number = random(LINKS)
    const link = this.#links[number]
    const draw = Math.random()
    if (link === null) this.#add(number)
    else if (draw < DELETIONS) this.#delete(number, link)
    else if (draw < DELETIONS + RENAMES) this.#rename(number, link)
    else this.#toggle(number, link)
  }
}

/**
 * Changes links and addresses until the history is stopped.
 *
 * @param {import('./history').History} history
 */
function churn(history) {
  // Eight threads call without pause.
  os.setPriority(0, -15)
  const changes = new Churn(history)
  const start = Date.now()
  for (let done = 0; !history.stopped; done++) {
    changes.step()
    history.pause(Math.max(0, start + ((done + 1) * 1000) / PER_SECOND - Date.now()))
  }
}

module.exports = { PER_SECOND, churn }
