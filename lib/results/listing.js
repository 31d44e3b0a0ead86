// Makes the list that the command prints: every link with an address, also one that is down, and for each
// address its source and what is inferred.
'use strict'

const os = require('node:os')
const { isInterrupted, sourceOf, toDiagnosis, unavailableError } = require('./diagnosis')
const { FLAG, decodeAddresses } = require('./layout')

/** @typedef {import('../index').Diagnosis} Diagnosis */
/** @typedef {{ cidr: string, source: string, notes: string[] }} Address */
/** @typedef {{ name: string, state: 'up' | 'down', mac: string | null, addresses: Address[] }} Interface */
/** @typedef {Pick<Diagnosis, 'missing' | 'omitted'>} Gaps */
/** @typedef {{ interfaces: Interface[], interrupted: boolean } & Gaps} Listing */

/**
 * @param {number} flags
 * @param {number} ifindex
 */
function toNotes(flags, ifindex) {
  /** @type {[number, string][]} */
  const notes = [
    [FLAG.loopback, 'loopback'],
    [FLAG.linkLocal, `scope id ${ifindex}`],
    [FLAG.prefixInferred, 'prefix inferred'],
    [FLAG.stateInferred, 'state inferred'],
    [FLAG.macUnknown, 'mac unknown']
  ]
  return notes.filter(([flag]) => flags & flag).map(([, note]) => note)
}

/**
 * @param {import('../addon/load').Snapshot} snapshot
 * @param {Diagnosis} diagnosis
 */
function toInterfaces(snapshot, diagnosis) {
  const ipv4 = sourceOf(diagnosis, 'ipv4') ?? 'unknown'
  const ipv6 = sourceOf(diagnosis, 'ipv6') ?? 'unknown'
  /** @type {Map<string, Interface>} */
  const interfaces = new Map()
  for (const { name, address, prefixLength, mac, flags, ifindex } of decodeAddresses(snapshot)) {
    const isUp = (flags & FLAG.running) !== 0
    // Two links may have addresses with the same label.
    const key = `${ifindex} ${name}`
    const link = interfaces.get(key) ?? {
      name,
      state: isUp ? 'up' : 'down',
      // The addon reports zeros for a link that is down.
      mac: isUp && !(flags & FLAG.macUnknown) ? mac : null,
      addresses: []
    }
    interfaces.set(key, link)
    const source = flags & FLAG.ipv6 ? ipv6 : ipv4
    link.addresses.push({
      cidr: `${address}/${prefixLength}`,
      source,
      notes: toNotes(flags, ifindex)
    })
  }
  return [...interfaces.values()]
}

/**
 * @param {import('../addon/load').Snapshot} snapshot read with `diagnose`
 * @returns {Listing}
 * @throws {import('../index').UnavailableError} when no source answered
 */
function toListing(snapshot) {
  if (snapshot.strings === null) throw unavailableError(snapshot)
  const diagnosis = toDiagnosis(snapshot)
  const { missing, omitted } = diagnosis
  const interfaces = toInterfaces(snapshot, diagnosis)
  return { interfaces, interrupted: isInterrupted(diagnosis), missing, omitted }
}

/**
 * For platforms without the addon.
 *
 * @returns {Listing}
 */
function nativeListing() {
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

module.exports = { nativeListing, toListing }
