'use strict'

// Common networks, one of each kind, and the keys of the native function's answer there.

/** @typedef {import('./topology').Topology} Topology */
/** @typedef {Topology & { keys: string[] }} Case */

/**
 * Links that are up. `nodad` and `addrgenmode none` avoid duplicate address detection, which takes a second.
 *
 * @param {string} name
 * @param {string} peer
 */
const makeVeth = (name, peer) => [
  `link add name ${name} type veth peer name ${peer}`,
  `link set ${name} addrgenmode none`,
  `link set ${peer} addrgenmode none`,
  `link set ${name} up`,
  `link set ${peer} up`
]

const veth = ['link set lo up', ...makeVeth('d0', 'd1')]

/** @param {string} text of UTF-8 */
const utf8 = (text) => Buffer.from(text).toString('latin1')

/** @type {Record<string, Case>} */
const cases = {
  'nothing up': { keys: [] },
  'lo only': { lines: ['link set lo up'], keys: ['lo'] },
  'veth up': {
    lines: [...veth, 'addr add 10.0.0.1/24 dev d0', 'addr add 10.0.1.1/24 dev d1'],
    keys: ['lo', 'd1', 'd0']
  },
  'veth down': {
    lines: [...veth, 'addr add 10.0.0.1/24 dev d0', 'link set d0 down'],
    keys: ['lo']
  },
  'veth with its peer down': {
    lines: [...veth, 'addr add 10.0.0.1/24 dev d0', 'link set d1 down'],
    keys: ['lo']
  },
  'secondaries, in one subnet and in others': {
    lines: [
      ...veth,
      'addr add 10.0.0.1/24 dev d0',
      'addr add 10.0.0.2/24 dev d0',
      'addr add 10.0.0.3/25 dev d0',
      'addr add 192.168.7.1/20 dev d0',
      'addr add 192.168.7.2/20 dev d0'
    ],
    keys: ['lo', 'd0']
  },
  labels: {
    lines: [
      ...veth,
      'addr add 10.0.0.1/24 dev d0 label d0:1',
      'addr add 10.0.0.2/24 dev d0',
      'addr add 10.0.0.3/24 dev d0 label d0:1',
      'addr add 10.0.1.1/24 dev d1 label d1:1',
      'addr add 10.0.1.2/24 dev d1 label d1:'
    ],
    keys: ['lo', 'd1:1', 'd1:', 'd0:1', 'd0']
  },
  'labels of ip(8) that do not match their link: any text, or truncated by a rename': {
    lines: [
      ...veth,
      'addr add 10.0.1.1/24 dev d1 label anything',
      'addr add 10.0.0.1/24 dev d0',
      'addr add 10.0.0.2/24 dev d0',
      'link set d0 down',
      'link set d0 name br-0123456789ab',
      'link set br-0123456789ab up'
    ],
    keys: ['lo', 'anything', 'br-0123456789ab', 'br-0123456789:2']
  },
  'point-to-point': {
    lines: [
      ...veth,
      'addr add 10.0.0.1 peer 10.9.9.9/32 dev d0',
      'addr add fd00::1 peer fd00::2 dev d0 nodad'
    ],
    keys: ['lo', 'd0']
  },
  '/32 and /31': {
    lines: [...veth, 'addr add 10.0.0.1/32 dev d0', 'addr add 10.0.0.4/31 dev d1'],
    keys: ['lo', 'd1', 'd0']
  },
  'IPv6: global, unique local, link-local, of several lengths': {
    lines: [
      ...veth,
      'addr add 2001:db8::1/64 dev d0 nodad',
      'addr add fd00::1/48 dev d0 nodad',
      'addr add fe80::1/64 dev d0 nodad',
      'addr add 2001:db8::2/128 dev d0 nodad',
      'addr add fe80::1/10 dev d1 nodad'
    ],
    keys: ['lo', 'd1', 'd0']
  },
  tentative: {
    // Detection waits a minute for an answer to its solicitation; the default is a second.
    lines: [
      ...veth,
      'ntable change name ndisc_cache dev d0 retrans 60000',
      'addr add fd00::1/64 dev d0',
      'addr add fe80::1/64 dev d0'
    ],
    keys: ['lo', 'd0']
  },
  'one link with IPv4 alone, one with IPv6 alone': {
    lines: [...veth, 'addr add 10.0.0.1/24 dev d0', 'addr add fd00::1/64 dev d1 nodad'],
    keys: ['lo', 'd0', 'd1']
  },
  bridge: {
    lines: [
      ...veth,
      'link add name br0 type bridge',
      'link set br0 addrgenmode none',
      'link add name br1 type bridge',
      'link set br1 addrgenmode none',
      'link set br1 up',
      'link set d0 master br0',
      'link set br0 up',
      'addr add 10.0.0.1/24 dev br0',
      'addr add fd00::1/64 dev br0 nodad',
      'addr add 10.0.1.1/24 dev br1'
    ],
    // A bridge without ports is up, in operational state UNKNOWN.
    keys: ['lo', 'br0', 'br1']
  },
  'tun, without a hardware address': {
    tunnels: ['tun t0', 'tun t1'],
    lines: [
      'link set t0 addrgenmode none',
      'link set t0 up',
      'link set t1 addrgenmode none',
      'link set t1 up',
      'addr add 10.8.0.6 peer 10.8.0.5/32 dev t0',
      'addr add fd00::1/64 dev t1 nodad'
    ],
    keys: ['t0', 't1']
  },
  tap: {
    tunnels: ['tap t0'],
    lines: [
      'link set t0 addrgenmode none',
      'link set t0 address 02:00:00:00:00:7f',
      'link set t0 up',
      'addr add 10.8.0.6/24 dev t0 broadcast +'
    ],
    keys: ['t0']
  },
  'names: 15 characters, quotes, UTF-8, digits': {
    lines: [
      'link add name abcdefghijklmno type veth peer name \'a"b"\'',
      `link add name "it's" type veth peer name ${utf8('größe€')}`,
      'link add name 42 type veth peer name 7',
      ...['abcdefghijklmno', '\'a"b"\'', '"it\'s"', utf8('größe€'), '42', '7'].flatMap(
        (name, place) => [
          `link set ${name} addrgenmode none`,
          `link set ${name} up`,
          `addr add 10.0.${place}.1/24 dev ${name}`,
          `addr add fd00:${place}::1/64 dev ${name} nodad`
        ]
      )
    ],
    // JavaScript puts keys that are array indices first, in numerical order.
    keys: ['7', '42', 'a"b"', 'abcdefghijklmno', 'größe€', "it's"]
  }
}

/** One network with links and addresses of many kinds, for the tests in sandboxes. */
/** @type {Topology} */
const mixed = {
  tunnels: ['tun t0'],
  lines: [
    ...veth,
    'link set t0 addrgenmode none',
    'link set t0 up',
    'addr add 10.8.0.6 peer 10.8.0.5/32 dev t0',
    'link set d0 address 02:00:00:00:00:d0',
    'link set d1 address 02:00:00:00:00:d1',
    'addr add 10.200.0.2/24 dev d0',
    'addr add 10.200.0.3/24 dev d0 label d0:1',
    'addr add 10.201.0.2/20 dev d0',
    'addr add 172.16.0.1/31 dev d1',
    'addr add fd00::2/64 dev d0 nodad',
    'addr add fe80::2/64 dev d0 nodad',
    ...makeVeth('v0', 'v1'),
    'addr add fe80::3/64 dev v0 nodad',
    'link add name off0 type veth peer name off1',
    'addr add 10.99.0.1/24 dev off0',
    'addr add fd99::1/64 dev off0 nodad'
  ]
}

module.exports = { cases, makeVeth, mixed }
