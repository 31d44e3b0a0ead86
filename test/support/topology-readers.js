'use strict'

// Reads topologies with namespace-reader.js: in every mode with one long-lived process for each, or once.

const { once } = require('node:events')
const path = require('node:path')
const readline = require('node:readline')
const { requirements } = require('./requirements')

/** @typedef {import('./namespace').Namespace} Namespace */
/** @typedef {{ answer?: string, error?: any }} Outcome `answer` is JSON */
/**
 * @typedef {object} Reading
 * @property {Outcome} native
 * @property {Outcome} ours of networkInterfaces()
 * @property {import('../../lib/index').Diagnosis} diagnosis
 * @property {Outcome} interfaces
 */

const reader = path.join(__dirname, 'namespace-reader.js')

// Only root may enter namespaces. The filter denies calls to root, too.
const sandbox = ['--user', 'keep', '--path', '/run/netns']

/** The launcher's options in each mode; undefined: the process is not sandboxed. */
const modes = {
  rtnetlink: undefined,
  'no netlink': [...sandbox, '--deny-family', 'netlink'],
  'no netlink, no inet': [...sandbox, '--deny-family', 'netlink,inet'],
  'no socket': [...sandbox, '--deny-family', 'all'],
  'no socket, no socketpair': [...sandbox, '--deny-family', 'all', '--deny-socketpair'],
  // Only Landlock closes /proc.
  ...(requirements('landlock') === null && {
    'no netlink, no /proc': [...sandbox, '--deny-family', 'netlink', '--no-path', '/proc']
  })
}

class Readers {
  #readers

  /**
   * @param {Namespace} home in which they start; any namespace will do
   * @param {{ only?: string[], execPath?: string }} [options] `only`: the modes, all by default
   */
  constructor(home, { only = Object.keys(modes), execPath } = {}) {
    const selected = Object.entries(modes).filter(([mode]) => only.includes(mode))
    this.#readers = selected.map(([mode, launch]) => {
      /** @type {import('node:child_process').StdioOptions} */
      const stdio = ['pipe', 'pipe', 'inherit']
      const child = home.spawn([reader], { launch, stdio, execPath })
      if (!child.stdin || !child.stdout) throw new Error('the reader has no pipes')
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

/**
 * Reads a namespace once, in a process of its own.
 *
 * @param {Namespace} ns
 * @param {string[]} [launch] as in RunOptions
 * @param {string} [sources] only these
 * @returns {Reading}
 */
function readOnce(ns, launch, sources) {
  const args = sources === undefined ? [] : [sources]
  // The empty line is the namespace in which it starts.
  const { status, stdout, stderr } = ns.node([reader, ...args], { launch, input: '\n' })
  if (status !== 0 || stderr !== '') throw new Error(`namespace-reader.js: ${status}: ${stderr}`)
  return JSON.parse(stdout)
}

module.exports = { Readers, modes, readOnce }
