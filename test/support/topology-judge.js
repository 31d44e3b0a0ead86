'use strict'

// What each mode must give, given what the native function said outside the sandbox and what ip(8) says
// of the addresses: which ones ours may get wrong or leave out, and then must say so.

const assert = require('node:assert/strict')

/** @typedef {import('./topology').Reading} Reading */
/** @typedef {{ link: string, label: string, foreign: boolean, address: string, prefix: number }} Fact */
/** @typedef {import('node:os').NetworkInterfaceInfo & { key: string }} Entry */

/** @param {string} answer @returns {Entry[]} */
const flat = (answer) =>
  Object.entries(JSON.parse(answer)).flatMap(([key, entries]) =>
    entries.map((/** @type {any} */ entry) => ({ key, ...entry }))
  )

/** @param {{ key?: string, name?: string, address: string }} entry */
const place = ({ key, name, address }) => `${key ?? name} ${address}`

/** The scope of an IPv6 address, as the kernel orders addresses. @param {string} address */
function scope(address) {
  if (/^fe[89ab]/.test(address) || address === '::1') return 2
  return /^fe[cdef]/.test(address) ? 5 : 14
}

/**
 * The kernel's order among the addresses of one scope on one link is not to be had without netlink.
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
      scope(first.address) === scope(entry.address)
    if (same) runs[runs.length - 1].push(entry)
    else runs.push([entry])
  }
  return runs.flatMap((run) => run.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)))
}

/** @param {Entry} entry */
const unmasked = ({ netmask, cidr, ...entry }) => entry

/** @param {any[]} entries */
const asSet = (entries) => entries.map((entry) => JSON.stringify(entry)).sort()

/** @param {Reading} reading @param {string} property */
const inferredOf = ({ diagnosis }, property) =>
  new Set(diagnosis.inferred.filter((one) => one.property === property).map(place))

/** What is strange about the IPv4 addresses of a topology. */
class Facts {
  /** @type {Map<string, Fact[]>} by place */
  #byPlace = new Map()
  /** @type {Map<string, number>} */
  #copies = new Map()

  /** @param {Fact[]} facts */
  constructor(facts) {
    for (const fact of facts) {
      const key = place({ key: fact.label || fact.link, address: fact.address })
      this.#byPlace.set(key, [...(this.#byPlace.get(key) ?? []), fact])
      this.#copies.set(fact.address, (this.#copies.get(fact.address) ?? 0) + 1)
    }
  }

  /** @param {string} where */
  #facts(where) {
    const facts = this.#byPlace.get(where)
    if (!facts) throw new Error(`invented: no link has ${where}`)
    return facts
  }

  get places() {
    return [...this.#byPlace.keys()]
  }

  /** Its label is not of its link. @param {string} where */
  isForeign(where) {
    return this.#facts(where).some(({ foreign }) => foreign)
  }

  /** Its label is empty; it is known by its link's name. @param {string} where */
  isUnlabelled(where) {
    return this.#facts(where).some(({ label }) => label === '')
  }

  /** Two addresses look the same. @param {string} where */
  isRepeated(where) {
    return this.#facts(where).length > 1
  }

  /** The address is there more than once, under any label. @param {string} where */
  isShared(where) {
    return (this.#copies.get(where.slice(where.lastIndexOf(' ') + 1)) ?? 0) > 1
  }
}

/**
 * Compares the IPv4 addresses: what is not excused must be there and alike, in the same order where none
 * is excused.
 *
 * @param {Reading} reading
 * @param {Entry[]} native
 * @param {string[]} places of all addresses, shown or not
 * @param {{ maskMayDiffer: (where: string) => boolean, mayBeWrong: (where: string) => boolean }} excuses
 */
function compareIPv4(reading, native, places, { maskMayDiffer, mayBeWrong }) {
  const ours = flat(reading.ours.answer ?? '{}')
  /** @param {Entry[]} entries */
  const judged = (entries) =>
    entries
      .filter((entry) => entry.family === 'IPv4' && !mayBeWrong(place(entry)))
      .map((entry) => (maskMayDiffer(place(entry)) ? unmasked(entry) : entry))
  const [actual, expected] = [judged(ours), judged(native)]
  if (places.some(mayBeWrong)) assert.deepEqual(asSet(actual), asSet(expected), 'IPv4')
  else assert.deepEqual(actual, expected, 'IPv4')
}

/**
 * @param {Reading} reading @param {Entry[]} native
 * @param {{ anyOrder: boolean }} options of the keys: an IPv4 address left out may have been its key's first
 */
function compareIPv6(reading, native, { anyOrder }) {
  /** @param {Entry[]} entries */
  const only = (entries) => {
    const sorted = sortWithinScope(entries.filter(({ family }) => family === 'IPv6'))
    return anyOrder ? sorted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) : sorted
  }
  assert.deepEqual(only(flat(reading.ours.answer ?? '{}')), only(native), 'IPv6')
}

/**
 * Asserts of each place that it is in a set exactly if it should be.
 *
 * @param {string} what
 * @param {Iterable<string>} places
 * @param {Set<string>} set
 * @param {(where: string) => boolean | undefined} should undefined: either way
 */
function assertListed(what, places, set, should) {
  for (const where of places) {
    const wanted = should(where)
    if (wanted !== undefined) assert.equal(set.has(where), wanted, `${what}: ${where}`)
  }
}

/** @param {Reading} reading */
const omittedOf = ({ diagnosis }) => new Set(diagnosis.omitted.map(place))

/**
 * @param {Reading} reading
 * @param {Facts} facts
 */
function placesTold(reading, facts) {
  const omitted = omittedOf(reading)
  // An omitted address is listed under its label, which may be empty.
  const isOmitted = (/** @type {string} */ where) =>
    omitted.has(where) ||
    (facts.isUnlabelled(where) && omitted.has(where.slice(where.lastIndexOf(' '))))
  return { isOmitted, told: facts.places.filter((where) => !isOmitted(where)) }
}

/** rtnetlink: the very same. @param {Reading} reading */
function judgeRtnetlink(reading) {
  assert.equal(reading.ours.answer, reading.native.answer)
  assert.equal(reading.diagnosis.complete, true)
}

/**
 * netlink denied. Only where a label is not of its link, or two addresses look the same, can the kernel
 * not be asked for all.
 *
 * @param {Reading} reading @param {Entry[]} native @param {Facts} facts
 * @param {{ proc: boolean }} options
 */
function judgeInet(reading, native, facts, { proc }) {
  const { isOmitted, told } = placesTold(reading, facts)
  const netmask = inferredOf(reading, 'netmask')
  const state = inferredOf(reading, 'state')
  const strange = (/** @type {string} */ where) => facts.isForeign(where) || facts.isRepeated(where)
  assertListed('omitted', facts.places, new Set(facts.places.filter(isOmitted)), (where) =>
    !facts.isForeign(where) ? false : proc && !facts.isShared(where) ? false : undefined
  )
  assertListed('netmask inferred', told, netmask, (where) =>
    facts.isRepeated(where) || facts.isForeign(where) ? undefined : false
  )
  assertListed('link inferred', told, state, (where) =>
    facts.isRepeated(where) ? undefined : facts.isShared(where) ? undefined : false
  )
  compareIPv4(reading, native, facts.places, {
    maskMayDiffer: (where) => netmask.has(where),
    mayBeWrong: (where) => isOmitted(where) || state.has(where)
  })
  if (told.length === facts.places.length && !told.some(strange))
    assert.equal(reading.diagnosis.complete, proc)
}

/**
 * netlink and inet denied: netmasks are inferred.
 *
 * @param {Reading} reading @param {Entry[]} native @param {Facts} facts
 * @param {{ ordinary: boolean, inet6: boolean }} options
 */
function judgeWithoutInet(reading, native, facts, { ordinary, inet6 }) {
  const { isOmitted, told } = placesTold(reading, facts)
  const netmask = inferredOf(reading, 'netmask')
  const state = inferredOf(reading, 'state')
  assertListed('omitted', facts.places, new Set(facts.places.filter(isOmitted)), (where) =>
    !facts.isForeign(where) ? false : inet6 && !facts.isShared(where) ? false : undefined
  )
  assertListed('netmask inferred', told, netmask, () => true)
  assertListed('link inferred', told, state, (where) =>
    !inet6 ? undefined : facts.isShared(where) ? undefined : false
  )
  compareIPv4(reading, native, facts.places, {
    maskMayDiffer: () => !ordinary,
    mayBeWrong: (where) => isOmitted(where) || (facts.isForeign(where) && state.has(where))
  })
}

/**
 * Every socket denied: IPv6 alone. That a link has no carrier is not to be seen.
 *
 * @param {Reading} reading @param {Entry[]} native
 */
function judgeProcfs(reading, native) {
  const state = inferredOf(reading, 'state')
  const mac = inferredOf(reading, 'mac')
  const ours = flat(reading.ours.answer ?? '{}')
  const expected = native
    .filter(({ family }) => family === 'IPv6')
    .map((entry) => ({ ...entry, mac: '00:00:00:00:00:00' }))
  const wanted = asSet(expected)
  const surplus = ours.filter((entry) => {
    const at = wanted.indexOf(JSON.stringify(entry))
    if (at >= 0) wanted.splice(at, 1)
    return at < 0
  })
  assert.deepEqual(asSet(ours.filter((entry) => !surplus.includes(entry))), asSet(expected))
  for (const entry of ours) {
    assert.equal(entry.family, 'IPv6')
    assert.ok(state.has(place(entry)) && mac.has(place(entry)), `inferred: ${place(entry)}`)
  }
  // The native function hides them for their links' sake alone.
  const shown = new Set(native.filter(({ family }) => family === 'IPv6').map(({ key }) => key))
  for (const { key } of surplus) {
    // Names that are no UTF-8 become the same key.
    if (!key.includes('\ufffd')) assert.equal(shown.has(key), false, `${key} is not running`)
  }
  assert.deepEqual(reading.diagnosis.missing, ['links', 'ipv4'])
}

/**
 * @param {Record<keyof typeof import('./topology-readers').modes, Reading>} readings
 * @param {Fact[]} addresses
 * @param {boolean} ordinary
 */
function judge(readings, addresses, ordinary) {
  const { rtnetlink } = readings
  if (rtnetlink.native.answer === undefined) throw new Error(`native: ${rtnetlink.native.error}`)
  const native = flat(rtnetlink.native.answer)
  const facts = new Facts(addresses)
  const isForeign = facts.places.some((where) => facts.isForeign(where))
  /** @param {keyof typeof readings} mode @param {(reading: Reading) => void} assertions */
  const inMode = (mode, assertions) => {
    try {
      assert.equal(readings[mode].ours.error, undefined)
      assertions(readings[mode])
    } catch (error) {
      throw new Error(`mode "${mode}": ${/** @type {Error} */ (error).message}`, { cause: error })
    }
  }
  inMode('rtnetlink', judgeRtnetlink)
  inMode('no netlink', (reading) => {
    judgeInet(reading, native, facts, { proc: true })
    compareIPv6(reading, native, { anyOrder: isForeign })
    assert.deepEqual(reading.diagnosis.missing, [])
  })
  inMode('no netlink, no inet', (reading) => {
    judgeWithoutInet(reading, native, facts, { ordinary, inet6: true })
    compareIPv6(reading, native, { anyOrder: isForeign })
    assert.deepEqual(reading.diagnosis.missing, [])
  })
  inMode('no socket', (reading) => {
    judgeWithoutInet(reading, native, facts, { ordinary, inet6: false })
    compareIPv6(reading, native, { anyOrder: isForeign })
    assert.deepEqual(reading.diagnosis.missing, [])
  })
  inMode('no socket, no socketpair', (reading) => judgeProcfs(reading, native))
  inMode('no netlink, no /proc', (reading) => {
    judgeInet(reading, native, facts, { proc: false })
    assert.equal(
      flat(reading.ours.answer ?? '{}').some(({ family }) => family === 'IPv6'),
      false
    )
    assert.deepEqual(reading.diagnosis.missing, ['ipv6'])
    const { status, syscall } = reading.diagnosis.sources[2]
    assert.deepEqual({ status, syscall }, { status: 'denied', syscall: 'open(/proc/net/if_inet6)' })
  })
}

module.exports = { judge }
