'use strict'

// Runs ./lists.c, which prints the lists of getifaddrs(3) and if_nameindex(3), with and without the preload library.

const path = require('node:path')
const { Namespace, projectRoot } = require('../namespace')

const AF_PACKET = 17
const AF_INET = 2
const AF_INET6 = 10

const built = path.join(projectRoot, 'test', 'build')
const lists = path.join(built, 'lists')
// Makes glibc's functions fail with EXDEV.
const refuse = path.join(built, 'refuse.so')

/**
 * @param {Namespace} ns
 * @param {string} mode of ./lists.c
 * @param {{ launch?: string[], preload?: string }} [options]
 */
function exec(ns, mode, { launch = [], preload } = {}) {
  const result = ns.exec(lists, [mode], { launch, env: { LD_PRELOAD: preload } })
  return { ...result, value: result.status === 0 ? JSON.parse(result.stdout) : undefined }
}

/**
 * Reads glibc's list and ours in the same state. Counters and flags change, so glibc's is read before and after.
 *
 * @param {Namespace} ns
 * @param {string} mode of ./lists.c
 * @param {{ launch?: string[], preload?: string }} options for ours
 */
function readBoth(ns, mode, options) {
  for (let tries = 0; ; tries++) {
    const before = exec(ns, mode)
    if (before.status !== 0) throw new Error(`glibc's own list fails: ${before.stderr}`)
    const ours = exec(ns, mode, options)
    const after = exec(ns, mode)
    if (before.stdout === after.stdout || tries === 20) {
      return { glibc: before.value, ours: ours.value, stderr: ours.stderr, status: ours.status }
    }
  }
}

/**
 * @param {string} label
 * @param {string[]} lines for `ip -batch`
 * @param {(ns: Namespace) => void} use
 */
function withNetwork(label, lines, use) {
  const ns = Namespace.create(label)
  try {
    ns.batch(lines)
    ns.settle()
    use(ns)
  } finally {
    ns.remove()
  }
}

/**
 * @param {number} family
 * @returns {(entry: any) => boolean}
 */
const isOf = (family) => (entry) => entry.address?.family === family

module.exports = { AF_INET, AF_INET6, AF_PACKET, exec, isOf, readBoth, refuse, withNetwork }
