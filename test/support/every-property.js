'use strict'

// A network in which each property of a link and of an address has a value, in each form that sources report
// differently: every state, hardware addresses of 0 to 16 bytes, labels, peers, scopes, flags of old and new.

const { Namespace, sleep } = require('./namespace')
const { build } = require('./topology')
const { ipJson } = require('./topology-description')

// ARPHRD_TUNNEL and ARPHRD_TUNNEL6, whose hardware addresses have 4 and 16 bytes.
const TUNNEL = 768
const TUNNEL6 = 769

const EXPIRED = 'valid_lft 10000 preferred_lft 0'

/** @param {string} name @param {string} peer @param {number} number of its hardware addresses */
const makePair = (name, peer, number) => [
  `link add ${name} address 02:00:00:00:${number}:01 type veth peer name ${peer} address 02:00:00:00:${number}:02`,
  ...[name, peer].map((link) => `link set ${link} addrgenmode none`)
]

/** @type {import('./topology').Topology} */
const TOPOLOGY = {
  tunnels: ['tun tun0', `tap tunnel0 ${TUNNEL}`, `tap tunnel1 ${TUNNEL6}`],
  lines: [
    'link set lo up',

    ...makePair('d0', 'd1', 10),
    'link set d0 mtu 1400',
    'link set d0 promisc on',
    'link property add dev d0 altname alternative0 altname longer-than-sixteen-bytes',
    'link set d0 up',
    'link set d1 up',
    'addr add 10.0.0.1/24 broadcast 10.0.0.255 dev d0 label d0:1',
    'addr add 10.0.0.2/24 dev d0',
    'addr add 10.0.1.1 peer 10.0.2.2/28 dev d0',
    'addr add 10.0.3.1/26 scope link noprefixroute dev d0',
    'addr add 10.0.4.1/27 scope 77 dev d0',
    'addr add fd00::1/64 nodad dev d0',
    'addr add fd00:1::1 peer fd00:1::2/120 nodad noprefixroute dev d0',
    `addr add fd00:2::1/64 nodad ${EXPIRED} dev d0`,
    'addr add fec0::1/64 nodad dev d0',
    'addr add fe80::1/64 nodad dev d0',
    // Without addresses.
    'link add bare0 type bridge',

    ...makePair('lonely0', 'lonely1', 40),
    'link set lonely0 up',
    'addr add 10.1.0.1/24 dev lonely0',

    ...makePair('waiting0', 'waiting1', 20),
    'link set waiting0 mode dormant',
    'link set waiting0 up',
    'link set waiting1 up',
    'addr add 10.2.0.1/24 dev waiting0',
    'addr add fd00:3::1/64 nodad dev waiting0',

    ...makePair('idle0', 'idle1', 30),
    'addr add 10.3.0.1/24 dev idle0',
    'addr add fd00:4::1/64 nodad dev idle0',

    ...['tun0', 'tunnel0', 'tunnel1'].map((name) => `link set ${name} addrgenmode none`),
    'link set tun0 up',
    'addr add 10.4.0.1 peer 10.4.0.2/32 dev tun0',
    'addr add fd00:5::1/64 nodad dev tun0',

    'link set tunnel0 address 0a:00:00:01',
    'link set tunnel0 up',
    'addr add 10.5.0.1/24 dev tunnel0',

    'link set tunnel1 address 02:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01',
    'link set tunnel1 up',
    'addr add 10.6.0.1/24 dev tunnel1'
  ]
}

const SETTLE_TIMEOUT = 10_000
const SETTLE_INTERVAL = 20

/** The operational states that some links get later than the command returns. */
const OPERSTATES = {
  d0: 'UP',
  d1: 'UP',
  waiting0: 'DORMANT',
  waiting1: 'UP',
  lonely0: 'LOWERLAYERDOWN'
}

/** @param {Namespace} ns */
function readOperstates(ns) {
  const states = ipJson(ns, ['link', 'show']).map(({ ifname, operstate }) => [ifname, operstate])
  return Object.fromEntries(states)
}

/**
 * Makes the network in a namespace, which the test's end removes.
 *
 * @param {import('tap').Test} t
 * @param {string} label
 */
async function makeEveryProperty(t, label) {
  const ns = Namespace.create(label)
  t.teardown(() => ns.remove())
  t.teardown(await build(ns, TOPOLOGY))
  const expected = Object.entries(OPERSTATES)
  for (const deadline = Date.now() + SETTLE_TIMEOUT; ; sleep(SETTLE_INTERVAL)) {
    const states = readOperstates(ns)
    if (expected.every(([name, state]) => states[name] === state)) return ns
    if (Date.now() > deadline) throw new Error(`unsettled: ${JSON.stringify(states)}`)
  }
}

module.exports = { makeEveryProperty }
