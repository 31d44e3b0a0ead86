// Describes what has changed in one line.
'use strict'

const { printable } = require('./terminal')

/** @typedef {import('../index').Interface} Interface */
/** @typedef {import('../index').InterfaceAddress} Address */
/** @typedef {import('../index').InterfaceChange} Change */

/** @type {(keyof Interface)[]} */
const LINK_PROPERTIES = ['name', 'state', 'type', 'kind', 'mac', 'mtu', 'internal']
/** @type {(keyof Address)[]} */
const ADDRESS_PROPERTIES = ['label', 'scope', 'broadcast']
// The state shows them.
const STATE_FLAGS = ['up', 'running', 'lower-up', 'dormant']

/** @param {unknown} value */
function show(value) {
  return value === null ? 'none' : printable(String(value))
}

/**
 * @template {object} T
 * @param {T} before
 * @param {T} after
 * @param {(keyof T)[]} properties
 * @returns {string[]}
 */
function describeProperties(before, after, properties) {
  return properties
    .filter((name) => before[name] !== after[name])
    .map((name) => `${String(name)} ${show(before[name])} -> ${show(after[name])}`)
}

/**
 * @param {string} what
 * @param {string[] | null} before
 * @param {string[] | null} after
 * @returns {string[]}
 */
function describeList(what, before, after) {
  const [old, now] = [before ?? [], after ?? []]
  const items = [
    ...now.filter((item) => !old.includes(item)).map((item) => `+${printable(item)}`),
    ...old.filter((item) => !now.includes(item)).map((item) => `-${printable(item)}`)
  ]
  return items.length === 0 ? [] : [`${what} ${items.join(' ')}`]
}

/**
 * A link can have an address more than once, with different peers.
 *
 * @param {Address} address
 */
function textOf({ cidr, address, peer }) {
  return (cidr ?? address) + (peer === null ? '' : ` peer ${peer}`)
}

/**
 * @param {Address} before
 * @param {Address} after
 * @returns {string[]}
 */
function describeAddress(before, after) {
  const parts = [
    ...describeProperties(before, after, ADDRESS_PROPERTIES),
    ...describeList('flags', before.flags, after.flags)
  ]
  return parts.map((part) => `${textOf(after)} ${part}`)
}

/**
 * @param {Address[]} before
 * @param {Address[]} after
 * @returns {string[]}
 */
function describeAddresses(before, after) {
  const rest = new Map(before.map((address) => [textOf(address), address]))
  const parts = after.flatMap((address) => {
    const old = rest.get(textOf(address))
    rest.delete(textOf(address))
    return old === undefined ? [`+${textOf(address)}`] : describeAddress(old, address)
  })
  return [...parts, ...[...rest.keys()].map((text) => `-${text}`)]
}

/** @param {string[] | null} flags */
function withoutState(flags) {
  return flags === null ? null : flags.filter((flag) => !STATE_FLAGS.includes(flag))
}

/** @param {{ before: Interface, after: Interface }} difference */
function describeLink({ before, after }) {
  const parts = [
    ...describeProperties(before, after, LINK_PROPERTIES),
    ...describeList('flags', withoutState(before.flags), withoutState(after.flags)),
    ...describeList('alternative name', before.alternativeNames, after.alternativeNames),
    ...describeAddresses(before.addresses, after.addresses)
  ]
  // Such as the order of addresses.
  return `${printable(after.name)}: ${parts.join(', ') || 'other details'}`
}

/** @param {Interface} link */
function describeNew({ name, state, addresses }) {
  return [`${printable(name)}: added`, state ?? 'state unknown', ...addresses.map(textOf)].join(
    ', '
  )
}

/** @param {Change} change */
function describeChange({ added, removed, changed }) {
  return [
    ...removed.map(({ name }) => `${printable(name)}: removed`),
    ...added.map(describeNew),
    ...changed.map(describeLink)
  ].join('; ')
}

module.exports = { describeChange }
