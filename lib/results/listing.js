// The interfaces for people: also those that are down, with the source of each address, and what is
// inferred. What os.networkInterfaces() would answer is decided elsewhere.
'use strict'

const os = require('node:os')
const { ALL_SOURCES, load, supported } = require('../addon/load')
const { isInterrupted, makeDiagnosis, makeUnavailable, sourceOf } = require('./diagnosis')
const { BIT, NUMBER } = require('./network-interfaces')

/** @typedef {import('../index').Diagnosis} Diagnosis */
/** @typedef {{ cidr: string, source: string, notes: string[] }} Address */
/** @typedef {{ name: string, state: 'up' | 'down', mac: string | null, addresses: Address[] }} Interface */
/** @typedef {Pick<Diagnosis, 'missing' | 'omitted'>} Gaps */
/** @typedef {{ interfaces: Interface[], interrupted: boolean } & Gaps} Listing */

/**
 * @param {number} bits
 * @param {number} ifindex
 */
function makeNotes(bits, ifindex) {
  const notes = []
  if (bits & BIT.loopback) notes.push('loopback')
  if (bits & BIT.scoped) notes.push(`scope id ${ifindex}`)
  if (bits & BIT.prefixInferred) notes.push('prefix inferred')
  if (bits & BIT.stateInferred) notes.push('state inferred')
  if (bits & BIT.macUnknown) notes.push('mac unknown')
  return notes
}

/**
 * @param {string} text of a reading
 * @param {Uint32Array} numbers of the same
 * @param {Diagnosis} diagnosis
 */
function makeInterfaces(text, numbers, diagnosis) {
  const texts = text.split('\0')
  const ipv4 = sourceOf(diagnosis, 'ipv4') ?? 'unknown'
  const ipv6 = sourceOf(diagnosis, 'ipv6') ?? 'unknown'
  /** @type {Map<string, Interface>} */
  const interfaces = new Map()
  for (let i = 0, at = NUMBER.first; i < numbers[0]; i++, at += NUMBER.count) {
    const bits = numbers[at + NUMBER.bits]
    const name = texts[numbers[at + NUMBER.key]]
    const ifindex = numbers[at + NUMBER.ifindex]
    const isUp = (bits & BIT.running) !== 0
    // The addon hands over no hardware address of a link that is down.
    const mac = isUp && !(bits & BIT.macUnknown) ? texts[numbers[at + NUMBER.mac]] : null
    // Two links may have addresses with the same label.
    const key = `${ifindex} ${name}`
    const link = interfaces.get(key) ?? { name, state: isUp ? 'up' : 'down', mac, addresses: [] }
    interfaces.set(key, link)
    link.addresses.push({
      cidr: `${texts[i]}/${numbers[at + NUMBER.prefix]}`,
      source: bits & BIT.ipv6 ? ipv6 : ipv4,
      notes: makeNotes(bits, ifindex)
    })
  }
  return [...interfaces.values()]
}

/**
 * For platforms on which this package has nothing of its own to read.
 *
 * @returns {Listing}
 */
function readNativeListing() {
  const interfaces = Object.entries(os.networkInterfaces()).map(([name, entries = []]) => ({
    name,
    state: /** @type {const} */ ('up'),
    mac: entries[0]?.mac ?? null,
    addresses: entries.map(({ address, cidr, internal }) => ({
      cidr: cidr ?? address,
      source: 'native',
      notes: internal ? ['loopback'] : []
    }))
  }))
  return { interfaces, interrupted: false, missing: [], omitted: [] }
}

/**
 * @returns {Listing}
 * @throws {import('../index').UnavailableError} when no source answers
 */
function readListing() {
  if (!supported) return readNativeListing()
  const reading = load().read(ALL_SOURCES, true, new Uint32Array())
  const { text, numbers } = reading
  if (text === undefined || numbers === undefined) throw makeUnavailable(reading)
  const diagnosis = makeDiagnosis(reading)
  const { missing, omitted } = diagnosis
  const interfaces = makeInterfaces(text, numbers, diagnosis)
  return { interfaces, interrupted: isInterrupted(diagnosis), missing, omitted }
}

module.exports = { readListing }
