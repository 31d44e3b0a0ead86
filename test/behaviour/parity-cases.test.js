'use strict'

// Common networks, and networks on which the package once differed from the native function. Every mode is
// checked as on the generated networks of parity.test.js; the other assertions show what each network is about.

const t = require('tap')
const { Namespace } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')
const { buildNamespace } = require('../support/topology')
const { cases, makeVeth } = require('../support/topology-cases')
const { describe } = require('../support/topology-description')
const { checkReadings } = require('../support/topology-expectations')
const { Readers } = require('../support/topology-readers')

skipWithout(t, '/dev/net/tun')

const home = Namespace.create('cases-home')
const readers = new Readers(home)
t.teardown(async () => {
  await readers.close()
  home.remove()
})

/**
 * Builds a topology, checks every mode's reading and returns them. `until`: waits for this too.
 *
 * @param {import('tap').Test} t
 * @param {import('../support/topology').Topology & { until?: (ns: Namespace) => boolean }} topology
 */
async function read(t, topology) {
  const ns = await buildNamespace(t, 'cases', topology)
  const readings = await readers.read(ns)
  checkReadings(readings, describe(ns), false)
  t.pass('every mode reads as expected')
  const answers = Object.fromEntries(
    Object.entries(readings).map(([mode, { ours }]) => [mode, JSON.parse(ours.answer)])
  )
  return { ns, readings, answers, native: JSON.parse(readings.rtnetlink.native.answer) }
}

/** @param {any} answer @param {string} key */
const addresses = (answer, key) => (answer[key] ?? []).map(({ address }) => address)

/** @param {import('../support/topology-readers').Reading} reading @param {string} address */
const inferences = ({ diagnosis }, address) =>
  diagnosis.inferred.filter((entry) => entry.address === address).map(({ property }) => property)

/** @param {Namespace} ns */
const listTentative = (ns) => ns.ip('-6 addr show tentative')

for (const [name, { keys, ...topology }] of Object.entries(cases)) {
  t.test(name, async (t) => {
    const isTentative = name === 'tentative'
    const until = (ns) => isTentative || listTentative(ns) === ''
    const { ns, readings, native } = await read(t, { ...topology, until })
    t.strictSame(Object.keys(native), keys, 'the topology is as described')
    t.equal(readings.rtnetlink.ours.answer, readings.rtnetlink.native.answer)
    t.equal(readings.rtnetlink.diagnosis.complete, true)
    const tentative = listTentative(ns)
    t.equal(tentative !== '', isTentative, tentative)
  })
}

const MODES = ['no netlink', 'no netlink, no inet', 'no socket']

t.test('a label that names no link', async (t) => {
  const { answers, readings, native } = await read(t, {
    lines: [...makeVeth('d0', 'd1'), 'addr add 10.0.0.1/24 dev d0'],
    addresses: ['address d0 10.0.1.1 24 foo']
  })
  t.strictSame(addresses(native, 'foo'), ['10.0.1.1'])
  t.strictSame(answers['no netlink'], native, 'its mask is inferred correctly')
  t.strictSame(answers['no netlink, no inet'], native)
  t.strictSame(readings['no socket'].diagnosis.omitted, [{ name: 'foo', address: '10.0.1.1' }])
})

t.test('a label that names no link, alone on its link', async (t) => {
  const { answers, native } = await read(t, {
    lines: makeVeth('d0', 'd1'),
    addresses: ['address d0 10.0.1.1 24 foo']
  })
  t.strictSame(answers['no netlink'], native, '/proc/net/dev lists the link')
  t.equal(answers['no netlink, no /proc']?.foo, undefined)
})

t.test('a label that names another link, which is down', async (t) => {
  const { answers, readings, native } = await read(t, {
    lines: [...makeVeth('d0', 'd1'), 'link add name off0 type veth peer name off1'],
    addresses: ['address d0 10.0.1.1 24 off0', 'address off0 10.0.2.1 24 d0']
  })
  t.strictSame(addresses(native, 'off0'), ['10.0.1.1'])
  t.strictSame(answers['no netlink'], native)
  t.strictSame(answers['no netlink, no inet'], native, 'an AF_INET6 socket resolves it')
  // There the state is that of the link that the label names, and is marked as inferred.
  t.strictSame(
    readings['no socket'].diagnosis.inferred
      .filter(({ property }) => property === 'state')
      .map(({ name }) => name)
      .sort(),
    ['d0', 'off0']
  )
})

t.test('an empty label', async (t) => {
  const { answers, readings, native } = await read(t, {
    lines: [...makeVeth('d0', 'd1'), 'addr add 10.0.0.1/24 dev d0'],
    addresses: ['address d0 10.0.1.1 24', 'address d0 10.0.2.1 24 d0']
  })
  t.strictSame(addresses(native, 'd0'), ['10.0.0.1', '10.0.1.1', '10.0.2.1'])
  t.strictSame(answers['no netlink'], native)
  t.strictSame(answers['no netlink, no inet'], native)
  t.strictSame(addresses(answers['no socket'], 'd0'), ['10.0.0.1', '10.0.2.1'])
  t.strictSame(readings['no socket'].diagnosis.omitted, [{ name: '', address: '10.0.1.1' }])
})

t.test('an empty label between two that name another link', async (t) => {
  // Without an inet socket it was reported under lo, which its neighbours' labels name.
  const { answers, readings, native } = await read(t, {
    lines: ['link set lo up', ...makeVeth('d0', 'd1')],
    addresses: ['address d0 10.0.0.1 24', 'address d0 10.0.1.1 24 lo:1']
  })
  t.strictSame(addresses(native, 'd0'), ['10.0.0.1'])
  t.strictSame(answers['no netlink'], native)
  t.strictSame(addresses(answers['no socket'], 'lo'), ['127.0.0.1', '::1'])
  t.strictSame(readings['no socket'].diagnosis.omitted, [{ name: '', address: '10.0.0.1' }])
})

t.test('a label with nothing before its colon', async (t) => {
  const { answers, native } = await read(t, {
    lines: makeVeth('d0', 'd1'),
    addresses: ['address d0 10.0.0.1 24 :1']
  })
  t.equal(native[':1'][0].mac, '00:00:00:00:00:00')
  t.strictSame(answers.rtnetlink, native)
  t.strictSame(answers['no netlink'], native)
})

t.test('more addresses than the initial buffer holds, and then fewer', async (t) => {
  const numbers = Array.from({ length: 300 }, (_, i) => i)
  const many = await read(t, {
    lines: [
      ...makeVeth('d0', 'd1'),
      ...numbers.map((i) => `addr add 10.0.${i >> 8}.${i & 255}/${8 + (i % 25)} dev d${i & 1}`)
    ]
  })
  t.equal(addresses(many.native, 'd0').length + addresses(many.native, 'd1').length, 300)
  t.strictSame(many.answers.rtnetlink, many.native)
  t.strictSame(many.answers['no netlink'], many.native)
  const few = await read(t, { lines: [...makeVeth('d0', 'd1'), 'addr add 10.0.0.1/24 dev d0'] })
  t.strictSame(few.answers.rtnetlink, few.native)
  t.strictSame(few.answers['no netlink'], few.native)
})

t.test('the alternative name of a link as a label', async (t) => {
  const { answers, native } = await read(t, {
    lines: [...makeVeth('d0', 'd1'), 'link property add dev d0 altname other'],
    addresses: ['address d0 10.0.1.1 24 other', 'address d1 10.0.2.1 24 other:1']
  })
  t.strictSame(native['other:1'][0].mac, '00:00:00:00:00:00')
  t.strictSame(answers['no netlink'], native)
})

t.test('an address between two that exist on two links', async (t) => {
  // 10.0.0.2 was reported on d1, which has addresses like its neighbours, with the same label.
  const { answers, readings } = await read(t, {
    lines: [...makeVeth('d0', 'd1'), 'addr add 10.0.0.1/24 dev d1', 'addr add 10.0.0.3/24 dev d1'],
    addresses: [
      'address d0 10.0.0.1 24 d1',
      'address d0 10.0.0.2 30 d1',
      'address d0 10.0.0.3 24 d1',
      'address d0 10.0.0.4 24 d0'
    ]
  })
  for (const mode of ['no netlink', 'no netlink, no inet', 'no netlink, no /proc']) {
    // Without Landlock there is no mode that closes /proc.
    if (!(mode in readings)) continue
    // Addresses are in the order of their links. Only labels say where the others are, so they are on d1.
    const expected = ['10.0.0.1', '10.0.0.3', '10.0.0.1', '10.0.0.3', '10.0.0.2']
    t.strictSame(addresses(answers[mode], 'd1'), expected, mode)
    t.strictSame(addresses(answers[mode], 'd0'), ['10.0.0.4'], mode)
    t.strictSame(inferences(readings[mode], '10.0.0.2'), ['netmask'], `${mode}: its link is known`)
  }
  const skip = requirements('landlock')
  t.strictSame(readings['no netlink, no /proc']?.diagnosis.missing, ['ipv6'], { skip })
})

t.test('one address twice on a link, with two prefix lengths', async (t) => {
  const { answers, readings } = await read(t, {
    lines: [...makeVeth('d0', 'd1'), 'addr add 10.0.0.1/24 dev d0', 'addr add 10.0.0.1/16 dev d0']
  })
  t.match(
    readings['no netlink'].diagnosis.inferred.filter(({ property }) => property === 'netmask'),
    [{ address: '10.0.0.1' }, { address: '10.0.0.1' }]
  )
  // Two equal addresses are not on one network, so the second is on the other.
  for (const mode of MODES)
    t.strictSame(answers[mode].d0.map(({ cidr }) => cidr).sort(), ['10.0.0.1/16', '10.0.0.1/24'])
})

t.test('one address on two links, under their own labels', async (t) => {
  const { answers, readings, native } = await read(t, {
    lines: [...makeVeth('d0', 'd1'), 'addr add 10.0.0.1/24 dev d0', 'addr add 10.0.0.1/16 dev d1']
  })
  t.strictSame(answers['no netlink'], native)
  t.equal(readings['no netlink'].diagnosis.complete, true)
})

t.test('an IPv6 address on a link that is down', async (t) => {
  // It has a route to itself, so it was taken to be up where no socket reports links.
  const { answers } = await read(t, {
    lines: ['link add name d0 type veth peer name d1', 'addr add fd00::1/64 dev d0 nodad']
  })
  for (const [mode, answer] of Object.entries(answers)) t.equal(answer.d0, undefined, mode)
})

t.test('the loopback link without ::1', async (t) => {
  const { answers } = await read(t, {
    lines: ['link set lo up', 'addr add fd00::1/64 dev lo nodad', 'addr del ::1/128 dev lo']
  })
  t.match(answers['no socket, no socketpair'].lo, [{ address: 'fd00::1', internal: true }])
})

// Its only route is to its own address, as on a link that is down.
t.test('links whose routes do not show that they are up', async (t) => {
  const { answers, readings, native } = await read(t, {
    tunnels: ['tun t0'],
    lines: [
      'link set lo up',
      'addr del ::1/128 dev lo',
      'addr add fd05::1/128 dev lo noprefixroute',
      'link set t0 addrgenmode none',
      'addr add fd06::1/128 dev t0 noprefixroute',
      'link set t0 up',
      'route del ff00::/8 dev t0 table local'
    ]
  })
  const mode = 'no socket, no socketpair'
  for (const [key, address] of Object.entries({ lo: 'fd05::1', t0: 'fd06::1' })) {
    t.ok(addresses(native, key).includes(address))
    t.strictSame(addresses(answers[mode], key), [address])
    t.ok(inferences(readings[mode], address).includes('state'))
  }
})

t.test('an address that failed duplicate address detection', async (t) => {
  const { native } = await read(t, {
    lines: [
      ...makeVeth('d0', 'd1'),
      'addr add fd00::1/64 dev d0 nodad',
      'addr add fd00::1/64 dev d1'
    ],
    until: (ns) => ns.ip('-6 addr show dadfailed') !== ''
  })
  t.strictSame(addresses(native, 'd1'), ['fd00::1'])
})

t.test('links that are not registered in the order of their ifindex', async (t) => {
  const { answers, native } = await read(t, {
    lines: [
      'link add index 50 name a0 type veth peer name a1',
      'link add index 40 name b0 type bridge',
      'link add index 30 name c0 type bridge',
      'link del dev b0',
      'link add index 45 name b0 type bridge',
      ...['a0', 'a1', 'b0', 'c0'].flatMap((name, i) => [
        `link set ${name} addrgenmode none`,
        `link set ${name} up`,
        `addr add 10.0.${i}.1/24 dev ${name}`
      ])
    ]
  })
  t.strictSame(Object.keys(native), ['a1', 'c0', 'b0', 'a0'])
  for (const mode of MODES) t.equal(JSON.stringify(answers[mode]), JSON.stringify(native), mode)
})

t.test('a renamed link with secondary addresses, whose labels the kernel rewrites', async (t) => {
  const { answers, native } = await read(t, {
    lines: [
      ...makeVeth('d0', 'd1'),
      'addr add 10.0.0.1/24 dev d0',
      'addr add 10.0.0.2/24 dev d0 label d0:x',
      'addr add 10.0.0.3/24 dev d0',
      'link set d0 name abcdefghijklmno'
    ]
  })
  t.ok(Object.keys(native).length > 1, `${Object.keys(native)}`)
  for (const mode of ['no netlink', 'no netlink, no inet'])
    t.equal(JSON.stringify(answers[mode]), JSON.stringify(native), mode)
})

t.test('more than 256 links', async (t) => {
  const { answers, native } = await read(t, {
    lines: Array.from({ length: 150 }, (_, i) => [
      ...makeVeth(`m${i}`, `n${i}`),
      `addr add 10.1.${i}.1/24 dev m${i}`,
      `addr add 10.2.${i}.1/24 dev n${i}`,
      `addr add fd00:${i}::1/64 dev n${i} nodad`
    ]).flat()
  })
  t.equal(Object.keys(native).length, 300)
  for (const mode of MODES) t.equal(JSON.stringify(answers[mode]), JSON.stringify(native), mode)
})

t.test('names of inherited properties, and names that are not UTF-8', async (t) => {
  const names = ['constructor', '__proto__', 'toString', '\xff\xfe', '\xff\xfd', '\xe2\x82']
  const { answers, native } = await read(t, {
    lines: names.flatMap((name, i) => [
      `link add name ${name} type bridge`,
      `link set ${name} addrgenmode none`,
      `link set ${name} up`,
      `addr add 10.0.${i}.1/24 dev ${name}`
    ])
  })
  // Any two bytes that are not UTF-8 become two replacement characters.
  t.strictSame(Object.keys(native), ['constructor', '__proto__', 'toString', '��', '�'])
  for (const mode of MODES) t.equal(JSON.stringify(answers[mode]), JSON.stringify(native), mode)
  t.equal({}.constructor, Object, 'Object.prototype is not polluted')
})
