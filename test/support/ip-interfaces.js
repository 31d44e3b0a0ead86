'use strict'

// What interfaces() must return if rtnetlink answers: the output of `ip -json -details addr` in its shape.

const { decode, ipJson } = require('./topology-description')

/** @typedef {import('../../lib/index').Interface} Interface */
/** @typedef {import('../../lib/index').InterfaceAddress} InterfaceAddress */

/** By bit, as interfaces() orders them: IFF_* of <linux/if.h>. */
const LINK_FLAGS = [
  ...['UP', 'BROADCAST', 'DEBUG', 'LOOPBACK', 'POINTOPOINT', 'NOTRAILERS', 'RUNNING', 'NOARP'],
  ...['PROMISC', 'ALLMULTI', 'MASTER', 'SLAVE', 'MULTICAST', 'PORTSEL', 'AUTOMEDIA', 'DYNAMIC'],
  ...['LOWER_UP', 'DORMANT', 'ECHO']
]

// ip(8) lists these among the flags. NO-CARRIER: IFF_UP without IFF_RUNNING. M-DOWN: IFF_UP is not among the flags
// of the other end of a pair, or of the link below.
const NO_FLAGS = ['NO-CARRIER', 'M-DOWN']

/**
 * By bit: IFA_F_* of <linux/if_addr.h>, and what ip(8) calls them. It prints `dynamic` for an address without
 * IFA_F_PERMANENT.
 */
const ADDRESS_FLAGS = {
  // IFA_F_SECONDARY and IFA_F_TEMPORARY are one bit: the former of IPv4, the latter of IPv6.
  secondary: 'secondary',
  temporary: 'temporary',
  nodad: 'nodad',
  optimistic: 'optimistic',
  dadfailed: 'dadfailed',
  homeaddress: 'home',
  deprecated: 'deprecated',
  tentative: 'tentative',
  permanent: undefined,
  managetempaddr: 'mngtmpaddr',
  noprefixroute: 'noprefixroute',
  mcautojoin: 'autojoin',
  'stable-privacy': 'stable-privacy'
}

// Of IPv4 tunnels, ip(8) prints hardware addresses of 4 bytes as IPv4 addresses; of IPv6 ones, those of 16 bytes as
// IPv6 addresses.
const IPV4_TUNNELS = ['ipip', 'sit', 'gre']
const IPV6_TUNNELS = ['tunnel6', 'gre6']
// It prints theirs as call signs.
const CALL_SIGNS = ['netrom', 'ax25', 'rose']

/** @param {number} byte */
const hex = (byte) => byte.toString(16).padStart(2, '0')

/** @param {number} length in bytes @param {number} prefixLength @returns {number[]} the netmask's bytes */
const maskBytes = (length, prefixLength) =>
  Array.from({ length }, (_, i) => {
    const ones = Math.min(8, Math.max(0, prefixLength - 8 * i))
    return 256 - 2 ** (8 - ones)
  })

/** @param {number[]} bytes 16 of them @returns {string} in the form of RFC 5952, as inet_ntop(3) */
function ipv6Text(bytes) {
  const groups = Array.from({ length: 8 }, (_, i) => hex(bytes[2 * i]) + hex(bytes[2 * i + 1]))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

/** @param {string} text an IPv6 address @returns {number[]} its bytes */
function ipv6Bytes(text) {
  const [head, tail] = text.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = tail ? Array(8 - head.length - tail.length).fill('0') : []
  return [...head, ...zeros, ...(tail ?? [])].flatMap((group) => {
    const value = parseInt(group, 16)
    return [value >> 8, value & 255]
  })
}

/**
 * @param {'IPv4' | 'IPv6'} family
 * @param {string} address
 * @param {number} prefixLength
 */
function subnetOf(family, address, prefixLength) {
  const netmask =
    family === 'IPv4' ? maskBytes(4, prefixLength).join('.') : ipv6Text(maskBytes(16, prefixLength))
  return { prefixLength, netmask, cidr: `${address}/${prefixLength}` }
}

/** @param {any} link of ip(8) @returns {string | null} */
function macOf({ link_type: type, address }) {
  // The kernel omits IFLA_ADDRESS if the hardware type has no addresses.
  if (address === undefined) return null
  if (CALL_SIGNS.includes(type)) throw new Error(`ip(8) prints no bytes of ${type} addresses`)
  if (IPV4_TUNNELS.includes(type)) return address.split('.').map(Number).map(hex).join(':')
  if (IPV6_TUNNELS.includes(type)) return ipv6Bytes(address).map(hex).join(':')
  return address
}

/** @param {any} link of ip(8) @returns {string[]} its flags in the kernel's spelling */
function linkFlagsOf({ flags }) {
  // ip(8) omits RUNNING. Only a link that is up has it (dev_get_flags()), so NO-CARRIER says whether it is there.
  const isRunning = flags.includes('UP') && !flags.includes('NO-CARRIER')
  const all = [...flags, ...(isRunning ? ['RUNNING'] : [])].filter((f) => !NO_FLAGS.includes(f))
  const unknown = all.filter((flag) => !LINK_FLAGS.includes(flag))
  if (unknown.length > 0) throw new Error(`unknown link flags: ${unknown}`)
  return LINK_FLAGS.filter((flag) => all.includes(flag))
}

/**
 * The operational state decides: a link whose mode is dormant gets it without IFF_DORMANT, which only its driver
 * sets (rfc2863_policy()).
 *
 * @param {string[]} flags in the kernel's spelling @param {string} operstate
 */
function stateOf(flags, operstate) {
  if (!flags.includes('UP')) return 'down'
  if (flags.includes('RUNNING')) return 'up'
  return operstate === 'DORMANT' ? 'dormant' : 'no-carrier'
}

/** @param {any} address of ip(8) */
function addressFlagsOf(address) {
  if (address.ifa_flags !== undefined) throw new Error(`unknown flags: ${address.ifa_flags}`)
  return Object.entries(ADDRESS_FLAGS)
    .filter(([, name]) => (name === undefined ? !address.dynamic : address[name]))
    .map(([flag]) => flag)
}

/** @param {string} scope @returns {InterfaceAddress['scope']} */
function scopeOf(scope) {
  if (scope === 'global' || scope === 'site' || scope === 'link' || scope === 'host') return scope
  // /etc/iproute2/rt_scopes has one name more. ip(8) prints other scopes as numbers.
  return scope === 'nowhere' ? 255 : Number(scope)
}

/** @param {any} address of ip(8) @param {number} ifindex @returns {InterfaceAddress} */
function toAddress(address, ifindex) {
  const isIPv4 = address.family === 'inet'
  const family = isIPv4 ? 'IPv4' : 'IPv6'
  const scope = scopeOf(address.scope)
  return {
    family,
    address: address.local,
    ...subnetOf(family, address.local, address.prefixlen),
    // The kernel omits an empty IFA_LABEL. IPv6 addresses have none.
    label: address.label === undefined ? null : decode(address.label),
    scope,
    scopeid: isIPv4 ? null : scope === 'link' ? ifindex : 0,
    broadcast: address.broadcast ?? null,
    // ip(8) prints IFA_ADDRESS only if it differs from IFA_LOCAL.
    peer: address.address ?? null,
    flags: addressFlagsOf(address),
    inferred: []
  }
}

/** @param {any} link of ip(8) @returns {Interface} */
function toInterface(link) {
  const flags = linkFlagsOf(link)
  return {
    name: decode(link.ifname),
    index: link.ifindex,
    state: stateOf(flags, link.operstate),
    type: link.link_type,
    // IFLA_INFO_KIND. Hardware and the loopback link have no IFLA_LINKINFO, or one without a kind.
    kind: link.linkinfo?.info_kind ?? null,
    mac: macOf(link),
    mtu: link.mtu,
    internal: flags.includes('LOOPBACK'),
    flags: flags.map((flag) => flag.toLowerCase().replace('_', '-')),
    // In the order in which they were added.
    alternativeNames: (link.altnames ?? []).map(decode),
    // ip(8) asks for the addresses of all families: IPv4 comes first.
    addresses: link.addr_info.map((/** @type {any} */ address) => toAddress(address, link.ifindex)),
    inferred: []
  }
}

/**
 * @param {import('./namespace').Namespace} ns
 * @returns {Interface[]}
 */
function ipInterfaces(ns) {
  return (
    ipJson(ns, ['-details', 'addr', 'show'])
      .map(toInterface)
      // The kernel's order was that of a hash table before Linux 6.9.
      .sort((a, b) => Number(a.index) - Number(b.index))
  )
}

module.exports = { ipInterfaces, subnetOf }
