'use strict'

// A namespace in which sandboxes run fixtures/probe.js, and what the package must answer in them.

const os = require('node:os')
const path = require('node:path')
const { canChangeUser } = require('./launch')
const { Namespace, launcher, vethPair } = require('./namespace')

const { EPERM } = os.constants.errno

/** A command that prints what the native function and this package answer. */
const PROBE = [process.execPath, path.join(__dirname, 'fixtures/probe.js')]

/** Options of the launcher that refuse nothing. */
const OPEN = ['--user', 'keep', '--no-landlock']

const LINKS = [
  'link set lo up',
  'addr add 10.0.0.1/24 dev d0',
  'addr add 10.0.0.2/28 dev d0 label d0:2',
  'addr add 10.1.0.1/32 dev d1',
  'addr add fd00::1/64 dev d0'
]
const KEYS = ['d0', 'd0:2', 'd1', 'lo']

/** As prefixes of a command. The root of a user namespace that a user made is a user already. */
const AS_USER = canChangeUser()
  ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']
  : []
const DENY_NETLINK = [launcher, ...OPEN, '--deny-family', 'netlink', '--']

/** @typedef {Record<string, os.NetworkInterfaceInfo[]>} Interfaces */

/**
 * The IPv4 addresses of an answer.
 *
 * @param {Interfaces} interfaces
 */
function onlyIPv4(interfaces) {
  const entries = Object.entries(interfaces).map(([name, addresses]) => [
    name,
    addresses.filter(({ family }) => family === 'IPv4')
  ])
  return Object.fromEntries(entries.filter(([, addresses]) => addresses.length > 0))
}

/**
 * @param {import('tap').Test} t whose end removes the namespace
 * @param {string} label
 * @param {{ links?: string[], keys?: string[] }} [options] commands of ip(8) about lo, d0 and d1, and the keys of the
 *   native function's answer then
 */
function makeProbeNamespace(t, label, { links = LINKS, keys = KEYS } = {}) {
  const ns = Namespace.create(label)
  t.teardown(() => ns.remove())
  vethPair(ns, ns, { left: 'd0', right: 'd1' })
  ns.batch(links)
  ns.settle()

  /**
   * Runs a command that runs the probe once or more, and returns each probe's result.
   *
   * @param {import('tap').Test} t
   * @param {string[]} command
   * @param {import('./namespace').ExecOptions} [options]
   */
  const runProbes = (t, command, options) => {
    const { status, signal, stdout, stderr } = ns.exec('env', command, { launch: OPEN, ...options })
    t.strictSame({ status, signal }, { status: 0, signal: null }, `it runs ${stderr}`)
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  }

  /** @type {(...args: Parameters<typeof runProbes>) => any} as `runProbes`, for a command that runs it once */
  const runProbe = (t, command, options) => {
    const results = runProbes(t, command, options)
    t.equal(results.length, 1, 'the probe runs once')
    return results[0]
  }

  /** @type {Interfaces} the native function's answer outside every sandbox */
  const outside = runProbe(t, PROBE).native
  t.strictSame(Object.keys(outside).sort(), keys, 'outside')

  /** Asserts that the native function fails with `errno`, and that ours answers as native does outside. */
  const checkAnswers = (t, found, errno, code) => {
    t.equal(found.native, errno, 'the native function fails')
    t.equal(JSON.stringify(found.ours), JSON.stringify(outside), 'ours answers')
    t.equal(JSON.stringify(found.patched), JSON.stringify(outside), 'the patched function answers')
    t.strictSame(found.missing, [])
    t.strictSame(found.sources, {
      rtnetlink: `denied: socket(AF_NETLINK) ${code}`,
      ioctl: 'answered',
      procfs: 'answered'
    })
  }

  /** As `checkAnswers`, if no file in /proc/net can be opened. */
  const checkIPv4Only = (t, found) => {
    const expected = onlyIPv4(outside)
    t.equal(found.native, EPERM, 'the native function fails')
    t.strictSame(found.ours, expected, 'ours answers the IPv4 addresses')
    t.strictSame(found.patched, expected, 'the patched function answers the IPv4 addresses')
    t.strictSame(found.missing, ['ipv6'], 'IPv6 is reported missing')
    t.equal(found.sources.procfs, 'absent: open(/proc/net/if_inet6) ENOENT')
  }

  return { ns, outside, runProbes, runProbe, checkAnswers, checkIPv4Only }
}

module.exports = { AS_USER, DENY_NETLINK, KEYS, LINKS, OPEN, PROBE, makeProbeNamespace }
