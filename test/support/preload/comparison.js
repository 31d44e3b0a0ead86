'use strict'

// Property: on any network, the preload library's lists equal glibc's, field by field, or lack only what the
// refused calls would report. Either a shim makes glibc's functions fail, so that ours has all of rtnetlink, or a
// sandbox does.

const { isDeepStrictEqual } = require('node:util')
const fc = require('fast-check')
const { preloadPath } = require('../../..')
const { requirements } = require('../requirements')
const {
  AF_INET,
  AF_INET6,
  isOf,
  readBoth,
  refuse,
  withNetwork,
  withoutLongAddresses,
  withoutNetlinkFields
} = require('./lists')
const { arbitraryNetwork, isAlternativeName } = require('./generated-networks')

// CI always uses the same networks, so that only a change to the code can make it fail.
const SEED = process.env.CI ? { seed: 1 } : {}

/** @typedef {any[]} List */

/** Names of the links with an address of a family. Without renames, a label begins with its link's name. */
function namesWith(/** @type {List} */ list, /** @type {number} */ family) {
  return list.filter(isOf(family)).map(({ name }) => name.split(':')[0])
}

function withoutMasks(/** @type {any} */ entry) {
  return isOf(AF_INET)(entry) ? { ...entry, netmask: undefined, other: entry.address } : entry
}

/**
 * Whether netdevice(7) cannot be asked about an address: its label begins with none of its link's names.
 *
 * @param {List} list with every link
 * @returns {(entry: any) => boolean}
 */
const isForeignIn = (list) => {
  // A tun link has no hardware address, so its entry has none.
  const names = list
    .filter((entry) => !isOf(AF_INET)(entry) && !isOf(AF_INET6)(entry))
    .map(({ name }) => name)
  return (entry) => {
    const [name] = entry.name.split(':')
    return isOf(AF_INET)(entry) && !names.includes(name) && !isAlternativeName(name)
  }
}

/**
 * What is denied in addition to netlink, and the part of glibc's list that is then expected.
 *
 * @type {Record<string, { launch: string[], select: (list: List) => List, masks?: boolean, flags?: boolean, kinds?: object }>}
 */
const DENIALS = {
  'nothing else': {
    launch: [],
    select: (list) => {
      const isForeign = isForeignIn(list)
      return list.map((entry) => (isForeign(entry) ? withoutMasks(entry) : entry))
    },
    // Under an empty label or another link's name, the list does not show that the netmask is inferred.
    kinds: { renames: true, labels: ['anything', 'abcdefghijklmno', '@', '@:1', 'x:23456789abcde'] }
  },
  AF_INET: {
    launch: ['--deny-family', 'inet'],
    select: (list) => list.map(withoutMasks),
    masks: false,
    kinds: { renames: true, labels: ['anything', 'l0', 'lo:1', '@', '@:1', 'x:23456789abcde'] }
  },
  'every socket(2)': {
    launch: ['--deny-family', 'all'],
    select: (list) => list.map(withoutMasks),
    masks: false,
    kinds: { renames: true }
  },
  '/proc': {
    launch: ['--no-path', '/proc'],
    select: (list) =>
      list
        .filter((entry) => !isOf(AF_INET6)(entry))
        .filter(
          ({ name, address }) =>
            address?.family === AF_INET || namesWith(list, AF_INET).includes(name)
        )
        .map((entry) => ({ ...entry, data: undefined }))
  },
  'all but /proc': {
    launch: ['--deny-family', 'all', '--deny-socketpair'],
    select: (list) =>
      list
        .filter((entry) => !isOf(AF_INET)(entry))
        .filter(({ name }) => namesWith(list, AF_INET6).includes(name))
        .map((entry) => (isOf(AF_INET6)(entry) ? entry : { ...entry, address: null, other: null })),
    flags: false
  }
}

/**
 * @param {import('tap').Test} t
 * @param {number} runs
 */
async function testRtnetlink(t, runs) {
  let entries = 0
  const preload = `${preloadPath} ${refuse}`
  const kinds = {
    suffixes: ['', '', ':1', ':a', 'x'],
    labels: ['', 'anything', 'lo', 'l0', 'l1:1', '@', '@:1', ':', 'abcdefghijklmno'],
    renames: true,
    copies: true
  }
  fc.assert(
    fc.property(arbitraryNetwork(kinds), (lines) =>
      withNetwork('rtnetlink', lines, (ns) => {
        for (const mode of ['list', 'names']) {
          const { glibc, ours, stderr } = readBoth(ns, mode, { preload })
          t.strictSame({ ours, stderr }, { ours: glibc, stderr: '' }, mode)
          if (!isDeepStrictEqual(ours, glibc)) throw new Error('differs')
          entries += glibc.length
        }
      })
    ),
    { ...SEED, numRuns: runs, endOnFailure: true }
  )
  t.ok(entries > runs * 4, `${entries} entries compared`)
}

/**
 * @param {import('tap').Test} t
 * @param {number} runs
 * @param {typeof DENIALS[string]} denial
 */
async function testDenied(t, runs, { launch, select, masks = true, flags = true, kinds }) {
  const options = { preload: preloadPath, launch: ['--deny-family', 'netlink', ...launch] }
  const strip = (/** @type {List} */ list) => {
    const isForeign = isForeignIn(list)
    const isKnown = (/** @type {any} */ entry) => masks && !isForeign(entry)
    return withoutNetlinkFields(
      list.map((entry) => ({
        ...entry,
        flags: flags ? entry.flags : 0,
        netmask: isKnown(entry) || !isOf(AF_INET)(entry) ? entry.netmask : undefined
      }))
    )
  }
  let entries = 0
  fc.assert(
    fc.property(arbitraryNetwork({ suffixes: ['', ':1', ':a'], ...kinds }), (lines) =>
      withNetwork('denied', lines, (ns) => {
        const { glibc, ours, stderr } = readBoth(ns, 'list', options)
        const expected = strip(select(glibc).map(withoutLongAddresses))
        const found = ours && strip(ours)
        t.strictSame({ found, stderr }, { found: expected, stderr: '' })
        entries += expected.length
        if (!isDeepStrictEqual(found, expected)) throw new Error('differs')
        if (launch.length > 0) return
        const names = readBoth(ns, 'names', options)
        t.strictSame(names.ours, names.glibc)
      })
    ),
    { ...SEED, numRuns: runs, endOnFailure: true }
  )
  t.ok(entries > runs, `${entries} entries compared`)
}

/**
 * Adds a test for each set of denials.
 *
 * @param {import('tap').Test} t of the file
 * @param {number} runs the number of networks, for the rarer sets a third of it
 */
function testGeneratedNetworks(t, runs) {
  t.test('if rtnetlink answers, every field equals glibc’s', (t) => testRtnetlink(t, runs))
  for (const [also, denial] of Object.entries(DENIALS)) {
    const skip = denial.launch.includes('--no-path') && requirements('landlock')
    const name = `netlink and ${also} denied: the list has what the other calls report`
    const times = denial.launch.length === 0 ? runs : Math.ceil(runs / 3)
    t.test(name, { skip }, (t) => testDenied(t, times, denial))
  }
}

module.exports = { testGeneratedNetworks }
