'use strict'

// Topologies for tests: how one is built in a namespace, and how it is read there.

const { spawnSync } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { setTimeout } = require('node:timers/promises')
const { projectRoot } = require('./namespace')

/** @typedef {import('./namespace').Namespace} Namespace */

/**
 * What is in a namespace. Lines may hold bytes that are no UTF-8, as names of links do: each character
 * stands for a byte.
 *
 * @typedef {object} Topology
 * @property {string[]} [tunnels] commands of ./raw.c that make links
 * @property {string[]} [lines] of `ip -batch`
 * @property {string[]} [addresses] commands of ./raw.c that add addresses
 */

/**
 * @typedef {object} Reading
 * @property {{ answer?: string, error?: any }} native
 * @property {{ answer?: string, error?: any }} ours
 * @property {import('../../lib/index').Diagnosis} diagnosis
 */

const raw = path.join(projectRoot, 'test', 'build', 'raw')
const reader = path.join(__dirname, 'read.js')

const SETTLE_TIMEOUT = 10_000
const SETTLE_INTERVAL = 10

/** @param {string[]} lines */
const bytes = (lines) => Buffer.from([...lines, ''].join('\n'), 'latin1')

/**
 * @param {Namespace} ns
 * @param {string[]} lines
 * @param {boolean} force
 */
function batch(ns, lines, force) {
  const args = ['-n', ns.name, ...(force ? ['-force'] : []), '-batch', '-']
  const { status, stderr } = spawnSync('ip', args, { input: bytes(lines) })
  if (status !== 0 && !force) throw new Error(`ip: ${stderr}`)
}

/**
 * Has ./raw.c obey, and waits until it has.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {string[]} commands
 */
async function command(child, commands) {
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('it has no pipes')
  stdin.write(bytes([...commands, 'ready']))
  const [what] = await Promise.race([once(stdout, 'data'), once(child, 'exit')])
  if (`${what}` !== 'ready\n') throw new Error(`raw: exited with ${what} at ${commands}`)
}

/**
 * Builds a topology. Tunnels live as long as the returned function is not called.
 *
 * @param {Namespace} ns
 * @param {Topology} topology
 * @param {{ force?: boolean }} [options] `force`: what the kernel refuses is left out
 * @returns {Promise<() => void>}
 */
async function build(ns, { tunnels = [], lines = [], addresses = [] }, { force = false } = {}) {
  if (tunnels.length + addresses.length === 0) {
    batch(ns, lines, force)
    return () => {}
  }
  const child = ns.spawnCommand(raw, force ? ['--force'] : [], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  await command(child, tunnels)
  batch(ns, lines, force)
  await command(child, addresses)
  return () => child.stdin?.end()
}

/**
 * @param {Namespace} ns
 * @param {string[]} args
 * @returns {any[]} what `ip -json` prints; in its strings each character stands for a byte
 */
function ipJson(ns, args) {
  const { stdout } = spawnSync('ip', ['-n', ns.name, '-j', ...args], { maxBuffer: 64 << 20 })
  return JSON.parse(stdout.toString('latin1'))
}

/** @param {string} text in which each character stands for a byte */
const decode = (text) => Buffer.from(text, 'latin1').toString()

/**
 * Waits until each link that has a carrier is known to have it, and each that has none to have none: the
 * kernel updates that later. Addresses may stay tentative.
 *
 * @param {Namespace} ns
 */
async function settle(ns) {
  for (const deadline = Date.now() + SETTLE_TIMEOUT; ; await setTimeout(SETTLE_INTERVAL)) {
    const unsettled = ipJson(ns, ['link', 'show']).filter(
      ({ flags }) =>
        flags.includes('UP') && flags.includes('LOWER_UP') === flags.includes('NO-CARRIER')
    )
    if (unsettled.length === 0) return
    if (Date.now() > deadline) throw new Error(`unsettled: ${JSON.stringify(unsettled)}`)
  }
}

/**
 * Every IPv4 address that there is, in the kernel's order.
 *
 * @param {Namespace} ns
 * @returns {import('./topology-judge').Fact[]}
 */
function listIPv4(ns) {
  return ipJson(ns, ['-4', 'addr', 'show']).flatMap(({ ifname: link, addr_info: addresses }) =>
    (addresses ?? []).map((/** @type {any} */ { label = '', local, prefixlen }) => ({
      link: decode(link),
      label: decode(label),
      // Told before decoding: names that are no UTF-8 may become the same.
      foreign: label.split(':')[0] !== link,
      address: local,
      prefix: prefixlen
    }))
  )
}

/**
 * What the native function and ours say in a namespace; `launch` as in RunOptions.
 *
 * @param {Namespace} ns
 * @param {string[]} [launch]
 * @param {string[]} [sources]
 * @returns {Reading}
 */
function read(ns, launch, sources = []) {
  const { status, stdout, stderr } = ns.node([reader, ...sources], { launch })
  if (status !== 0 || stderr !== '') throw new Error(`read.js: ${status}: ${stderr}`)
  return JSON.parse(stdout)
}

module.exports = { build, listIPv4, read, settle }
