'use strict'

// Reads topologies in every way of refusing calls, by one long-lived process for each (visitor.js).

const { once } = require('node:events')
const path = require('node:path')
const readline = require('node:readline')

/** @typedef {import('./namespace').Namespace} Namespace */
/** @typedef {import('./topology').Reading} Reading */

const visitor = path.join(__dirname, 'visitor.js')

// Only root may enter namespaces; what it is denied is denied all the same.
const cage = ['--user', 'keep', '--path', '/run/netns']

/** What is refused in each mode; undefined: the process is not caged. */
const modes = {
  rtnetlink: undefined,
  'no netlink': [...cage, '--deny-family', 'netlink'],
  'no netlink, no inet': [...cage, '--deny-family', 'netlink,inet'],
  'no socket': [...cage, '--deny-family', 'all'],
  'no socket, no socketpair': [...cage, '--deny-family', 'all', '--deny-socketpair'],
  'no netlink, no /proc': [...cage, '--deny-family', 'netlink', '--no-path', '/proc']
}

class Readers {
  #readers

  /**
   * @param {Namespace} home in which they are started; any will do
   * @param {{ only?: string[], execPath?: string }} [options] `only`: the modes, all by default
   */
  constructor(home, { only = Object.keys(modes), execPath } = {}) {
    const wanted = Object.entries(modes).filter(([mode]) => only.includes(mode))
    this.#readers = wanted.map(([mode, launch]) => {
      const args = launch ? [] : ['--native']
      /** @type {import('node:child_process').StdioOptions} */
      const stdio = ['pipe', 'pipe', 'inherit']
      const child = home.spawn([visitor, ...args], { launch, stdio, execPath })
      if (!child.stdin || !child.stdout) throw new Error('it has no pipes')
      const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      return { mode, child, stdin: child.stdin, lines }
    })
  }

  /**
   * @param {Namespace} ns
   * @returns {Promise<Record<keyof typeof modes, Reading>>}
   */
  async read(ns) {
    const readings = this.#readers.map(async ({ mode, stdin, lines }) => {
      stdin.write(`/run/netns/${ns.name}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error(`the reader of mode "${mode}" ended`)
      return [mode, JSON.parse(value)]
    })
    return Object.fromEntries(await Promise.all(readings))
  }

  async close() {
    for (const { child, stdin } of this.#readers) {
      stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    }
  }
}

module.exports = { Readers, modes }
