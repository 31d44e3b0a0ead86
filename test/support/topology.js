'use strict'

// Topologies for tests: how one is built in a namespace, and how it is read there.

const { spawnSync } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
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

/** @param {string[]} lines */
const bytes = (lines) => Buffer.from([...lines, ''].join('\n'), 'latin1')

/**
 * @param {Namespace} ns
 * @param {string[]} lines
 */
function batch(ns, lines) {
  const { status, stderr } = spawnSync('ip', ['-n', ns.name, '-batch', '-'], {
    input: bytes(lines)
  })
  if (status !== 0) throw new Error(`ip: ${stderr}`)
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
 * @returns {Promise<() => void>}
 */
async function build(ns, { tunnels = [], lines = [], addresses = [] }) {
  if (tunnels.length + addresses.length === 0) {
    batch(ns, lines)
    return () => {}
  }
  const child = ns.spawnCommand(raw, [], { stdio: ['pipe', 'pipe', 'inherit'] })
  await command(child, tunnels)
  batch(ns, lines)
  await command(child, addresses)
  return () => child.stdin?.end()
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

module.exports = { build, read }
