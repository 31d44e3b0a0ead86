'use strict'

// What the package must report in each mode. The reference is the native function's answer outside the
// sandbox, together with ip(8)'s list of addresses. Some addresses cannot be reported correctly, or at all,
// in a mode; the diagnosis must then say so.

const assert = require('node:assert/strict')
const { modes } = require('./topology-readers')

/** @typedef {import('./topology-readers').Reading} Reading */
/** @typedef {{ link: string, label: string, foreign: boolean, address: string, prefix: number }} LabelledAddress */
/** @typedef {import('node:os').NetworkInterfaceInfo & { key: string }} Entry */

/** @param {string} answer @returns {Entry[]} */
const flatten = (answer) =>
  Object.entries(JSON.parse(answer)).flatMap(([key, entries]) =>
    entries.map((/** @type {any} */ entry) => ({ key, ...entry }))
  )

/**
 * An address together with the key or label that it is reported under.
 *
 * @param {{ key?: string, name?: string, address: string }} entry
 */
const idOf = ({ key, name, address }) => `${key ?? name} ${address}`

/** The scope of an IPv6 address, as the kernel orders addresses. @param {string} address */
function scopeOf(address) {
  if (/^fe[89ab]/.test(address) || address === '::1') return 2
  return /^fe[cdef]/.test(address) ? 5 : 14
}

/**
 * Only netlink reports the kernel's order of a link's addresses within one scope.
 *
 * @param {Entry[]} entries
 */
function sortWithinScope(entries) {
  /** @type {Entry[][]} */
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

/** A topology's IPv4 addresses, and what is unusual about them. */
class LabelledAddresses {
  /** @type {Map<string, LabelledAddress[]>} */
  #byId = new Map()
  /** @type {Map<string, number>} */
  #copies = new Map()

  /** @param {LabelledAddress[]} addresses */
  constructor(addresses) {
    for (const labelled of addresses) {
      const { label, link, address } = labelled
      const id = idOf({ key: label || link, address })
      this.#byId.set(id, [...(this.#byId.get(id) ?? []), labelled])
      this.#copies.set(address, (this.#copies.get(address) ?? 0) + 1)
    }
  }

  /** @param {string} id */
  #get(id) {
    const addresses = this.#byId.get(id)
    if (!addresses) throw new Error(`invented: no link has ${id}`)
    return addresses
  }

  get ids() {
    return [...this.#byId.keys()]
  }

  /** Its label does not name its link. @param {string} id */
  isForeign(id) {
    return this.#get(id).some(({ foreign }) => foreign)
  }

  /** Its label is empty, so its id has the link's name. @param {string} id */
  isUnlabelled(id) {
    return this.#get(id).some(({ label }) => label === '')
  }

  /** Two addresses have this id. @param {string} id */
  isRepeated(id) {
    return this.#get(id).length > 1
  }

  /** The address exists more than once, under any label. @param {string} id */
  isShared(id) {
    return (this.#copies.get(id.slice(id.lastIndexOf(' ') + 1)) ?? 0) > 1
  }
}

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

/** rtnetlink answers: the result is the same, in the same order. @param {Reading} reading */
function checkRtnetlink(reading) {
  assert.equal(reading.ours.answer, reading.native.answer)
  assert.equal(reading.diagnosis.complete, true)
}

/**
 * netlink is denied. The remaining sources cannot resolve an address whose label does not name its link, nor
 * two addresses with the same id.
 *
 * @param {Reading} reading @param {Entry[]} native @param {LabelledAddresses} addresses
 * @param {{ proc: boolean }} options
 */
function checkWithoutNetlink(reading, native, addresses, { proc }) {
  const { isOmitted, reported } = splitByOmission(reading, addresses)
  const netmask = inferredIds(reading, 'netmask')
  const state = inferredIds(reading, 'state')
  const isUnusual = (/** @type {string} */ id) =>
    addresses.isForeign(id) || addresses.isRepeated(id)
  assertListed('omitted', addresses.ids, new Set(addresses.ids.filter(isOmitted)), (id) =>
    !addresses.isForeign(id) ? false : proc && !addresses.isShared(id) ? false : undefined
  )
  assertListed('netmask inferred', reported, netmask, (id) => (isUnusual(id) ? undefined : false))
  assertListed('link inferred', reported, state, (id) =>
    addresses.isRepeated(id) ? undefined : addresses.isShared(id) ? undefined : false
  )
  compareIPv4(reading, native, addresses.ids, {
    isMaskUncertain: (id) => netmask.has(id),
    isUncertain: (id) => isOmitted(id) || state.has(id)
  })
  if (reported.length === addresses.ids.length && !reported.some(isUnusual))
    assert.equal(reading.diagnosis.complete, proc)
}

/**
 * netlink and AF_INET are denied: netmasks are inferred.
 *
 * @param {Reading} reading @param {Entry[]} native @param {LabelledAddresses} addresses
 * @param {{ ordinary: boolean, inet6: boolean }} options
 */
function checkWithoutInet(reading, native, addresses, { ordinary, inet6 }) {
  const { isOmitted, reported } = splitByOmission(reading, addresses)
  const netmask = inferredIds(reading, 'netmask')
  const state = inferredIds(reading, 'state')
  assertListed('omitted', addresses.ids, new Set(addresses.ids.filter(isOmitted)), (id) =>
    !addresses.isForeign(id) ? false : inet6 && !addresses.isShared(id) ? false : undefined
  )
  assertListed('netmask inferred', reported, netmask, () => true)
  assertListed('link inferred', reported, state, (id) =>
    !inet6 ? undefined : addresses.isShared(id) ? undefined : false
  )
  compareIPv4(reading, native, addresses.ids, {
    isMaskUncertain: () => !ordinary,
    isUncertain: (id) => isOmitted(id) || (addresses.isForeign(id) && state.has(id))
  })
}

/**
 * Every socket is denied: procfs reports IPv6 only, and does not report whether a link has a carrier.
 *
 * @param {Reading} reading @param {Entry[]} native
 */
function checkProcfs(reading, native) {
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
  assert.deepEqual(
    sortedJson(ours.filter((entry) => !surplus.includes(entry))),
    sortedJson(expected)
  )
  for (const entry of ours) {
    assert.equal(entry.family, 'IPv6')
    assert.ok(state.has(idOf(entry)) && mac.has(idOf(entry)), `inferred: ${idOf(entry)}`)
  }
  // The native function hides an address only because its link is not running.
  const shown = new Set(native.filter(({ family }) => family === 'IPv6').map(({ key }) => key))
  for (const { key } of surplus) {
    // Different names that are not UTF-8 become the same key.
    if (!key.includes('\ufffd')) assert.equal(shown.has(key), false, `${key} is not running`)
  }
  assert.deepEqual(reading.diagnosis.missing, ['links', 'ipv4'])
}

/**
 * Throws if the reading of any mode is not as expected.
 *
 * @param {Record<keyof typeof import('./topology-readers').modes, Reading>} readings
 * @param {LabelledAddress[]} labelledAddresses
 * @param {boolean} ordinary
 */
function checkReadings(readings, labelledAddresses, ordinary) {
  const { rtnetlink } = readings
  if (rtnetlink.native.answer === undefined) throw new Error(rtnetlink.native.error.message)
  const native = flatten(rtnetlink.native.answer)
  const addresses = new LabelledAddresses(labelledAddresses)
  const anyOrder = addresses.ids.some((id) => addresses.isForeign(id))
  /** @param {keyof typeof readings} mode @param {(reading: Reading) => void} assertions */
  const checkMode = (mode, assertions) => {
    try {
      assert.equal(readings[mode].ours.error, undefined)
      assertions(readings[mode])
    } catch (error) {
      throw new Error(`mode "${mode}": ${/** @type {Error} */ (error).message}`, { cause: error })
    }
  }
  checkMode('rtnetlink', checkRtnetlink)
  checkMode('no netlink', (reading) => {
    checkWithoutNetlink(reading, native, addresses, { proc: true })
    compareIPv6(reading, native, { anyOrder })
    assert.deepEqual(reading.diagnosis.missing, [])
  })
  checkMode('no netlink, no inet', (reading) => {
    checkWithoutInet(reading, native, addresses, { ordinary, inet6: true })
    compareIPv6(reading, native, { anyOrder })
    assert.deepEqual(reading.diagnosis.missing, [])
  })
  checkMode('no socket', (reading) => {
    checkWithoutInet(reading, native, addresses, { ordinary, inet6: false })
    compareIPv6(reading, native, { anyOrder })
    assert.deepEqual(reading.diagnosis.missing, [])
  })
  checkMode('no socket, no socketpair', (reading) => checkProcfs(reading, native))
  if (!('no netlink, no /proc' in modes)) return
  checkMode('no netlink, no /proc', (reading) => {
    checkWithoutNetlink(reading, native, addresses, { proc: false })
    assert.equal(
      flatten(reading.ours.answer ?? '{}').some(({ family }) => family === 'IPv6'),
      false
    )
    assert.deepEqual(reading.diagnosis.missing, ['ipv6'])
    const { status, syscall } = reading.diagnosis.sources[2]
    assert.deepEqual({ status, syscall }, { status: 'denied', syscall: 'open(/proc/net/if_inet6)' })
  })
}

module.exports = { checkReadings }
