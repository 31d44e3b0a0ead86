'use strict'

// interfaces() in a sandbox that refuses netlink and one ioctl(2) request: it lacks what this request reports.

const t = require('tap')
const { Namespace } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { buildNamespace } = require('../support/topology')
const { makeVeth } = require('../support/topology-cases')

skipWithout(t, '/dev/net/tun')

/** @typedef {import('../../lib/index').Interface} Interface */

/** @param {Interface[]} links @param {(address: any) => object} change */
const withAddresses = (links, change) =>
  links.map((link) => ({
    ...link,
    addresses: link.addresses.map((address) => ({ ...address, ...change(address) }))
  }))

/** @param {Interface[]} links @param {(link: Interface) => object} change */
const withLinks = (links, change) => links.map((link) => ({ ...link, ...change(link) }))

/**
 * What interfaces() returns without the answers to a request, given what it returns with them.
 *
 * @type {Record<string, (links: Interface[]) => object[]>}
 */
const WITHOUT = {
  SIOCGIFMTU: (links) => withLinks(links, () => ({ mtu: null })),
  SIOCGIFHWADDR: (links) => withLinks(links, () => ({ type: null, mac: null })),
  // The length of hardware addresses that are neither Ethernet's nor the loopback link's.
  SIOCETHTOOL: (links) => withLinks(links, ({ mac }) => (mac?.length === 17 ? {} : { mac: null })),
  // Routes and addresses show the state. Without an address, nothing shows that a link is down.
  SIOCGIFFLAGS: (links) =>
    withLinks(links, ({ addresses, state }) =>
      addresses.length === 0 && state === 'down'
        ? { flags: null, state: null, inferred: ['internal'] }
        : { flags: null, inferred: ['state', 'internal'] }
    ),
  SIOCGIFBRDADDR: (links) => withAddresses(links, () => ({ broadcast: null })),
  SIOCGIFDSTADDR: (links) => withAddresses(links, () => ({ peer: null }))
}

t.test('only what the refused request reports is null', async (t) => {
  const ns = await buildNamespace(t, 'requests', {
    tunnels: ['tap t4 768', 'tap t8 804', 'tap t16 769'],
    lines: [
      'link set lo up',
      ...makeVeth('d0', 'd1'),
      'addr add 10.0.0.1/24 broadcast + dev d0',
      'addr add 10.0.1.1 peer 10.0.2.1/24 dev d0',
      'addr add fd00::1/64 dev d1 nodad'
    ]
  })
  /** @param {string[]} denied @returns {Interface[]} */
  const readWithout = (...denied) => {
    const script = "console.log(JSON.stringify(require('osh-ifaddrs').interfaces()))"
    const { stdout, stderr } = ns.node(script, { launch: ['--deny-family', 'netlink', ...denied] })
    t.equal(stderr, '')
    return JSON.parse(stdout)
  }
  const all = readWithout()
  for (const [request, change] of Object.entries(WITHOUT)) {
    const expected = change(all)
    t.notSame(expected, all, `${request} reports something`)
    t.strictSame(readWithout('--deny-ioctl', request), expected, request)
  }
})

t.test('lo without an address, if no source reports its flags', async (t) => {
  const ns = Namespace.create('requests-lo')
  t.teardown(() => ns.remove())
  const launch = ['--deny-family', 'netlink', '--deny-ioctl', 'SIOCGIFFLAGS']
  const script = "console.log(JSON.stringify(require('osh-ifaddrs').interfaces()))"
  const [lo] = JSON.parse(ns.node(script, { launch }).stdout)
  t.match(lo, { name: 'lo', state: null, internal: true, flags: null })
  t.strictSame(lo.inferred, ['internal'])
})
