// What the addon reads, and how it becomes Node's answer: which addresses appear, under which key, and
// what each entry holds. Parity with os.networkInterfaces() is decided here.
'use strict'

/** @typedef {import('node:os').NetworkInterfaceInfo} Entry */

// As src/addon.c lays out the numbers after the first, which says of how many addresses they are, and
// their bits.
const NUMBER = { first: 1, key: 0, mac: 1, prefix: 2, bits: 3, ifindex: 4, count: 5 }
const BIT = {
  ipv6: 1,
  loopback: 2,
  scoped: 4,
  running: 8,
  prefixInferred: 16,
  stateInferred: 32,
  macUnknown: 64
}

/**
 * What a prefix length gives, made once for each.
 *
 * @typedef {object} Mask
 * @property {string} netmask
 * @property {string} suffix of the cidr
 */

/** @type {Mask[]} */
const ipv4Masks = []
/** @type {Mask[]} */
const ipv6Masks = []

/** @param {number} prefix 0 to 32 */
function makeIPv4Mask(prefix) {
  const mask = prefix === 0 ? 0 : -1 << (32 - prefix)
  const netmask = [24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join('.')
  return (ipv4Masks[prefix] = { netmask, suffix: `/${prefix}` })
}

/** @param {number} prefix 0 to 128 */
function makeIPv6Mask(prefix) {
  const words = Array(prefix >> 4).fill('ffff')
  if (prefix & 15) words.push(((0xffff << (16 - (prefix & 15))) & 0xffff).toString(16))
  const zeros = 8 - words.length
  const end = zeros === 0 ? '' : zeros === 1 ? ':0' : '::'
  return (ipv6Masks[prefix] = { netmask: words.join(':') + end, suffix: `/${prefix}` })
}

/**
 * The entries under a key, an own one whatever it is called: a link may be called constructor, or
 * __proto__, which an assignment would not make a key.
 *
 * @param {NodeJS.Dict<Entry[]>} result
 * @param {string} name
 * @returns {Entry[]}
 */
function entriesOf(result, name) {
  const known = result[name]
  if (known === undefined) return (result[name] = [])
  if (Object.hasOwn(result, name)) return known
  /** @type {Entry[]} */
  const value = []
  Object.defineProperty(result, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true
  })
  return value
}

let lastText = ''
let texts = ['']

/**
 * @param {string} text of a reading
 * @param {Uint32Array} numbers of the same
 * @returns {NodeJS.Dict<Entry[]>}
 */
function makeResult(text, numbers) {
  if (text !== lastText) {
    texts = text.split('\0')
    lastText = text
  }
  /** @type {NodeJS.Dict<Entry[]>} */
  const result = {}
  /** @type {Entry[]} */
  let entries = []
  let lastKey = -1
  for (let i = 0, at = NUMBER.first; i < numbers[0]; i++, at += NUMBER.count) {
    const bits = numbers[at + NUMBER.bits]
    if (!(bits & BIT.running)) continue
    const key = numbers[at + NUMBER.key]
    if (key !== lastKey) {
      entries = entriesOf(result, texts[key])
      lastKey = key
    }
    const address = texts[i]
    const mac = texts[numbers[at + NUMBER.mac]]
    const internal = (bits & BIT.loopback) !== 0
    const prefix = numbers[at + NUMBER.prefix]
    if (bits & BIT.ipv6) {
      const { netmask, suffix } = ipv6Masks[prefix] ?? makeIPv6Mask(prefix)
      const scopeid = bits & BIT.scoped ? numbers[at + NUMBER.ifindex] : 0
      const cidr = address + suffix
      entries.push({ address, netmask, family: 'IPv6', mac, internal, cidr, scopeid })
    } else {
      const { netmask, suffix } = ipv4Masks[prefix] ?? makeIPv4Mask(prefix)
      const cidr = address + suffix
      entries.push({ address, netmask, family: 'IPv4', mac, internal, cidr })
    }
  }
  return result
}

module.exports = { NUMBER, BIT, makeResult }
