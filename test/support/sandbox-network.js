'use strict'

// A network namespace in which sandboxes start, and what fixtures/sandboxed.sh prints in one and outside.

const path = require('node:path')
const { isDeepStrictEqual } = require('node:util')
const { errnoName } = require('../../lib/results/diagnosis')
const { OPEN, makeProbeNamespace } = require('./probe')

// gVisor lists no labels, and no routes that tell two prefix lengths of one network apart.
const LINKS = [
  'link set lo up',
  'addr add 10.0.0.1/20 dev d0',
  'addr add 10.0.0.2/20 dev d0',
  'addr add 10.1.0.1/30 dev d1',
  'addr add fd00::1/64 dev d0'
]
const KEYS = ['d0', 'd1', 'lo']
/** The second address of its link. */
const SECOND = '10.0.0.2'

const PROGRAM = ['sh', path.join(__dirname, 'fixtures/sandboxed.sh'), process.execPath]
// gVisor takes seconds to start each program.
const TIMEOUT = 300_000
// srt wants a standard input that is no socket, and Node in Codex an output that is none.
const WITH_PIPES = ['-c', '"$@" </dev/null | cat', 'sh']

/**
 * What was found in a sandbox. `without` and `preloaded` are the program's addresses by link, or the errno.
 *
 * @typedef {{ node: any, watch: string, without: any, preloaded: any, report: any, statuses: Record<string, number> }} Found
 */

/** @typedef {Record<string, string[][]>} Addresses with their netmasks, by link */

/**
 * @param {string} stdout of fixtures/sandboxed.sh
 * @param {string} stderr
 * @returns {Found}
 */
function parse(stdout, stderr) {
  const entries = stdout
    .split(/^@/m)
    .slice(1)
    .map((part) => {
      const [, name, status, output] = /^(\w+) (\d+)\n([^]*)$/.exec(part) ?? []
      return [name, { status: Number(status), output }]
    })
  const parts = Object.fromEntries(entries)
  const read = (/** @type {string} */ name) => {
    try {
      return JSON.parse(parts[name].output)
    } catch {
      throw new Error(`${name} does not answer: ${stdout}${stderr}`)
    }
  }
  return {
    node: read('node'),
    watch: read('watch'),
    without: read('program'),
    preloaded: read('preloaded'),
    report: read('doctor'),
    statuses: Object.fromEntries(entries.map(([name, { status }]) => [name, status]))
  }
}

/**
 * What was found, with the addresses of each link sorted.
 *
 * @param {Found} found
 * @returns {Found}
 */
function sort({ node, without, preloaded, ...others }) {
  const sorted = (/** @type {any} */ answer) =>
    typeof answer === 'object'
      ? mapAddresses(answer, (list) =>
          list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
        )
      : answer
  const { native, ours, patched } = node
  const answers = { native: sorted(native), ours: sorted(ours), patched: sorted(patched) }
  return {
    ...others,
    node: { ...node, ...answers },
    without: sorted(without),
    preloaded: sorted(preloaded)
  }
}

/**
 * @param {import('tap').Test} t whose end removes the namespace
 * @param {{ isOrdered?: boolean }} [options] whether the order of addresses matters
 */
function makeNetwork(t, { isOrdered = true } = {}) {
  const { ns } = makeProbeNamespace(t, 'sandboxes', { links: LINKS, keys: KEYS })
  /** @type {{ ifname: string, ifindex: number }[]} */
  const links = JSON.parse(ns.ip('-j link show'))
  const indices = Object.fromEntries(links.map(({ ifname, ifindex }) => [ifname, ifindex]))

  /** @type {(start: { command: string[], cwd?: string, env?: Record<string, string | undefined> }) => Found} */
  const run = ({ command, cwd = '/', env }) => {
    const options = { launch: OPEN, cwd, env, timeout: TIMEOUT }
    const { stdout, stderr } = ns.exec('sh', [...WITH_PIPES, ...command], options)
    const found = parse(stdout, stderr)
    return isOrdered ? found : sort(found)
  }
  const outside = run({ command: PROGRAM })
  t.strictSame(Object.keys(outside.without).sort(), KEYS, 'control: another program, outside')
  t.match(outside.report, { status: 0, suspects: [] }, 'control: outside, the doctor finds nothing')

  /** @type {(all: Addresses) => Addresses} */
  const withNumericZones = (all) =>
    mapAddresses(all, (list, name) =>
      list.map(([address, ...rest]) => [address.replace(/%.*/, `%${indices[name]}`), ...rest])
    )
  return {
    netns: ns.name,
    run,
    /** What Node and another program print outside. */
    all: { node: outside.node.native, program: outside.without },
    withNumericZones
  }
}

/**
 * @template T
 * @param {Record<string, T[]>} interfaces
 * @param {(addresses: T[], name: string) => T[]} change
 */
function mapAddresses(interfaces, change) {
  const entries = Object.entries(interfaces)
  return Object.fromEntries(entries.map(([name, addresses]) => [name, change(addresses, name)]))
}

/** Without the second address of each link, of Node's list or that of another program. */
function withoutSecond(/** @type {Record<string, any[]>} */ interfaces) {
  return mapAddresses(interfaces, (list) =>
    list.filter((entry) => (entry.address ?? entry[0]) !== SECOND)
  )
}

/**
 * How an answer differs from that outside, in words.
 *
 * @param {any} answer of Node or another program, or its errno
 * @param {Record<string, any>} all the answer outside
 * @param {(all: any) => any} [withNumericZones] of the network, for another program
 */
function describe(answer, all, withNumericZones) {
  if (typeof answer === 'number') return errnoName(answer)
  if (isDeepStrictEqual(answer, { lo: all.lo })) return 'only `lo`'
  if (isDeepStrictEqual(answer, all)) return 'as outside'
  if (isDeepStrictEqual(answer, withoutSecond(all))) return 'as outside, one address omitted'
  if (withNumericZones && isDeepStrictEqual(answer, withNumericZones(all)))
    return 'as outside, zones as numbers'
  return JSON.stringify(answer)
}

module.exports = { KEYS, PROGRAM, SECOND, describe, makeNetwork, withoutSecond }
