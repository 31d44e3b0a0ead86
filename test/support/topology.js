'use strict'

// Builds topologies in namespaces.

const { spawnSync } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { setTimeout } = require('node:timers/promises')
const { Namespace, projectRoot } = require('./namespace')
const { ipJson } = require('./topology-description')

/**
 * The contents of a namespace. Names of links need not be UTF-8, so each character of a line stands for a byte.
 *
 * @typedef {object} Topology
 * @property {string[]} [tunnels] commands for ./raw.c that make links
 * @property {string[]} [lines] for `ip -batch`
 * @property {string[]} [addresses] commands for ./raw.c that add addresses
 */

const raw = path.join(projectRoot, 'test', 'build', 'raw')

const SETTLE_TIMEOUT = 10_000
const SETTLE_INTERVAL = 10

/** @param {string[]} lines */
const bytes = (lines) => Buffer.from([...lines, ''].join('\n'), 'latin1')

/**
 * @param {Namespace} ns
 * @param {string[]} lines
 * @param {boolean} force
 */
function runIpBatch(ns, lines, force) {
  const args = ['-n', ns.name, ...(force ? ['-force'] : []), '-batch', '-']
  const { status, stderr } = spawnSync('ip', args, { input: bytes(lines) })
  if (status !== 0 && !force) throw new Error(`ip: ${stderr}`)
}

/**
 * Sends commands to ./raw.c and waits until it has run them.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {string[]} commands
 */
async function sendCommands(child, commands) {
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('raw has no pipes')
  stdin.write(bytes([...commands, 'ready']))
  const [event] = await Promise.race([once(stdout, 'data'), once(child, 'exit')])
  if (`${event}` !== 'ready\n') throw new Error(`raw: exited with ${event} at ${commands}`)
}

/**
 * Builds a topology. The returned function removes its tunnels.
 *
 * @param {Namespace} ns
 * @param {Topology} topology
 * @param {{ force?: boolean }} [options] `force`: continue after a line that the kernel refuses
 * @returns {Promise<() => void>}
 */
async function build(ns, { tunnels = [], lines = [], addresses = [] }, { force = false } = {}) {
  if (tunnels.length + addresses.length === 0) {
    runIpBatch(ns, lines, force)
    return () => {}
  }
  const child = ns.spawnCommand(raw, force ? ['--force'] : [], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  await sendCommands(child, tunnels)
  runIpBatch(ns, lines, force)
  await sendCommands(child, addresses)
  return () => child.stdin?.end()
}

/**
 * Waits until the state of each link matches its carrier, which the kernel updates later. Addresses can stay
 * tentative.
 *
 * @param {Namespace} ns
 */
async function settleCarriers(ns) {
  for (const deadline = Date.now() + SETTLE_TIMEOUT; ; await setTimeout(SETTLE_INTERVAL)) {
    const unsettled = ipJson(ns, ['link', 'show']).filter(
      ({ flags, operstate }) =>
        flags.includes('UP') &&
        // A dormant link has a carrier and is not running, which ip(8) calls NO-CARRIER.
        operstate !== 'DORMANT' &&
        flags.includes('LOWER_UP') === flags.includes('NO-CARRIER')
    )
    if (unsettled.length === 0) return
    if (Date.now() > deadline) throw new Error(`unsettled: ${JSON.stringify(unsettled)}`)
  }
}

/**
 * Builds a topology in a namespace of its own, until the end of the test, and waits for its carriers. `until`: waits
 * for this too.
 *
 * @param {import('tap').Test} t
 * @param {string} label of the namespace
 * @param {Topology & { until?: (ns: Namespace) => boolean }} topology
 */
async function buildNamespace(t, label, { until = () => true, ...topology }) {
  const ns = Namespace.create(label)
  t.teardown(() => ns.remove())
  t.teardown(await build(ns, topology))
  await settleCarriers(ns)
  for (const deadline = Date.now() + SETTLE_TIMEOUT; !until(ns);)
    if (Date.now() > deadline) throw new Error('timeout: `until` stays false')
  return ns
}

module.exports = { build, buildNamespace, settleCarriers }
