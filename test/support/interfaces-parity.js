'use strict'

// Property: on any network, interfaces() returns what ip(8) reports, or lacks only what the refused calls would
// report.

const { isDeepStrictEqual } = require('node:util')
const { checkInterfaces } = require('./interfaces-expectations')
const { ipInterfaces } = require('./ip-interfaces')
const { describe } = require('./topology-description')
const { testProperty } = require('./topology-lanes')

/** @typedef {import('../../lib/index').Interface} Interface */
/** @typedef {import('./namespace').Namespace} Namespace */
/** @typedef {import('./topology-readers').Readers} Readers */

const MAX_TRIES = 50

// A third of what a topology had on average when this was written, and less of what comes in clusters; see parity.js.
// Fewer than one topology in four have what is not listed; interfaces-cases.test.js has it.
/** @type {import('./topology-description').Counts} */
const MINIMUM_A_TOPOLOGY = {
  'state up': 3,
  'state down': 0.4,
  'state no-carrier': 0.4,
  'link without addresses': 0.05,
  'kind bridge': 0.05,
  'kind tun': 0.4,
  'kind veth': 2,
  'mac null': 0.05,
  'mtu 1280': 0.05,
  'link noarp': 0.6,
  'link pointopoint': 0.05,
  'link promisc': 0.05,
  'several alternative names': 0.05,
  broadcast: 2,
  'IPv4 deprecated': 0.8,
  'IPv4 dynamic': 0.8,
  'IPv4 noprefixroute': 0.8,
  'IPv4 peer': 1,
  'IPv4 secondary': 1,
  'IPv4 scope 55': 0.05,
  'IPv4 scope host': 1.5,
  'IPv4 scope link': 1,
  'IPv4 scope site': 0.05,
  'IPv6 deprecated': 0.6,
  'IPv6 dynamic': 1.2,
  'IPv6 homeaddress': 0.6,
  'IPv6 managetempaddr': 1,
  'IPv6 mcautojoin': 0.05,
  'IPv6 nodad': 6,
  'IPv6 noprefixroute': 1.5,
  'IPv6 peer': 0.8,
  'IPv6 scope link': 1.5,
  'IPv6 scope site': 1.5,
  'IPv6 temporary': 0.05,
  'IPv6 tentative': 1.5
}

/**
 * Reads a namespace in every mode, in one state: the kernel can end the duplicate address detection of an address
 * at any time.
 *
 * @param {Readers} readers
 * @param {Namespace} ns
 */
async function readInterfaces(readers, ns) {
  let expected = ipInterfaces(ns)
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const readings = await readers.read(ns)
    const after = ipInterfaces(ns)
    if (isDeepStrictEqual(after, expected)) return { expected, readings }
    expected = after
  }
  throw new Error(`${ns.name}: changes during every read`)
}

/** What a topology has. @param {Interface[]} links @returns {import('./topology-description').Counts} */
function countProperties(links) {
  const addresses = links.flatMap((link) => link.addresses)
  const found = [
    ...links.flatMap((link) => [
      `state ${link.state}`,
      `type ${link.type}`,
      `kind ${link.kind}`,
      `mac ${link.mac === null ? 'null' : `of ${link.mac.split(':').length} bytes`}`,
      `mtu ${link.mtu}`,
      ...(link.flags ?? []).map((flag) => `link ${flag}`),
      ...(link.addresses.length === 0 ? ['link without addresses'] : []),
      ...((link.alternativeNames?.length ?? 0) > 1 ? ['several alternative names'] : [])
    ]),
    ...addresses.flatMap(({ family, label, scope, broadcast, peer, flags }) => [
      `${family} scope ${scope}`,
      ...(flags ?? []).map((flag) => `${family} ${flag}`),
      ...(flags?.includes('permanent') ? [] : [`${family} dynamic`]),
      ...(broadcast === null ? [] : ['broadcast']),
      ...(peer === null ? [] : [`${family} peer`]),
      ...(family === 'IPv4' && label === null ? ['no label'] : [])
    ])
  ]
  /** @type {import('./topology-description').Counts} */
  const counts = {}
  for (const kind of found) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

/** @type {import('./topology-lanes').Property['check']} */
async function check(readers, ns, { ordinary }) {
  const { expected, readings } = await readInterfaces(readers, ns)
  checkInterfaces(readings, expected, describe(ns), ordinary)
  return countProperties(expected)
}

/**
 * Adds a test that checks the property on generated topologies.
 *
 * @param {import('tap').Test} t of the file
 * @param {{ runs: number }} defaults
 */
function testInterfaces(t, defaults) {
  const name = 'interfaces()'
  return testProperty(t, defaults, { name, check, minimum: MINIMUM_A_TOPOLOGY, rare: [] })
}

module.exports = { readInterfaces, testInterfaces }
