// Makes the result of interfaces() from what the addon reports. src/addon/interfaces.c has the same enums.
'use strict'

const os = require('node:os')
const { LINK_FLAGS, LINK_TYPES, SCOPES, addressFlags, namesOf } = require('./kernel-names')
const { ipv4Mask, ipv6Mask } = require('./network-interfaces')

/** @typedef {import('../index').Interface} Interface */
/** @typedef {import('../index').InterfaceAddress} Address */
/** @typedef {{ strings: string[], numbers: Uint32Array }} Reading */

// How many records of each kind follow: links, addresses, alternative names.
const COUNTS = 3

/** Indexes in a record. Strings are indexes of `strings`; 0 means that there is none. */
const LINK = {
  index: 0,
  name: 1,
  mac: 2,
  kind: 3,
  flags: 4,
  type: 5,
  mtu: 6,
  operstate: 7,
  known: 8,
  length: 9
}
const ADDRESS = {
  link: 0,
  text: 1,
  prefixLength: 2,
  label: 3,
  scope: 4,
  flags: 5,
  broadcast: 6,
  peer: 7,
  known: 8,
  length: 9
}
const NAME = { index: 0, text: 1, length: 2 }

/** Bits of LINK.known. `state`: only whether it is up, running or the loopback link, by inference. */
const LINK_KNOWN = { flags: 1, state: 2, type: 4, mtu: 8, kind: 16 }

/** Bits of ADDRESS.known. */
const ADDRESS_KNOWN = {
  ipv6: 1,
  linkLocal: 2,
  prefixInferred: 4,
  linkInferred: 8,
  scope: 16,
  flags: 32
}

// IFF_* of <linux/if.h>.
const UP = 1
const LOOPBACK = 8
const RUNNING = 64
// IF_OPER_DORMANT of <linux/if.h>. IFF_DORMANT is not set for links whose mode is dormant, such as wpa_supplicant's.
const DORMANT = 5

/**
 * @param {number} flags
 * @param {number} operstate 0 if it is not known
 * @returns {NonNullable<Interface['state']>}
 */
function toState(flags, operstate) {
  if (!(flags & UP)) return 'down'
  if (flags & RUNNING) return 'up'
  return operstate === DORMANT ? 'dormant' : 'no-carrier'
}

/**
 * @param {Interface['state']} state
 * @param {number} known
 * @returns {Interface['inferred']}
 */
function toInferred(state, known) {
  if (known & LINK_KNOWN.state) return ['state', 'internal']
  // ioctl(2) does not report the operational state.
  return state === 'no-carrier' && !(known & LINK_KNOWN.kind) ? ['state'] : []
}

/**
 * @param {Reading} reading
 * @param {number} at
 * @returns {Interface}
 */
function toInterface({ strings, numbers }, at) {
  const known = numbers[at + LINK.known]
  const flags = numbers[at + LINK.flags]
  const type = numbers[at + LINK.type]
  const isStateKnown = (known & (LINK_KNOWN.flags | LINK_KNOWN.state)) !== 0
  const state = isStateKnown ? toState(flags, numbers[at + LINK.operstate]) : null
  return {
    name: strings[numbers[at + LINK.name]],
    index: numbers[at + LINK.index],
    state,
    type: known & LINK_KNOWN.type ? (LINK_TYPES[type] ?? `[${type}]`) : null,
    kind: strings[numbers[at + LINK.kind]] || null,
    mac: strings[numbers[at + LINK.mac]] || null,
    mtu: known & LINK_KNOWN.mtu ? numbers[at + LINK.mtu] : null,
    internal: isStateKnown ? (flags & LOOPBACK) !== 0 : null,
    flags: known & LINK_KNOWN.flags ? namesOf(flags, LINK_FLAGS) : null,
    alternativeNames: known & LINK_KNOWN.kind ? [] : null,
    addresses: [],
    inferred: toInferred(state, known)
  }
}

/**
 * @param {number} known
 * @returns {Address['inferred']}
 */
function toAddressInferred(known) {
  return [
    ...(known & ADDRESS_KNOWN.prefixInferred
      ? /** @type {const} */ (['prefixLength', 'netmask', 'cidr'])
      : []),
    ...(known & ADDRESS_KNOWN.linkInferred ? /** @type {const} */ (['link']) : [])
  ]
}

/**
 * @param {Reading} reading
 * @param {number} at
 * @param {number | null} index of its link
 * @returns {Address}
 */
function toAddress({ strings, numbers }, at, index) {
  const known = numbers[at + ADDRESS.known]
  const isIPv6 = (known & ADDRESS_KNOWN.ipv6) !== 0
  const prefixLength = numbers[at + ADDRESS.prefixLength]
  const { netmask, suffix } = isIPv6 ? ipv6Mask(prefixLength) : ipv4Mask(prefixLength)
  const address = strings[numbers[at + ADDRESS.text]]
  const scope = numbers[at + ADDRESS.scope]
  const flags = numbers[at + ADDRESS.flags]
  return {
    family: isIPv6 ? 'IPv6' : 'IPv4',
    address,
    prefixLength,
    netmask,
    cidr: address + suffix,
    label: strings[numbers[at + ADDRESS.label]] || null,
    scope: known & ADDRESS_KNOWN.scope ? (SCOPES[scope] ?? scope) : null,
    scopeid: isIPv6 ? (known & ADDRESS_KNOWN.linkLocal ? index : 0) : null,
    broadcast: strings[numbers[at + ADDRESS.broadcast]] || null,
    peer: strings[numbers[at + ADDRESS.peer]] || null,
    flags: known & ADDRESS_KNOWN.flags ? addressFlags(flags, isIPv6) : null,
    inferred: toAddressInferred(known)
  }
}

/**
 * Where no source reports the name of a link, a label may: usually it is the name, or begins with it and a colon.
 *
 * @param {Interface} link
 */
function inferName(link) {
  if (link.name !== '') return
  const label = link.addresses.find((address) => address.label !== null)?.label ?? ''
  link.name = label.split(':')[0]
  link.inferred.push('name')
}

/**
 * If no source reports whether a link is up, only its addresses suggest it.
 *
 * @param {Interface} link
 */
function forgetGuess(link) {
  if (link.addresses.length > 0 || link.state !== 'down' || !link.inferred.includes('state')) return
  link.state = null
  link.inferred = link.inferred.filter((property) => property !== 'state')
}

/**
 * @param {Reading} reading
 * @returns {Interface[]}
 */
function toInterfaces(reading) {
  const { strings, numbers } = reading
  const [linkCount, addressCount, nameCount] = numbers
  /** @type {Interface[]} */
  const links = []
  /** @type {Map<number | null, Interface>} */
  const byIndex = new Map()
  let at = COUNTS
  for (let i = 0; i < linkCount; i++, at += LINK.length) {
    links[i] = toInterface(reading, at)
    byIndex.set(links[i].index, links[i])
  }
  for (let i = 0; i < addressCount; i++, at += ADDRESS.length) {
    const link = links[numbers[at + ADDRESS.link]]
    link.addresses.push(toAddress(reading, at, link.index))
  }
  links.forEach(inferName)
  links.forEach(forgetGuess)
  for (let i = 0; i < nameCount; i++, at += NAME.length)
    byIndex.get(numbers[at + NAME.index])?.alternativeNames?.push(strings[numbers[at + NAME.text]])
  return links.filter(({ name }) => name !== '')
}

/**
 * @param {os.NetworkInterfaceInfo} info
 * @returns {Address}
 */
function fromNative(info) {
  const { family, address, netmask, cidr } = info
  const prefixLength = cidr === null ? null : Number(cidr.split('/')[1])
  return {
    family,
    address,
    prefixLength,
    netmask,
    cidr,
    label: null,
    scope: null,
    scopeid: info.family === 'IPv6' ? info.scopeid : null,
    broadcast: null,
    peer: null,
    flags: null,
    inferred: []
  }
}

/**
 * @param {os.NetworkInterfaceInfo[]} infos
 * @returns {string | null} Node has zeros where there is no MAC address, and on loopback links
 */
function macOf([info]) {
  return info === undefined || (/^[0:]*$/.test(info.mac) && !info.internal) ? null : info.mac
}

/** @returns {Interface[]} what os.networkInterfaces() reports, for platforms without the addon */
function nativeInterfaces() {
  return Object.entries(os.networkInterfaces()).map(([name, infos = []]) => ({
    name,
    index: null,
    state: 'up',
    type: null,
    kind: null,
    mac: macOf(infos),
    mtu: null,
    internal: infos[0]?.internal ?? null,
    flags: null,
    alternativeNames: null,
    addresses: infos.map(fromNative),
    inferred: []
  }))
}

module.exports = { nativeInterfaces, toInterfaces }
