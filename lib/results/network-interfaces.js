// Makes the result of networkInterfaces(): which addresses appear, under which key, with which properties.
// Parity with os.networkInterfaces() is decided here.
'use strict'

const { FIELD, FIRST_RECORD, FLAG, RECORD_LENGTH } = require('./layout')

/** @typedef {import('node:os').NetworkInterfaceInfo} Entry */
/** @typedef {{ netmask: string, suffix: string }} Mask `suffix` is that of the CIDR */

// Indexed by prefix length; each is made once.
/** @type {Mask[]} */
const ipv4Masks = []
/** @type {Mask[]} */
const ipv6Masks = []

/** @param {number} prefixLength 0 to 32 */
function makeIPv4Mask(prefixLength) {
  const mask = prefixLength === 0 ? 0 : -1 << (32 - prefixLength)
  const netmask = [24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join('.')
  return (ipv4Masks[prefixLength] = { netmask, suffix: `/${prefixLength}` })
}

/** @param {number} prefixLength 0 to 128 */
function makeIPv6Mask(prefixLength) {
  const groups = Array(prefixLength >> 4).fill('ffff')
  const rest = prefixLength & 15
  if (rest > 0) groups.push(((0xffff << (16 - rest)) & 0xffff).toString(16))
  // RFC 5952: a single group of zeros is not shortened.
  const end = groups.length === 8 ? '' : groups.length === 7 ? ':0' : '::'
  return (ipv6Masks[prefixLength] = { netmask: groups.join(':') + end, suffix: `/${prefixLength}` })
}

/**
 * @param {NodeJS.Dict<Entry[]>} result
 * @param {string} name
 * @returns {Entry[]} the entries of an own property, also if the link is called constructor or __proto__
 */
function entriesOf(result, name) {
  const entries = (result[name] ??= [])
  if (Object.hasOwn(result, name)) return entries
  const value = /** @type {Entry[]} */ ([])
  const descriptor = { value, enumerable: true, configurable: true, writable: true }
  Object.defineProperty(result, name, descriptor)
  return value
}

// Splitting a text takes a tenth of a call with many links, and few texts differ from the one before.
let lastText = ''
let texts = ['']

/**
 * @param {string} text of a snapshot
 * @param {Uint32Array} numbers of the same snapshot
 * @returns {NodeJS.Dict<Entry[]>}
 */
function toNetworkInterfaces(text, numbers) {
  if (text !== lastText) {
    texts = text.split('\0')
    lastText = text
  }
  /** @type {NodeJS.Dict<Entry[]>} */
  const result = {}
  /** @type {Entry[]} */
  let entries = []
  let lastName = -1
  for (let i = 0, at = FIRST_RECORD; i < numbers[0]; i++, at += RECORD_LENGTH) {
    const flags = numbers[at + FIELD.flags]
    if (!(flags & FLAG.running)) continue
    const name = numbers[at + FIELD.name]
    if (name !== lastName) {
      entries = entriesOf(result, texts[name])
      lastName = name
    }
    const address = texts[i]
    const mac = texts[numbers[at + FIELD.mac]]
    const internal = (flags & FLAG.loopback) !== 0
    const prefixLength = numbers[at + FIELD.prefixLength]
    if (flags & FLAG.ipv6) {
      const { netmask, suffix } = ipv6Masks[prefixLength] ?? makeIPv6Mask(prefixLength)
      const scopeid = flags & FLAG.linkLocal ? numbers[at + FIELD.ifindex] : 0
      const cidr = address + suffix
      entries.push({ address, netmask, family: 'IPv6', mac, internal, cidr, scopeid })
    } else {
      const { netmask, suffix } = ipv4Masks[prefixLength] ?? makeIPv4Mask(prefixLength)
      const cidr = address + suffix
      entries.push({ address, netmask, family: 'IPv4', mac, internal, cidr })
    }
  }
  return result
}

module.exports = { toNetworkInterfaces }
