// Makes the result of networkInterfaces(): which addresses appear, under which key, with which properties.
// Parity with os.networkInterfaces() is decided here.
'use strict'

const { FIELD, FIRST_RECORD, FLAG, RECORD_LENGTH } = require('./layout')
const { ipv4Mask, ipv6Mask } = require('./masks')

/** @typedef {import('node:os').NetworkInterfaceInfo} Entry */
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

module.exports = { toNetworkInterfaces }
