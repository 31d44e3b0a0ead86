'use strict'

// What the package must report in each mode. The reference is the native function's answer outside the
// sandbox, together with ip(8)'s list of addresses. Some addresses cannot be reported correctly, or at all,
// in a mode; the diagnosis must then say so.

const assert = require('node:assert/strict')
const {
  LabelledAddresses,
  addressOf,
  countEqual,
  idOf,
  rules
} = require('./topology-expected-addresses')

/** @typedef {import('./topology-readers').Reading} Reading */
/** @typedef {keyof typeof import('./topology-readers').modes} Mode */
/** @typedef {import('./topology-description').Description} Description */
/** @typedef {import('./topology-expected-addresses').Rule} Rule */
/** @typedef {import('./topology-description').Link} Link */
/** @typedef {import('node:os').NetworkInterfaceInfo & { key: string }} Entry */

/** @param {string} answer @returns {Entry[]} */
const flatten = (answer) =>
  Object.entries(JSON.parse(answer)).flatMap(([key, entries]) =>
    entries.map((/** @type {any} */ entry) => ({ key, ...entry }))
  )

/** The scope of an IPv6 address, as the kernel orders addresses. @param {string} address */
function scopeOf(address) {
  if (/^(fe[89ab]|ff02:)/.test(address) || address === '::1') return 2
  return /^fe[cdef]/.test(address) ? 5 : 14
}

/**
 * Only netlink reports the kernel's order of a link's addresses within one scope.
 *
 * @template {{ family: string, address: string, key?: string }} T
 * @param {T[]} entries with one key, those of a link
 */
function sortWithinScope(entries) {
  /** @type {T[][]} */
  const runs = []
  for (const entry of entries) {
    const [first] = runs.at(-1) ?? []
    const same =
      first?.family === 'IPv6' &&
      entry.family === 'IPv6' &&
      first.key === entry.key &&
      scopeOf(first.address) === scopeOf(entry.address)
    if (same) runs[runs.length - 1].push(entry)
    else runs.push([entry])
  }
  return runs.flatMap((run) => run.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)))
}

/** @param {Entry} entry */
const withoutMask = ({ netmask, cidr, ...entry }) => entry

/** @param {any[]} entries */
const sortedJson = (entries) => entries.map((entry) => JSON.stringify(entry)).sort()

/** @param {Reading} reading @param {string} property */
const inferredIds = ({ diagnosis }, property) =>
  new Set(diagnosis.inferred.filter((inference) => inference.property === property).map(idOf))

/**
 * Compares the IPv4 entries. Entries that are not uncertain must be equal; if none is uncertain, their order
 * must be equal too.
 *
 * @param {Reading} reading
 * @param {Entry[]} native
 * @param {string[]} ids of all addresses, reported or not
 * @param {{ isMaskUncertain: (id: string) => boolean, isUncertain: (id: string) => boolean }} tolerances
 */
function compareIPv4(reading, native, ids, { isMaskUncertain, isUncertain }) {
  const ours = flatten(reading.ours.answer ?? '{}')
  /** @param {Entry[]} entries */
  const comparable = (entries) =>
    entries
      .filter((entry) => entry.family === 'IPv4' && !isUncertain(idOf(entry)))
      .map((entry) => (isMaskUncertain(idOf(entry)) ? withoutMask(entry) : entry))
  const [actual, expected] = [comparable(ours), comparable(native)]
  if (ids.some(isUncertain)) assert.deepEqual(sortedJson(actual), sortedJson(expected), 'IPv4')
  else assert.deepEqual(actual, expected, 'IPv4')
}

/**
 * @param {Reading} reading @param {Entry[]} native
 * @param {{ anyOrder: boolean }} options of the keys: an omitted IPv4 address can be the first of its key
 */
function compareIPv6(reading, native, { anyOrder }) {
  /** @param {Entry[]} entries */
  const comparable = (entries) => {
    const sorted = sortWithinScope(entries.filter(({ family }) => family === 'IPv6'))
    return anyOrder ? sorted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) : sorted
  }
  assert.deepEqual(comparable(flatten(reading.ours.answer ?? '{}')), comparable(native), 'IPv6')
}

/**
 * Asserts for each id that it is in a set if and only if it is expected there.
 *
 * @param {string} description
 * @param {Iterable<string>} ids
 * @param {Set<string>} set
 * @param {(id: string) => boolean | undefined} isExpected undefined: either is right
 */
function assertListed(description, ids, set, isExpected) {
  for (const id of ids) {
    const expected = isExpected(id)
    if (expected !== undefined) assert.equal(set.has(id), expected, `${description}: ${id}`)
  }
}

/**
 * @param {Reading} reading
 * @param {LabelledAddresses} addresses
 */
function splitByOmission({ diagnosis }, addresses) {
  const omitted = new Set(diagnosis.omitted.map(idOf))
  // The diagnosis lists an omitted address under its label, which can be empty.
  const isOmitted = (/** @type {string} */ id) =>
    omitted.has(id) || (addresses.isUnlabelled(id) && omitted.has(id.slice(id.lastIndexOf(' '))))
  return { isOmitted, reported: addresses.ids.filter((id) => !isOmitted(id)) }
}

/**
 * An address that the native function reports must be in our result or in `omitted`, or its state must be inferred.
 * What we report must exist.
 *
 * @param {Reading} reading @param {Entry[]} native @param {LabelledAddresses} addresses
 */
function checkNothingLost(reading, native, addresses) {
  const isIPv4 = (/** @type {Entry} */ { family }) => family === 'IPv4'
  const ours = flatten(reading.ours.answer ?? '{}').filter(isIPv4)
  const [oursById, nativeById] = [ours, native.filter(isIPv4)].map((list) =>
    countEqual(list.map(idOf))
  )
  const omittedById = countEqual(reading.diagnosis.omitted.map(idOf))
  const state = inferredIds(reading, 'state')
  for (const [id, count] of nativeById) {
    const omitted =
      (omittedById.get(id) ?? 0) +
      (addresses.isUnlabelled(id) ? (omittedById.get(` ${addressOf(id)}`) ?? 0) : 0)
    assert.ok(state.has(id) || (oursById.get(id) ?? 0) + omitted >= count, `lost: ${id}`)
  }
  for (const [id, count] of oursById) {
    assert.ok(count <= addresses.get(id).length, `invented: ${id}`)
    assert.ok(state.has(id) || count <= (nativeById.get(id) ?? 0), `not shown: ${id}`)
  }
  const accounted = countEqual([...ours, ...reading.diagnosis.omitted].map((one) => one.address))
  for (const [address, count] of accounted)
    assert.ok(count <= addresses.countCopies(address), `reported and omitted: ${address}`)
}

/** rtnetlink answers: the result is the same, in the same order. @param {Reading} reading */
function checkRtnetlink(reading) {
  assert.equal(reading.ours.answer, reading.native.answer)
  assert.equal(reading.diagnosis.complete, true)
}

/**
 * netlink is denied, but a socket can be opened.
 *
 * @param {Reading} reading @param {Entry[]} native @param {LabelledAddresses} addresses
 * @param {{ ruleOf: (id: string) => Rule, ordinary: boolean }} options
 */
function checkWithoutNetlink(reading, native, addresses, { ruleOf, ordinary }) {
  const { isOmitted, reported } = splitByOmission(reading, addresses)
  const netmask = inferredIds(reading, 'netmask')
  const state = inferredIds(reading, 'state')
  const omitted = new Set(addresses.ids.filter(isOmitted))
  assertListed('omitted', addresses.ids, omitted, (id) => ruleOf(id).omitted)
  assertListed('netmask inferred', reported, netmask, (id) => ruleOf(id).netmask)
  assertListed('link inferred', reported, state, (id) => ruleOf(id).state)
  checkNothingLost(reading, native, addresses)
  const isUncertain = (/** @type {string} */ id) =>
    isOmitted(id) || (state.has(id) && !ruleOf(id).isCertain)
  compareIPv4(reading, native, addresses.ids, {
    isMaskUncertain: (id) => !ordinary && netmask.has(id),
    isUncertain
  })
  return addresses.ids.some(isUncertain)
}

/**
 * Every socket is denied: procfs reports IPv6 only, and does not report whether a link has a carrier.
 *
 * @param {Reading} reading @param {Entry[]} native @param {Link[]} links
 */
function checkProcfs(reading, native, links) {
  const state = inferredIds(reading, 'state')
  const mac = inferredIds(reading, 'mac')
  const ours = flatten(reading.ours.answer ?? '{}')
  const expected = native
    .filter(({ family }) => family === 'IPv6')
    .map((entry) => ({ ...entry, mac: '00:00:00:00:00:00' }))
  const unmatched = sortedJson(expected)
  const surplus = ours.filter((entry) => {
    const index = unmatched.indexOf(JSON.stringify(entry))
    if (index >= 0) unmatched.splice(index, 1)
    return index < 0
  })
  // Without routes but those to its own addresses, a link that is up is like one that is down.
  const unconfigured = links.filter(({ isConfigured }) => !isConfigured).map(({ name }) => name)
  assert.deepEqual(
    unmatched.filter((json) => !unconfigured.includes(JSON.parse(json).key)),
    []
  )
  for (const entry of ours) {
    assert.equal(entry.family, 'IPv6')
    assert.ok(state.has(idOf(entry)) && mac.has(idOf(entry)), `inferred: ${idOf(entry)}`)
  }
  const shownWrongly = new Set(
    links
      .filter(({ isUp, isRunning, isUndetecting }) => (isUp ? !isRunning : isUndetecting))
      .map(({ name }) => name)
  )
  for (const { key } of surplus)
    assert.ok(shownWrongly.has(key), `${key} has a carrier, or is down and neither a tunnel nor lo`)
  assert.deepEqual(reading.diagnosis.missing, ['links', 'ipv4'])
}

/**
 * Throws if the reading of any mode is not as expected. One of rtnetlink is always needed.
 *
 * @param {Partial<Record<Mode, Reading>> & { rtnetlink: Reading }} readings
 * @param {Description} description
 * @param {boolean} ordinary
 */
function checkReadings(readings, { links, addresses: labelled }, ordinary) {
  const { rtnetlink } = readings
  if (rtnetlink.native.answer === undefined) throw new Error(rtnetlink.native.error.message)
  const native = flatten(rtnetlink.native.answer)
  const addresses = new LabelledAddresses(labelled)
  /** @param {Mode} mode @param {(reading: Reading) => void} assertions */
  const checkMode = (mode, assertions) => {
    const reading = readings[mode]
    if (reading === undefined) return
    try {
      const { ours, diagnosis } = reading
      assert.equal(ours.error, undefined)
      assertions(reading)
      const gaps = [diagnosis.missing, diagnosis.inferred, diagnosis.omitted].flat()
      assert.equal(diagnosis.complete, gaps.length === 0, 'complete')
    } catch (error) {
      throw new Error(`mode "${mode}": ${/** @type {Error} */ (error).message}`, { cause: error })
    }
  }
  checkMode('rtnetlink', checkRtnetlink)
  for (const mode of /** @type {const} */ (['no netlink', 'no netlink, no inet', 'no socket']))
    checkMode(mode, (reading) => {
      const anyOrder = checkWithoutNetlink(reading, native, addresses, {
        ruleOf: (id) => rules[mode](addresses, id),
        ordinary
      })
      compareIPv6(reading, native, { anyOrder })
      assert.deepEqual(reading.diagnosis.missing, [])
    })
  checkMode('no socket, no socketpair', (reading) => checkProcfs(reading, native, links))
  const mode = 'no netlink, no /proc'
  checkMode(mode, (reading) => {
    checkWithoutNetlink(reading, native, addresses, {
      ruleOf: (id) => rules[mode](addresses, id),
      ordinary: false
    })
    assert.equal(
      flatten(reading.ours.answer ?? '{}').some(({ family }) => family === 'IPv6'),
      false
    )
    assert.deepEqual(reading.diagnosis.missing, ['ipv6'])
    const { status, syscall } = reading.diagnosis.sources[2]
    assert.deepEqual({ status, syscall }, { status: 'denied', syscall: 'open(/proc/net/if_inet6)' })
  })
}

module.exports = { checkReadings, sortWithinScope, sortedJson }
