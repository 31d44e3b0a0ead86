'use strict'

// interfaces() on networks that generated ones seldom are. Every mode is checked as on those of
// interfaces-parity.test.js; the other assertions show what each network is about.

const fs = require('node:fs')
const t = require('tap')
const { checkInterfaces } = require('../support/interfaces-expectations')
const { readInterfaces } = require('../support/interfaces-parity')
const { Namespace } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { buildNamespace } = require('../support/topology')
const { makeVeth } = require('../support/topology-cases')
const { describe } = require('../support/topology-description')
const { Readers } = require('../support/topology-readers')

skipWithout(t, '/dev/net/tun')

/** @typedef {import('../../lib/index').Interface} Interface */

// With CONFIG_IPV6_OPTIMISTIC_DAD. Other kernels ignore the flag.
const isOptimistic = fs.existsSync('/proc/sys/net/ipv6/conf/default/optimistic_dad')

const home = Namespace.create('interfaces-home')
const readers = new Readers(home)
t.teardown(async () => {
  await readers.close()
  home.remove()
})

/**
 * Builds a topology, checks what interfaces() returns in every mode, and returns it. `until`: waits for this too.
 *
 * @param {import('tap').Test} t
 * @param {import('../support/topology').Topology & { until?: (ns: Namespace) => boolean }} topology
 */
async function read(t, topology) {
  const ns = await buildNamespace(t, 'interfaces', topology)
  const { expected, readings } = await readInterfaces(readers, ns)
  checkInterfaces(readings, expected, describe(ns), false)
  t.pass('every mode reads as expected')
  /** @type {Record<string, Interface[]>} */
  const results = Object.fromEntries(
    Object.entries(readings).map(([mode, { interfaces }]) => [mode, JSON.parse(interfaces.answer)])
  )
  return results
}

/**
 * @param {Interface[]} links
 * @param {keyof Interface} property
 * @returns {Record<string, any>} its value of each link but the loopback link
 */
const valuesOf = (links, property) =>
  Object.fromEntries(
    links.filter(({ name }) => name !== 'lo').map((link) => [link.name, link[property]])
  )

/**
 * @param {Interface[]} links
 * @param {string} property
 * @returns {Record<string, any>} its value of each address
 */
const ofAddresses = (links, property) =>
  Object.fromEntries(
    links.flatMap(({ addresses }) => addresses.map((one) => [one.address, one[property]]))
  )

t.test('the states', async (t) => {
  const results = await read(t, {
    lines: [
      ...makeVeth('up0', 'up1'),
      ...makeVeth('none0', 'none1'),
      'link set none1 down',
      'link add name wait0 type veth peer name wait1',
      // The mode of a link that has a carrier changes nothing.
      'link set wait0 mode dormant',
      'link set wait0 up',
      'link set wait1 up'
    ]
  })
  const states = {
    ...{ up0: 'up', up1: 'up', none0: 'no-carrier', none1: 'down' },
    ...{ wait0: 'dormant', wait1: 'up' }
  }
  t.strictSame(valuesOf(results.rtnetlink, 'state'), states)
  t.strictSame(valuesOf(results['no netlink'], 'state'), { ...states, wait0: 'no-carrier' })
  t.strictSame(
    results['no socket'].filter(({ inferred }) => inferred.length > 0).map(({ name }) => name),
    ['none0', 'wait0']
  )
})

// Numbers of <linux/if_arp.h>, ip(8)'s names, and how many bytes the kernel's addresses of this type have.
const HARDWARE = {
  32: ['infiniband', 0],
  512: ['ppp', 0],
  768: ['ipip', 4],
  769: ['tunnel6', 16],
  773: ['ltalk', 1],
  774: ['fddi', 6],
  776: ['sit', 4],
  778: ['gre', 4],
  780: ['hippi', 6],
  804: ['ieee802.15.4', 8],
  823: ['gre6', 16],
  825: ['6lowpan', 8],
  9999: ['[9999]', 0],
  65534: ['none', 0],
  65535: ['void', 0]
}

t.test('hardware addresses of other lengths than six bytes', async (t) => {
  const results = await read(t, {
    tunnels: Object.keys(HARDWARE).map((number) => `tap t${number} ${number}`)
  })
  for (const [mode, longest] of Object.entries({ rtnetlink: 32, 'no netlink': 14 })) {
    const [types, macs] = ['type', 'mac'].map((property) => valuesOf(results[mode], property))
    for (const [number, [type, length]] of Object.entries(HARDWARE)) {
      t.equal(types[`t${number}`], type, mode)
      const bytes = macs[`t${number}`]?.split(':') ?? []
      t.equal(bytes.length, length > longest ? 0 : length, `${mode}: ${type}`)
      t.ok(bytes.every((byte) => /^[0-9a-f]{2}$/.test(byte)))
    }
  }
})

t.test('flags of links', async (t) => {
  const results = await read(t, {
    tunnels: ['tun t0'],
    lines: [
      ...makeVeth('d0', 'd1'),
      'link add name b0 type bridge',
      'link set d1 master b0',
      'link set d0 promisc on allmulticast on dynamic on trailers off',
      'link set d1 arp off multicast off'
    ]
  })
  t.strictSame(valuesOf(results.rtnetlink, 'flags'), {
    t0: ['pointopoint', 'noarp', 'multicast'],
    d0: [
      ...['up', 'broadcast', 'notrailers', 'running', 'promisc', 'allmulti', 'multicast'],
      ...['dynamic', 'lower-up']
    ],
    d1: ['up', 'broadcast', 'running', 'noarp', 'lower-up'],
    b0: ['broadcast', 'multicast']
  })
  t.strictSame(valuesOf(results.rtnetlink, 'kind'), {
    t0: 'tun',
    d0: 'veth',
    d1: 'veth',
    b0: 'bridge'
  })
})

t.test('flags of IPv6 addresses', async (t) => {
  const results = await read(t, {
    tunnels: [
      'ipv6 default use_tempaddr 2',
      ...(isOptimistic ? ['ipv6 default optimistic_dad 1'] : [])
    ],
    lines: [
      ...makeVeth('d0', 'd1'),
      // Detection waits a minute for an answer to its solicitation.
      'ntable change name ndisc_cache dev d1 retrans 60000',
      'addr add fd01::1/64 dev d1',
      'addr add fd01::2/64 dev d1 optimistic',
      'addr add fd01::5/64 dev d1 nodad preferred_lft 0',
      'addr add fd01::3/64 dev d0 nodad noprefixroute home',
      'addr add fd01::4/64 dev d0 nodad valid_lft 40000 preferred_lft 30000',
      'addr add ff02::77/64 dev d0 nodad autojoin',
      'addr add fd02::1/64 dev d0 nodad mngtmpaddr valid_lft 40000 preferred_lft 30000',
      ...makeVeth('e0', 'e1'),
      'addr add fd03::1/64 dev e0 nodad',
      'addr add fd03::1/64 dev e1',
      'link add name s0 type veth peer name s1',
      'link set s1 addrgenmode none',
      'link set s0 addrgenmode random',
      'link set s0 up',
      'link set s1 up'
    ],
    until: (ns) =>
      ns.ip('-6 addr show dadfailed') !== '' && ns.ip('-6 addr show dev s0 -tentative') !== ''
  })
  const named = (/** @type {string} */ name) =>
    results.rtnetlink.find((link) => link.name === name)?.addresses ?? []
  const flags = ofAddresses(results.rtnetlink, 'flags')
  t.strictSame(flags['fd01::1'], ['tentative', 'permanent'])
  const optimistic = isOptimistic ? ['optimistic'] : []
  t.strictSame(flags['fd01::2'], [...optimistic, 'tentative', 'permanent'])
  t.strictSame(flags['fd01::3'], ['nodad', 'homeaddress', 'permanent', 'noprefixroute'])
  t.strictSame(flags['fd01::4'], ['nodad'])
  t.strictSame(flags['fd01::5'], ['nodad', 'deprecated', 'permanent'])
  t.strictSame(flags['ff02::77'], ['nodad', 'permanent', 'mcautojoin'])
  t.strictSame(flags['fd02::1'], ['nodad', 'managetempaddr'])
  t.match(named('e1')[0].flags, ['dadfailed', 'tentative', 'permanent'])
  t.match(named('s0')[0], { scope: 'link', flags: ['permanent', 'stable-privacy'] })
  const temporary = named('d0').filter((address) => address.flags?.includes('temporary'))
  t.equal(temporary.length, 1)
  t.match(temporary[0].address, /^fd02::/)
  const d0 = results.rtnetlink.find(({ name }) => name === 'd0')
  t.strictSame(ofAddresses(results.rtnetlink, 'scopeid')['ff02::77'], d0?.index)
})

t.test('IPv4 addresses', async (t) => {
  const results = await read(t, {
    lines: [
      ...makeVeth('d0', 'd1'),
      'link property add dev d0 altname other',
      'addr add 10.0.0.1/24 dev d0 broadcast + label d0:1',
      'addr add 10.0.0.2/24 dev d0 broadcast 10.9.8.7',
      'addr add 10.0.1.1 peer 10.0.2.1/16 dev d0 scope site',
      'addr add 10.0.3.1/32 dev d1 scope 55 noprefixroute',
      'addr add 10.0.4.1/24 dev d1 scope nowhere preferred_lft 0 valid_lft 40000',
      'addr add 224.5.6.7/24 dev d1 autojoin broadcast -'
    ],
    // The kernel would answer about the first address that has the label, which has a broadcast address.
    addresses: [
      'address d1 10.0.5.1 24 d0:1',
      'address d1 10.0.6.1 24',
      'address d0 10.0.7.1 8 other'
    ]
  })
  t.strictSame(ofAddresses(results.rtnetlink, 'label'), {
    ...{ '10.0.0.1': 'd0:1', '10.0.0.2': 'd0', '10.0.1.1': 'd0', '10.0.7.1': 'other' },
    ...{ '10.0.3.1': 'd1', '10.0.4.1': 'd1', '224.5.6.7': 'd1' },
    ...{ '10.0.5.1': 'd0:1', '10.0.6.1': null }
  })
  t.match(ofAddresses(results.rtnetlink, 'scope'), {
    ...{ '10.0.0.1': 'global', '10.0.1.1': 'site', '10.0.3.1': 55, '10.0.4.1': 255 }
  })
  t.match(ofAddresses(results.rtnetlink, 'flags'), {
    '10.0.0.1': ['permanent'],
    '10.0.0.2': ['secondary', 'permanent'],
    '10.0.3.1': ['permanent', 'noprefixroute'],
    '10.0.4.1': ['deprecated'],
    '224.5.6.7': ['permanent', 'mcautojoin']
  })
  for (const mode of ['rtnetlink', 'no netlink', 'no netlink, no /proc']) {
    if (!(mode in results)) continue
    t.match(
      ofAddresses(results[mode], 'broadcast'),
      {
        ...{ '10.0.0.1': '10.0.0.255', '10.0.0.2': '10.9.8.7', '10.0.1.1': null, '10.0.7.1': null },
        ...{ '224.5.6.7': '224.5.6.0' }
      },
      mode
    )
    t.match(ofAddresses(results[mode], 'peer'), { '10.0.0.1': null, '10.0.1.1': '10.0.2.1' }, mode)
    t.equal(ofAddresses(results[mode], 'prefixLength')['10.0.1.1'], 16, mode)
  }
  t.match(ofAddresses(results['no netlink'], 'broadcast'), { '10.0.5.1': null, '10.0.6.1': null })
  t.match(ofAddresses(results['no netlink'], 'peer'), { '10.0.5.1': null, '10.0.6.1': null })
})

t.test(
  'one address twice, of which one has a broadcast address and the other a peer',
  async (t) => {
    const results = await read(t, {
      lines: [
        ...makeVeth('d0', 'd1'),
        'addr add 10.0.0.1/24 dev d0 broadcast +',
        'addr add 10.0.0.1 peer 10.1.0.1/16 dev d0',
        'addr add 10.2.0.1/24 dev d0 broadcast +',
        'addr add 10.2.0.1 peer 10.3.0.1/24 dev d1'
      ]
    })
    for (const mode of ['rtnetlink', 'no netlink']) {
      const [d0, d1] = ['d0', 'd1'].map((wanted) =>
        results[mode]
          .find(({ name }) => name === wanted)
          ?.addresses.find(({ address }) => address === '10.2.0.1')
      )
      t.match({ d0, d1 }, { d0: { broadcast: '10.2.0.255', peer: null }, d1: { peer: '10.3.0.1' } })
    }
  }
)

t.test('alternative names, in the order in which they were added', async (t) => {
  const names = ['z', 'a'.repeat(127), '\xff\xfe', 'constructor', '\x01', 'm']
  const results = await read(t, {
    lines: [
      ...makeVeth('d0', 'd1'),
      ...names.map((name) => `link property add dev d0 altname ${name}`)
    ]
  })
  t.strictSame(valuesOf(results.rtnetlink, 'alternativeNames'), {
    d0: ['z', 'a'.repeat(127), '\ufffd\ufffd', 'constructor', '\x01', 'm'],
    d1: []
  })
  t.strictSame(valuesOf(results['no netlink'], 'alternativeNames'), { d0: null, d1: null })
})

t.test('links that are not registered in the order of their index', async (t) => {
  const results = await read(t, {
    lines: [
      'link add index 50 name a0 type bridge',
      'link add index 40 name b0 type bridge',
      'link add index 1000000 name c0 type bridge',
      'link add index 45 name d0 type bridge',
      'link set b0 mtu 9000',
      'link set d0 mtu 68'
    ]
  })
  for (const mode of ['rtnetlink', 'no netlink', 'no netlink, no inet', 'no socket']) {
    const links = results[mode].slice(1).map(({ name, index, mtu }) => ({ name, index, mtu }))
    t.strictSame(
      links,
      [
        { name: 'b0', index: 40, mtu: 9000 },
        { name: 'd0', index: 45, mtu: 68 },
        { name: 'a0', index: 50, mtu: 1500 },
        { name: 'c0', index: 1000000, mtu: 1500 }
      ],
      mode
    )
  }
})
