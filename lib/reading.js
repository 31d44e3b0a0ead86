// What the addon reads, and how it becomes Node's answer: which addresses appear, under which key, and
// what each entry holds. Parity with os.networkInterfaces() is decided here.
'use strict'

/** @typedef {import('./binding').Reading} Reading */
/** @typedef {Required<Pick<Reading, 'text' | 'numbers' | 'keys' | 'macs'>>} Addresses */
/** @typedef {import('node:os').NetworkInterfaceInfo} Entry */

// As src/addon.c lays out each address's numbers, and their bits.
const NUMBER = { key: 0, mac: 1, prefix: 2, bits: 3, ifindex: 4, count: 5 }
const BIT = {
  ipv6: 1,
  loopback: 2,
  scoped: 4,
  running: 8,
  prefixInferred: 16,
  stateInferred: 32,
  macUnknown: 64
}

/** @type {string[]} */
const ipv4Netmasks = []
/** @type {string[]} */
const ipv6Netmasks = []

/** @param {number} prefix 0 to 32 */
function makeIPv4Netmask(prefix) {
  const mask = prefix === 0 ? 0 : -1 << (32 - prefix)
  return (ipv4Netmasks[prefix] = [24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join('.'))
}

/** @param {number} prefix 0 to 128 */
function makeIPv6Netmask(prefix) {
  const words = Array(prefix >> 4).fill('ffff')
  if (prefix & 15) words.push(((0xffff << (16 - (prefix & 15))) & 0xffff).toString(16))
  const zeros = 8 - words.length
  const end = zeros === 0 ? '' : zeros === 1 ? ':0' : '::'
  return (ipv6Netmasks[prefix] = words.join(':') + end)
}

/**
 * A link may be called __proto__, which an assignment would not make a key.
 *
 * @param {object} result
 * @param {string} name
 * @param {Entry[]} entries
 */
function define(result, name, entries) {
  Object.defineProperty(result, name, {
    value: entries,
    enumerable: true,
    configurable: true,
    writable: true
  })
}

/**
 * @param {Addresses} addresses
 * @param {number} at where its numbers begin
 * @param {string} address
 * @returns {Entry}
 */
function makeEntry({ numbers, macs }, at, address) {
  const prefix = numbers[at + NUMBER.prefix]
  const bits = numbers[at + NUMBER.bits]
  const mac = macs[numbers[at + NUMBER.mac]]
  const internal = (bits & BIT.loopback) !== 0
  const cidr = `${address}/${prefix}`
  if (bits & BIT.ipv6) {
    const netmask = ipv6Netmasks[prefix] ?? makeIPv6Netmask(prefix)
    const scopeid = bits & BIT.scoped ? numbers[at + NUMBER.ifindex] : 0
    return { address, netmask, family: 'IPv6', mac, internal, cidr, scopeid }
  }
  const netmask = ipv4Netmasks[prefix] ?? makeIPv4Netmask(prefix)
  return { address, netmask, family: 'IPv4', mac, internal, cidr }
}

/**
 * @param {Addresses} addresses
 * @returns {NodeJS.Dict<Entry[]>}
 */
function makeResult(addresses) {
  const { numbers, keys } = addresses
  const texts = addresses.text.split('\n')
  /** @type {NodeJS.Dict<Entry[]>} */
  const result = {}
  /** @type {Entry[]} */
  let entries = []
  let lastKey = -1
  for (let i = 0, at = 0; at < numbers.length; i++, at += NUMBER.count) {
    if (!(numbers[at + NUMBER.bits] & BIT.running)) continue
    const entry = makeEntry(addresses, at, texts[i])
    const key = numbers[at + NUMBER.key]
    if (key !== lastKey) {
      const name = keys[key]
      const known = Object.hasOwn(result, name) ? result[name] : undefined
      entries = known ?? []
      if (known === undefined) define(result, name, entries)
      lastKey = key
    }
    entries.push(entry)
  }
  return result
}

module.exports = { NUMBER, BIT, makeResult }
