'use strict'

// What interfaces() must return in each mode: what ip(8) says, without what the refused calls would have reported.

const assert = require('node:assert/strict')
const { subnetOf } = require('./ip-interfaces')
const { LabelledAddresses, countEqual, idOf, rules } = require('./topology-expected-addresses')
const { sortWithinScope, sortedJson } = require('./topology-expectations')

/** @typedef {import('../../lib/index').Interface} Interface */
/** @typedef {import('../../lib/index').InterfaceAddress} Address */
/** @typedef {Address & { link: string, index: number | null, isDown: boolean }} Entry an address, and its link */
/** @typedef {import('./topology-readers').Reading} Reading */
/** @typedef {keyof typeof import('./topology-readers').modes} Mode */
/** @typedef {import('./topology-description').Description} Description */

// SIOCGIFHWADDR reports 14 bytes. In text, each takes two digits and a colon.
const HWADDR_TEXT_MAX = 14 * 3 - 1
// SIOCGIFFLAGS has 16 bits, /proc/net/if_inet6 has 8.
const IOCTL_LACKS = ['lower-up', 'dormant', 'echo']
const PROCFS_FLAGS = [
  ...['temporary', 'nodad', 'optimistic', 'dadfailed', 'homeaddress', 'deprecated', 'tentative'],
  'permanent'
]
const SUBNET = /** @type {const} */ (['prefixLength', 'netmask', 'cidr'])

/** @param {Reading} reading @returns {Interface[]} */
function interfacesOf({ interfaces }) {
  assert.equal(interfaces.error, undefined)
  return JSON.parse(interfaces.answer ?? '')
}

/** @param {Interface} link */
const withoutAddresses = ({ addresses, ...link }) => link

/** A link as ioctl(2) reports it. @param {Interface} link */
function byIoctl(link) {
  // IFF_RUNNING is all it reports of the state of a link that is up.
  const isUncertain = link.state === 'dormant' || link.state === 'no-carrier'
  return {
    ...withoutAddresses(link),
    state: isUncertain ? 'no-carrier' : link.state,
    kind: null,
    mac: (link.mac?.length ?? 0) > HWADDR_TEXT_MAX ? null : link.mac,
    flags: link.flags?.filter((flag) => !IOCTL_LACKS.includes(flag)),
    alternativeNames: null,
    inferred: isUncertain ? ['state'] : []
  }
}

/** A link as procfs reports it: only its IPv6 addresses show that there is one. @param {Interface} link */
function byProcfs(link) {
  return {
    ...withoutAddresses(link),
    ...{ type: null, kind: null, mac: null, mtu: null, flags: null, alternativeNames: null },
    inferred: ['state', 'internal']
  }
}

/** @param {Interface} link @returns {Address[]} its IPv6 addresses as procfs reports them */
const ipv6ByProcfs = (link) =>
  link.addresses
    .filter(({ family }) => family === 'IPv6')
    .map((address) => ({
      ...address,
      peer: null,
      flags: (address.flags ?? []).filter((flag) => PROCFS_FLAGS.includes(flag))
    }))

/** @param {Interface[]} links @param {(link: Interface) => Address[]} addressesOf */
const sortedIPv6 = (links, addressesOf) =>
  links.map((link) => ({ link: link.name, addresses: sortWithinScope(addressesOf(link)) }))

/** @param {Interface[]} ours @param {Interface[]} expected */
function compareIPv6(ours, expected) {
  assert.deepEqual(
    sortedIPv6(ours, ({ addresses }) => addresses.filter(({ family }) => family === 'IPv6')),
    sortedIPv6(expected, ipv6ByProcfs)
  )
}

/** @param {Interface[]} links @returns {Entry[]} their IPv4 addresses */
const flattenIPv4 = (links) =>
  links.flatMap(({ name, index, state, addresses }) =>
    addresses
      .filter(({ family }) => family === 'IPv4')
      .map((address) => ({ ...address, link: name, index, isDown: state === 'down' }))
  )

/** @param {Entry} entry */
const entryId = ({ label, link, address }) => idOf({ key: label ?? link, address })

/** Checks a mode's IPv4 addresses. */
class IPv4Check {
  /**
   * @param {Interface[]} expected
   * @param {LabelledAddresses} addresses
   * @param {{ ruleOf: (id: string) => import('./topology-expected-addresses').Rule, asks: boolean, ordinary: boolean }} options
   *   `asks`: there is a socket that answers about addresses
   */
  constructor(expected, addresses, { ruleOf, asks, ordinary }) {
    this.expected = flattenIPv4(expected)
    this.addresses = addresses
    this.ruleOf = ruleOf
    this.asks = asks
    this.ordinary = ordinary
  }

  /** The addresses that an entry can be. @param {Entry} entry */
  candidatesFor({ label, address, index, inferred }) {
    return this.expected.filter(
      (one) =>
        one.label === label &&
        one.address === address &&
        (one.index === index || inferred.includes('link'))
    )
  }

  /** @param {Entry} entry */
  checkInferred(entry) {
    const rule = this.ruleOf(entryId(entry))
    const isSubnet = entry.inferred.includes('netmask')
    const isLink = entry.inferred.includes('link')
    const listed = [...(isSubnet ? SUBNET : []), ...(isLink ? ['link'] : [])]
    assert.deepEqual(entry.inferred, listed)
    if (rule.netmask !== undefined) assert.equal(isSubnet, rule.netmask, 'netmask inferred')
    if (rule.state !== undefined) assert.equal(isLink, rule.state, 'link inferred')
  }

  /**
   * SIOCGIFBRDADDR and SIOCGIFDSTADDR take a label and an address, so they are certain if only one address of one
   * link has these. Otherwise nothing is reported, or what is true of one of those addresses.
   *
   * @param {Entry} entry
   * @param {Entry[]} candidates
   */
  checkBroadcastAndPeer({ broadcast, peer, ...entry }, candidates) {
    const id = entryId({ ...entry, broadcast, peer })
    const { addresses } = this
    const isCertain =
      !addresses.isAmbiguous(id) && !addresses.isForeign(id) && !addresses.isRepeated(id)
    if (this.asks && isCertain) {
      const [one] = candidates
      assert.deepEqual({ broadcast, peer }, { broadcast: one.broadcast, peer: one.peer })
    } else if (broadcast !== null || peer !== null) {
      assert.ok(this.asks, 'reported without a socket that answers about addresses')
      const isTrue = candidates.some((one) => one.broadcast === broadcast && one.peer === peer)
      assert.ok(isTrue, `no such address has broadcast ${broadcast} and peer ${peer}`)
    }
  }

  /** @param {Entry} entry */
  checkEntry(entry) {
    const candidates = this.candidatesFor(entry)
    assert.ok(candidates.length > 0, 'no such address is on the link')
    this.checkInferred(entry)
    this.checkBroadcastAndPeer(entry, candidates)
    const { family, scope, scopeid, flags, address, prefixLength, netmask, cidr } = entry
    assert.deepEqual(
      { family, scope, scopeid, flags },
      { family: 'IPv4', scope: null, scopeid: null, flags: null }
    )
    assert.deepEqual({ prefixLength, netmask, cidr }, subnetOf('IPv4', address, prefixLength))
    // A link that is down has no routes, from which to infer it.
    const isInferable = this.ordinary && candidates.every(({ isDown }) => !isDown)
    if (isInferable || !entry.inferred.includes('netmask')) {
      const lengths = candidates.map((one) => one.prefixLength)
      assert.ok(lengths.includes(prefixLength), `of length ${prefixLength}, not ${lengths}`)
    }
  }

  /** Asserts that none is reported of more addresses than have it. @param {Entry[]} ours */
  checkNoneTwice(ours) {
    /** @param {Entry[]} entries */
    const count = (entries) =>
      countEqual(
        entries
          .filter(({ broadcast, peer }) => broadcast !== null || peer !== null)
          .map(({ label, address, broadcast, peer }) => `${label} ${address} ${broadcast} ${peer}`)
      )
    const most = count(this.expected)
    for (const [entry, times] of count(ours))
      assert.ok(times <= (most.get(entry) ?? 0), `broadcast or peer ${times} times: ${entry}`)
  }

  /** @param {Interface[]} links @param {Reading['diagnosis']} diagnosis */
  check(links, { omitted }) {
    const ours = flattenIPv4(links)
    for (const entry of ours) {
      try {
        this.checkEntry(entry)
      } catch (error) {
        const { message } = /** @type {Error} */ (error)
        throw new Error(`${JSON.stringify(entry)}: ${message}`, { cause: error })
      }
    }
    this.checkNoneTwice(ours)
    /** @param {{ label: string | null, address: string }} entry */
    const labelled = ({ label, address }) => ({ label: label ?? '', address })
    assert.deepEqual(
      sortedJson([
        ...ours.map(labelled),
        ...omitted.map(({ name, address }) => labelled({ label: name, address }))
      ]),
      sortedJson(this.expected.map(labelled)),
      'neither reported nor omitted, or both'
    )
    const isCertain = ours.every(({ inferred }) => !inferred.includes('link'))
    /** @param {Entry} entry */
    const placed = ({ index, label, address }) => JSON.stringify({ index, label, address })
    const [found, there] = [ours, this.expected].map((entries) => entries.map(placed))
    if (omitted.length === 0 && isCertain) return assert.deepEqual(found, there, 'order')
    const most = countEqual(there)
    const certain = ours.filter(({ inferred }) => !inferred.includes('link')).map(placed)
    for (const [entry, count] of countEqual(certain))
      assert.ok(count <= (most.get(entry) ?? 0), `${count} times ${entry}`)
  }
}

/**
 * Every socket is denied. The links' routes and addresses show whether they are up; whether they have a carrier,
 * nothing shows.
 *
 * @param {Interface[]} ours @param {Interface[]} expected @param {Description} description
 */
function checkProcfs(ours, expected, { links }) {
  const reported = expected.filter(({ addresses }) =>
    addresses.some(({ family }) => family === 'IPv6')
  )
  /** @param {{ state: Interface['state'] }} link */
  const withoutState = ({ state, ...link }) => link
  assert.deepEqual(
    ours.map((link) => withoutState(withoutAddresses(link))),
    reported.map((link) => withoutState(byProcfs(link)))
  )
  compareIPv6(ours, reported)
  assert.ok(ours.every(({ addresses }) => addresses.every(({ family }) => family === 'IPv6')))
  for (const [i, { name, state }] of ours.entries()) {
    const { state: real, flags } = reported[i]
    // Without duplicate address detection, an address can be used even if its link is down.
    const isUndetecting = flags?.includes('noarp') || flags?.includes('loopback')
    const isBetween = real === 'no-carrier' || real === 'dormant'
    const isLikeUp = isBetween || isUndetecting
    const isLikeDown = isBetween || links.some((link) => link.name === name && !link.isConfigured)
    const allowed = [real, ...(isLikeUp ? ['up'] : []), ...(isLikeDown ? ['down'] : [])]
    assert.ok(allowed.includes(state), `${name} is ${real}, not ${state}`)
  }
}

/** Only labels show which links there are. @param {Interface[]} ours @param {Interface[]} expected */
function checkLabelledLinks(ours, expected) {
  const indexes = ours.map(({ index }) => index)
  const listed = expected.filter(({ index }) => indexes.includes(index))
  assert.deepEqual(ours.map(withoutAddresses), listed.map(byIoctl))
  for (const { name, index, addresses } of expected) {
    const isLabelled = addresses.some(({ label }) => label?.split(':')[0] === name)
    assert.ok(!isLabelled || indexes.includes(index), `${name} is missing`)
  }
  assert.ok(ours.every(({ addresses }) => addresses.every(({ family }) => family === 'IPv4')))
}

/**
 * Throws if interfaces() does not return what is expected in every mode that there is a reading of.
 *
 * @param {Partial<Record<Mode, Reading>>} readings
 * @param {Interface[]} expected
 * @param {Description} description
 * @param {boolean} ordinary
 */
function checkInterfaces(readings, expected, description, ordinary) {
  const addresses = new LabelledAddresses(description.addresses)
  /** @param {keyof typeof rules} mode @param {Interface[]} ours @param {boolean} asks */
  const checkIPv4 = (mode, ours, asks) =>
    new IPv4Check(expected, addresses, {
      ruleOf: (id) => rules[mode](addresses, id),
      asks,
      ordinary: ordinary && mode !== 'no netlink, no /proc'
    }).check(ours, /** @type {Reading} */ (readings[mode]).diagnosis)
  /** @param {keyof typeof rules} mode @returns {(ours: Interface[]) => void} */
  const checkIoctl = (mode) => (ours) => {
    assert.deepEqual(ours.map(withoutAddresses), expected.map(byIoctl))
    compareIPv6(ours, expected)
    checkIPv4(mode, ours, mode === 'no netlink')
  }
  /** @type {Record<Mode, (ours: Interface[]) => void>} */
  const checks = {
    rtnetlink: (ours) => assert.deepEqual(ours, expected),
    'no netlink': checkIoctl('no netlink'),
    'no netlink, no inet': checkIoctl('no netlink, no inet'),
    'no socket': checkIoctl('no socket'),
    'no socket, no socketpair': (ours) => checkProcfs(ours, expected, description),
    'no netlink, no /proc': (ours) => {
      checkLabelledLinks(ours, expected)
      checkIPv4('no netlink, no /proc', ours, true)
    }
  }
  for (const [mode, reading] of Object.entries(readings)) {
    try {
      checks[/** @type {Mode} */ (mode)](interfacesOf(reading))
    } catch (error) {
      const { message } = /** @type {Error} */ (error)
      throw new Error(`interfaces() in mode "${mode}": ${message}`, { cause: error })
    }
  }
}

module.exports = { checkInterfaces }
