'use strict'

// The networks of the race tests, and the changes that are applied to them: for each, the ip(8) commands that make
// and undo it.

const { Namespace } = require('../namespace')

/** @typedef {{ make: string[], undo: string[] }} Change */
/** @typedef {{ ns: Namespace, changes: Record<string, Change> }} Network */

/** What seq_file puts into a page of /proc/net/if_inet6, whose lines have 54 bytes. */
const PAGE = 75

/**
 * A veth pair whose peer has no addresses. No link has link-local ones.
 *
 * @param {string} name
 * @param {number} number of the pair
 * @param {number} index of the link
 */
function addLink(name, number, index = 10 + number) {
  const mac = (/** @type {number} */ end) => `address 02:00:00:00:0${end}:${index}`
  return [
    `link add ${name} index ${index} ${mac(0)} type veth peer name p${number} index ${index + 100} ${mac(1)}`,
    `link set ${name} addrgenmode none`,
    `link set p${number} addrgenmode none`,
    `link set p${number} up`,
    `link set ${name} up`
  ]
}

/** @param {string} name of the link that is deleted and made again */
const addressesOfD2 = (name) => [
  `addr add 10.2.0.1/24 brd + dev ${name}`,
  `addr add fd00:2::1/64 dev ${name} nodad`,
  `addr add fd00:2::2/64 dev ${name} nodad`
]

/** In this order, which decides the labels after a change of the name. */
const IPV4 = {
  d0: ['addr add 10.0.0.1/24 brd + dev d0', 'addr add 10.0.0.2/16 brd + dev d0 label d0:1'],
  d1: ['addr add 10.1.0.1 peer 10.1.0.9 dev d1', 'addr add 10.1.0.2/24 brd + dev d1 label d1:x']
}

/** @param {'d0' | 'd1'} name */
const restoreIPv4 = (name) => [`addr flush dev ${name} to 10.0.0.0/8`, ...IPV4[name]]

const D2 = [...addLink('d2', 2), ...addressesOfD2('d2')]

/** @param {number} count of IPv6 addresses on two of the links */
function base(count) {
  const many = Array.from(
    { length: count },
    (_, i) => `addr add fd01:${(i + 1).toString(16)}::1/64 dev d${i % 2} nodad`
  )
  return [
    'link set lo up',
    ...addLink('d0', 0),
    ...addLink('d1', 1),
    ...D2,
    ...addLink('d3', 3),
    'link set d3 down',
    ...IPV4.d0,
    ...IPV4.d1,
    'addr add 10.3.0.1/24 brd + dev d3',
    ...many
  ]
}

const SWAP = ['link set d0 name x', 'link set d1 name d0', 'link set x name d1']

/** @type {Record<string, Change>} */
const CHANGES = {
  'add-ipv4': {
    make: ['addr add 10.9.0.1/24 brd + dev d0'],
    undo: ['addr del 10.9.0.1/24 dev d0']
  },
  'delete-ipv4-first': {
    make: ['addr del 10.0.0.1/24 dev d0'],
    undo: restoreIPv4('d0')
  },
  'delete-ipv4-middle': {
    make: ['addr del 10.1.0.1 peer 10.1.0.9 dev d1'],
    undo: restoreIPv4('d1')
  },
  'delete-ipv4-last': {
    make: ['addr del 10.2.0.1/24 dev d2'],
    undo: ['addr add 10.2.0.1/24 brd + dev d2']
  },
  'move-ipv4': {
    make: ['addr del 10.0.0.2/16 dev d0', 'addr add 10.0.0.2/16 brd + dev d2'],
    undo: ['addr del 10.0.0.2/16 dev d2', ...restoreIPv4('d0')]
  },
  'move-ipv6': {
    make: ['addr del fd01:1::1/64 dev d0', 'addr add fd01:1::1/64 dev d2 nodad'],
    undo: ['addr del fd01:1::1/64 dev d2', 'addr add fd01:1::1/64 dev d0 nodad']
  },
  'add-link': {
    make: [...addLink('d5', 5), 'addr add 10.5.0.1/24 dev d5', 'addr add fd05::1/64 dev d5 nodad'],
    undo: ['link del d5']
  },
  'delete-link': { make: ['link del d2'], undo: D2 },
  rename: { make: ['link set d1 name e1'], undo: ['link set e1 name d1', ...restoreIPv4('d1')] },
  'swap-names': { make: SWAP, undo: [...SWAP, ...restoreIPv4('d0'), ...restoreIPv4('d1')] },
  down: { make: ['link set d2 down'], undo: ['link set d2 up', ...addressesOfD2('d2').slice(1)] },
  up: { make: ['link set d3 up'], undo: ['link set d3 down'] },
  'same-name': {
    make: ['link del d2', ...addLink('d2', 2, 42), ...addressesOfD2('d2')],
    undo: ['link del d2', ...D2]
  },
  'same-index': {
    make: ['link del d2', ...addLink('e2', 2, 12), ...addressesOfD2('e2')],
    undo: ['link del e2', ...D2]
  }
}

/**
 * @param {Namespace} ns
 * @returns {{ address: string, name: string }[]} in the order of /proc/net/if_inet6
 */
function readIfInet6(ns) {
  const { stdout } = ns.exec('cat', ['/proc/net/if_inet6'])
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [hex, , , , , name] = line.split(/\s+/)
      return { address: hex.replace(/(.{4})(?=.)/g, '$1:'), name }
    })
}

/**
 * Addresses at both sides of each end of a page, and in the middle of the first. The kernel goes on after so many
 * entries of a hash bucket, so only a change of the bucket in which a page ends can move the rest.
 *
 * @param {Namespace} ns
 * @returns {{ place: number, remove: string, add: string }[]}
 */
function findPlaces(ns) {
  const listed = readIfInet6(ns)
  const ends = Array.from({ length: listed.length / PAGE }, (_, i) => (i + 1) * PAGE)
  const wanted = [0, 37, ...ends.flatMap((end) => [end - 1, end]), listed.length - 1]
  const places = wanted.filter((place) => listed[place]?.name.startsWith('d'))
  return [...new Set(places)].map((place) => {
    const { address, name } = listed[place]
    const end = `${address}/64 dev ${name}`
    return { place, remove: `addr del ${end}`, add: `addr add ${end} nodad` }
  })
}

/**
 * @typedef {object} Options
 * @property {number} addresses of IPv6
 * @property {'delete' | 'add'} pages whether the changes delete addresses at the ends of pages, or add them
 * @property {Record<string, Change>} changes others
 */

/**
 * Makes a namespace, which the caller removes, and the changes for it.
 *
 * @param {Options} options
 * @returns {Network}
 */
function makeNetwork({ addresses, pages, changes }) {
  const ns = Namespace.create('races')
  ns.batch(base(addresses))
  ns.settle()
  const places = findPlaces(ns)
  if (pages === 'add') ns.batch(places.map(({ remove }) => remove))
  const ofPages = places.map(({ place, remove, add }) => [
    `${pages}-ipv6-${place}`,
    pages === 'add' ? { make: [add], undo: [remove] } : { make: [remove], undo: [add] }
  ])
  return { ns, changes: { ...Object.fromEntries(ofPages), ...changes } }
}

/**
 * @param {number} many
 * @returns {Record<string, Options>}
 */
const networks = (many) => ({
  'one page of IPv6 addresses': { addresses: 9, pages: 'delete', changes: CHANGES },
  'more pages, of which addresses are deleted': { addresses: many, pages: 'delete', changes: {} },
  'more pages, to which addresses are added': { addresses: many, pages: 'add', changes: {} }
})

module.exports = { makeNetwork, networks }
