'use strict'

// Property: on any network, the package reports what the native function reports, or says where it cannot.

const { describe, ipJson } = require('./topology-description')
const { checkReadings } = require('./topology-expectations')
const { testProperty } = require('./topology-lanes')

/** @typedef {import('./topology-description').Counts} Counts */

// The kernel refuses some of the generated commands. What a topology has at least, on average, is about a third of
// what it had when this was written. Far fewer show that the generator, or what runs its commands, is broken, and
// then the property says little.
/** @type {Counts} */
const MINIMUM_A_TOPOLOGY = {
  links: 5,
  ipv4: 20,
  foreign: 2,
  'twice on a link, under one label': 0.4,
  'twice on a link, under two': 0.6,
  'on two links': 1.5,
  'label of another link': 0.6,
  'label of a link that is down': 0.2,
  'label an alternative name': 0.2,
  'label of 15 bytes': 1.5,
  altnames: 1,
  'altnames of 16 bytes or more': 0.2,
  'IPv4 noprefixroute': 1,
  'IPv6 noprefixroute': 2,
  'IPv6 nodad': 5
}
const RARE = [
  'label empty',
  'label truncated',
  'label truncated to the beginning of two names',
  "label truncated to another link's name",
  'lo up without ::1'
]

/** @param {import('./namespace').Namespace} ns */
const listIpv6 = (ns) =>
  JSON.stringify(
    ipJson(ns, ['-6', 'addr', 'show']).map(({ ifname, addr_info: addresses }) => [
      ifname,
      addresses.map((/** @type {{ local: string }} */ { local }) => local)
    ])
  )

/**
 * Reads in every mode. Duplicate address detection deletes an address that has a lifetime and that the other end of a
 * veth has too (addrconf_dad_stop()). If that happens meanwhile, reads again.
 *
 * @param {import('./topology-readers').Readers} readers
 * @param {import('./namespace').Namespace} ns
 */
async function readUnchanged(readers, ns) {
  for (;;) {
    const before = listIpv6(ns)
    const readings = await readers.read(ns)
    if (listIpv6(ns) === before) return readings
  }
}

/**
 * Checks every mode's reading.
 *
 * @type {import('./topology-lanes').Property['check']}
 */
async function check(readers, ns, { ordinary }) {
  const readings = await readUnchanged(readers, ns)
  const description = describe(ns)
  checkReadings(readings, description, ordinary)
  return description.counts
}

/**
 * Adds a test that checks the property on generated topologies.
 *
 * @param {import('tap').Test} t of the file
 * @param {{ runs: number }} defaults
 */
function testTopologies(t, defaults) {
  const name = 'networkInterfaces()'
  return testProperty(t, defaults, { name, check, minimum: MINIMUM_A_TOPOLOGY, rare: RARE })
}

module.exports = { testTopologies }
