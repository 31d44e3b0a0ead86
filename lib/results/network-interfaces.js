// Makes the result of networkInterfaces(): which addresses appear, under which key, with which properties.
// Parity with os.networkInterfaces() is decided here.
'use strict'

const { FIELD, FIRST_RECORD, FLAG, RECORD_LENGTH } = require('./layout')

/** @typedef {import('node:os').NetworkInterfaceInfo} Entry */
/** @typedef {{ netmask: string, suffix: string }} Mask `suffix` is that of the CIDR */

// Indexed by prefix length; each is made once. Without a prototype, whose properties other code can define.
/** @typedef {Record<number, Mask | undefined>} Masks */
const ipv4Masks = /** @type {Masks} */ ({ __proto__: null })
const ipv6Masks = /** @type {Masks} */ ({ __proto__: null })

/** @param {number} prefixLength 0 to 32 */
function makeIPv4Mask(prefixLength) {
  const mask = prefixLength === 0 ? 0 : -1 << (32 - prefixLength)
  const netmask = `${mask >>> 24}.${(mask >>> 16) & 255}.${(mask >>> 8) & 255}.${mask & 255}`
  return (ipv4Masks[prefixLength] = { netmask, suffix: `/${prefixLength}` })
}

const DIGITS = '0123456789abcdef'

/** @param {number} prefixLength 0 to 128 */
function makeIPv6Mask(prefixLength) {
  let netmask = ''
  let groups = 0
  for (let bits = prefixLength; bits > 0; bits -= 16, groups++) {
    if (groups > 0) netmask += ':'
    const group = bits >= 16 ? 0xffff : (0xffff << (16 - bits)) & 0xffff
    for (let shift = 12; shift >= 0; shift -= 4) netmask += DIGITS[(group >> shift) & 15]
  }
  // RFC 5952: a single group of zeros is not shortened.
  netmask += groups === 8 ? '' : groups === 7 ? ':0' : '::'
  return (ipv6Masks[prefixLength] = { netmask, suffix: `/${prefixLength}` })
}

/**
 * @param {number} prefixLength 0 to 32
 * @returns {Mask}
 */
function ipv4Mask(prefixLength) {
  return ipv4Masks[prefixLength] ?? makeIPv4Mask(prefixLength)
}

/**
 * @param {number} prefixLength 0 to 128
 * @returns {Mask}
 */
function ipv6Mask(prefixLength) {
  return ipv6Masks[prefixLength] ?? makeIPv6Mask(prefixLength)
}

// What every object inherits, also what other code adds.
const ORDINARY = {}

/**
 * @param {NodeJS.Dict<Entry[]>} result
 * @param {string} name that it inherits, such as constructor or __proto__
 * @returns {NodeJS.Dict<Entry[]>} the same with the name as its own property
 */
function addOwn(result, name) {
  /** @type {NodeJS.Dict<Entry[]>} */
  const own = { __proto__: /** @type {any} */ (null), ...result }
  return { ...own, [name]: own[name] ?? [] }
}

/**
 * Syntax only, no function of JavaScript's library: other code may have replaced it, and may call back.
 *
 * @param {import('../addon/load').Reading} reading
 * @returns {NodeJS.Dict<Entry[]>}
 */
function toNetworkInterfaces({ strings, numbers }) {
  /** @type {NodeJS.Dict<Entry[]>} */
  let result = {}
  /** @type {Entry[]} */
  let entries = []
  let lastName = -1
  for (let i = 0, at = FIRST_RECORD; i < numbers[0]; i++, at += RECORD_LENGTH) {
    const flags = numbers[at + FIELD.flags]
    if (!(flags & FLAG.running)) continue
    const name = numbers[at + FIELD.name]
    if (name !== lastName) {
      const key = strings[name]
      if (key in ORDINARY) result = addOwn(result, key)
      entries = result[key] ??= []
      lastName = name
    }
    const address = strings[i]
    const mac = strings[numbers[at + FIELD.mac]]
    const internal = (flags & FLAG.loopback) !== 0
    const prefixLength = numbers[at + FIELD.prefixLength]
    if (flags & FLAG.ipv6) {
      const { netmask, suffix } = ipv6Mask(prefixLength)
      const scopeid = flags & FLAG.linkLocal ? numbers[at + FIELD.ifindex] : 0
      const cidr = address + suffix
      entries[entries.length] = { address, netmask, family: 'IPv6', mac, internal, cidr, scopeid }
    } else {
      const { netmask, suffix } = ipv4Mask(prefixLength)
      const cidr = address + suffix
      entries[entries.length] = { address, netmask, family: 'IPv4', mac, internal, cidr }
    }
  }
  return result
}

module.exports = { ipv4Mask, ipv6Mask, toNetworkInterfaces }
