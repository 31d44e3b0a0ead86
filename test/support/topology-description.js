'use strict'

// What ip(8) says about a built topology: its links, its IPv4 addresses, and how many of each kind it has. Each
// character of a name is a byte until `decode`, which can make different names that are not UTF-8 equal.

const { spawnSync } = require('node:child_process')

/** @typedef {import('./namespace').Namespace} Namespace */

/**
 * What a label, up to its colon, is: the name of its own link; its alternative name; that of another link, or its
 * alternative name; or none of these.
 *
 * @typedef {'own' | 'own alternative' | 'other' | 'other alternative' | 'nothing'} Named
 */

/**
 * @typedef {object} LabelledAddress
 * @property {string} link
 * @property {string} label
 * @property {string} bytes `label` and `address`, not decoded
 * @property {Named} named
 * @property {boolean} isLong it is as long as a label that a rename truncates, and has a colon
 * @property {number} beginners links whose names begin as it does
 * @property {boolean} isBeginner its own link is one of these
 * @property {string} address
 * @property {number} prefix
 * @property {number} index of its link
 */

/**
 * @typedef {object} Link
 * @property {string} name
 * @property {boolean} isUp
 * @property {boolean} isRunning
 * @property {boolean} isConfigured the kernel configures IPv6 on links of this type, and adds a route to ff00::/8
 * @property {boolean} isUndetecting it has no duplicate address detection, as tunnels and the loopback link
 */

/** @typedef {Record<string, number>} Counts */
/** @typedef {{ links: Link[], addresses: LabelledAddress[], counts: Counts }} Description */

const LONGEST_LABEL = 15
// Those of the generated topologies that addrconf_dev_config() and addrconf_init_auto_addrs() know.
const CONFIGURED_TYPES = ['loopback', 'ether', 'none', 'infiniband', 'ipip', 'tunnel6']

/**
 * @param {Namespace} ns
 * @param {string[]} args
 * @returns {any[]} the output of `ip -json`; each character of its strings stands for a byte
 */
function ipJson(ns, args) {
  const { stdout } = spawnSync('ip', ['-n', ns.name, '-j', ...args], { maxBuffer: 64 << 20 })
  // A name can contain control characters, which ip(8) does not escape. It prints no others but the last line feed.
  const escaped = stdout
    .toString('latin1')
    .trimEnd()
    .replace(/[\0-\x1f]/g, (control) => JSON.stringify(control).slice(1, -1))
  return JSON.parse(escaped)
}

/** @param {string} text in which each character stands for a byte */
const decode = (text) => Buffer.from(text, 'latin1').toString()

/** @param {any[]} links of ip(8) @param {any} link @param {string} name @returns {Named} */
function findNamed(links, link, name) {
  if (name === link.ifname) return 'own'
  if (link.altnames?.includes(name)) return 'own alternative'
  if (links.some(({ ifname }) => ifname === name)) return 'other'
  return links.some(({ altnames }) => altnames?.includes(name)) ? 'other alternative' : 'nothing'
}

/** @param {any[]} links of ip(8) @param {any} link @param {any} address @returns {LabelledAddress} */
function describeAddress(links, link, { label = '', local, prefixlen }) {
  const [name] = label.split(':')
  return {
    link: decode(link.ifname),
    label: decode(label),
    bytes: `${label} ${local}`,
    named: findNamed(links, link, name),
    isLong: label.length === LONGEST_LABEL && label.includes(':'),
    beginners: links.filter(({ ifname }) => ifname.startsWith(name)).length,
    isBeginner: link.ifname.startsWith(name),
    address: local,
    prefix: prefixlen,
    index: link.ifindex
  }
}

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 * @returns {T[][]} the items with equal keys, if there are several
 */
function findEqual(items, keyOf) {
  /** @type {Map<string, T[]>} */
  const groups = new Map()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return [...groups.values()].filter((group) => group.length > 1)
}

/** @param {LabelledAddress[]} addresses */
function countRepetitions(addresses) {
  const onOneLink = findEqual(addresses, ({ index, address }) => `${index} ${address}`)
  /** @param {LabelledAddress[]} group */
  const isOneLabel = (group) => findEqual(group, ({ bytes }) => bytes).length > 0
  return {
    'twice on a link, under one label': onOneLink.filter(isOneLabel).length,
    'twice on a link, under two': onOneLink.filter((group) => !isOneLabel(group)).length,
    'on two links': findEqual(addresses, ({ address }) => address).filter((group) =>
      group.some(({ index }) => index !== group[0].index)
    ).length
  }
}

/** @param {any[]} links of ip(8) @param {LabelledAddress[]} addresses @returns {Counts} */
function countKinds(links, addresses) {
  const all = links.flatMap(({ addr_info: own = [] }) => own)
  /** @param {string} family @param {string} flag */
  const count = (family, flag) =>
    all.filter((address) => address.family === family && address[flag]).length
  /** @param {(address: LabelledAddress) => boolean} select */
  const countAddresses = (select) => addresses.filter(select).length
  const altnames = links.flatMap(({ altnames: own = [] }) => own)
  const up = new Set(links.filter(({ flags }) => flags.includes('UP')).map(({ ifname }) => ifname))
  /** @param {LabelledAddress} address */
  const isTruncated = ({ isLong, named, isBeginner }) => isLong && named !== 'own' && isBeginner
  return {
    links: new Set(addresses.map(({ index }) => index)).size,
    ipv4: addresses.length,
    foreign: countAddresses(({ named }) => named !== 'own'),
    ...countRepetitions(addresses),
    'label empty': countAddresses(({ label }) => label === ''),
    'label of another link': countAddresses(({ named }) => named === 'other'),
    'label of a link that is down': countAddresses(
      ({ named, bytes }) => named === 'other' && !up.has(bytes.split(/[: ]/)[0])
    ),
    'label an alternative name': countAddresses(({ named }) => named.endsWith('alternative')),
    'label of 15 bytes': countAddresses(({ bytes }) => bytes.indexOf(' ') === LONGEST_LABEL),
    'label truncated': countAddresses(isTruncated),
    'label truncated to the beginning of two names': countAddresses(
      (address) => isTruncated(address) && address.beginners > 1
    ),
    "label truncated to another link's name": countAddresses(
      (address) => isTruncated(address) && address.named.startsWith('other')
    ),
    altnames: altnames.length,
    'altnames of 16 bytes or more': altnames.filter((name) => name.length > LONGEST_LABEL).length,
    'IPv4 noprefixroute': count('inet', 'noprefixroute'),
    'IPv6 noprefixroute': count('inet6', 'noprefixroute'),
    'IPv6 nodad': count('inet6', 'nodad'),
    'lo up without ::1': Number(
      up.has('lo') && !links[0].addr_info.some((/** @type {any} */ { local }) => local === '::1')
    )
  }
}

/**
 * Describes a namespace; its addresses are in the kernel's order.
 *
 * @param {Namespace} ns
 * @returns {Description}
 */
function describe(ns) {
  const links = ipJson(ns, ['-details', 'addr', 'show'])
  const addresses = links.flatMap((link) =>
    link.addr_info
      .filter((/** @type {any} */ { family }) => family === 'inet')
      .map((/** @type {any} */ address) => describeAddress(links, link, address))
  )
  return {
    links: links.map(({ ifname, flags, link_type: type }) => ({
      name: decode(ifname),
      isUp: flags.includes('UP'),
      isRunning: flags.includes('UP') && !flags.includes('NO-CARRIER'),
      isConfigured: CONFIGURED_TYPES.includes(type),
      isUndetecting: flags.includes('NOARP') || flags.includes('LOOPBACK')
    })),
    addresses,
    counts: countKinds(links, addresses)
  }
}

module.exports = { decode, describe, ipJson }
