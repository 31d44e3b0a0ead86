'use strict'

// Runs ./lists.c, which prints the lists of getifaddrs(3) and if_nameindex(3), with and without the preload library.

const path = require('node:path')
const { Namespace, projectRoot } = require('../namespace')

const AF_PACKET = 17
const AF_INET = 2
const AF_INET6 = 10

const RX_NOHANDLER = 8 * 23
// Hexadecimal digits of an Ethernet address, and of what SIOCGIFHWADDR reports.
const MAC_DIGITS = 2 * 6
const HWADDR_DIGITS = 2 * 14

/** @typedef {any[]} List */

const built = path.join(projectRoot, 'test', 'build')
const lists = path.join(built, 'lists')
// Makes glibc's functions fail with EXDEV.
const refuse = path.join(built, 'refuse.so')

/**
 * @param {Namespace} ns
 * @param {string} mode of ./lists.c
 * @param {{ launch?: string[], preload?: string, sources?: string }} [options] `sources`: of the library, only these
 */
function exec(ns, mode, { launch = [], preload, sources } = {}) {
  const env = { LD_PRELOAD: preload, OSH_IFADDRS_SOURCES: sources }
  const result = ns.exec(lists, [mode], { launch, env })
  return { ...result, value: result.status === 0 ? JSON.parse(result.stdout) : undefined }
}

/**
 * Reads glibc's list and ours in the same state. Counters and flags change, so glibc's is read before and after.
 *
 * @param {Namespace} ns
 * @param {string} mode of ./lists.c
 * @param {Parameters<typeof exec>[2]} options for ours
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

/** What ioctl(2) reports of a link's hardware addresses: the broadcast address only if it is Ethernet's. */
function withoutLongAddresses(/** @type {any} */ entry) {
  const { address } = entry
  if (address?.family !== AF_PACKET || address.bytes.length === MAC_DIGITS) return entry
  return {
    ...entry,
    address: { ...address, bytes: address.bytes.slice(0, HWADDR_DIGITS) },
    other: null
  }
}

/** The part of a list that is known without netlink, in an order that is. */
function withoutNetlinkFields(/** @type {List} */ list) {
  const known = list.map(({ flags, data, other, ...entry }) => ({
    ...entry,
    // SIOCGIFFLAGS has 16 bits.
    flags: flags & 0xffff,
    // if_inet6 has no peers.
    other: isOf(AF_INET6)(entry) ? null : other,
    // /proc/net/dev has no rx_nohandler.
    data: data?.slice(0, RX_NOHANDLER)
  }))
  const isIPv6 = isOf(AF_INET6)
  // Only netlink reports the kernel's order of a link's addresses within one scope.
  const sorted = known.filter(isIPv6).map((entry) => JSON.stringify(entry))
  return [...known.filter((entry) => !isIPv6(entry)), ...sorted.sort()]
}

module.exports = {
  AF_INET,
  AF_INET6,
  AF_PACKET,
  exec,
  isOf,
  readBoth,
  refuse,
  withNetwork,
  withoutLongAddresses,
  withoutNetlinkFields
}
