'use strict'

// Generates topologies for fast-check. A counter-example is a list of commands, as topology.js runs them, which
// can be shortened and run by hand.

const fc = require('fast-check')
const { compile } = require('./topology-compiler')

const MAX_UNITS = 15
const MAX_ADDRESSES = 8
const IFNAMSIZ = 16
const MAX_ALTNAME = 127

/**
 * A value once in `times`, else undefined.
 *
 * @template T
 * @param {number} times
 * @param {import('fast-check').Arbitrary<T>} arbitrary
 */
const onceIn = (times, arbitrary) =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

/** @param {number} times @returns {import('fast-check').Arbitrary<boolean>} */
const trueOnceIn = (times) => onceIn(times, fc.constant(true)).map((value) => value === true)

/** @param {string} text */
const utf8 = (text) => Buffer.from(text).toString('latin1')

/**
 * A name in which each character is a byte. The kernel accepts all bytes except `/`, `:` and white space, to
 * which it counts 0xa0. ip(8) treats `#` as a comment.
 */
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('eth0', 'eth1', 'd0', 'd1', 'wlp0s20f3', 'br-lan') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      '0',
      '7',
      '42',
      '007',
      '-1',
      'a"b',
      "it's",
      'a\\b',
      'abcdefghijklmno',
      'eth0.100',
      'eth0@if7',
      utf8('größe€'),
      utf8('網路'),
      utf8('𝕖𝕥𝕙'),
      '\xff\xfe',
      'x\xe2\x82',
      '\xff',
      '\x01\x1b[1m'
    )
  },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc
          .integer({ min: 0x21, max: 0xff })
          .filter((byte) => !'#/:\'"\x7f\x85\xa0'.includes(String.fromCharCode(byte))),
        { minLength: 1, maxLength: IFNAMSIZ - 1 }
      )
      .map((bytes) => String.fromCharCode(...bytes))
      .filter((text) => !['.', '..', 'all', 'default'].includes(text))
  }
)

const mac = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 5, maxLength: 5 }).map(
  // Locally administered, unicast.
  (bytes) => ['02', ...bytes.map((byte) => byte.toString(16).padStart(2, '0'))].join(':')
)

const byte = fc.integer({ min: 0, max: 255 })
const ipv4 = fc.oneof(
  // Few values, so that they repeat: in one subnet, on one link, on two links.
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.integer({ min: 0, max: 1 }),
        fc.integer({ min: 0, max: 1 }),
        fc.integer({ min: 1, max: 5 })
      )
      .map(([a, b, c]) => `10.${a}.${b}.${c}`)
  },
  { weight: 1, arbitrary: fc.constantFrom('127.0.0.1', '127.0.0.2', '169.254.1.1', '192.168.1.1') },
  { weight: 1, arbitrary: fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join('.')) }
)

const ipv4Prefix = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(8, 16, 24, 30, 31, 32) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 32 }) }
)

/**
 * Names of 13 to 15 bytes. Renaming a link to one truncates its labels. Some begin as others do, so that a
 * truncated label can be of either, or be another link's whole name.
 */
const longName = fc.constantFrom(
  'enx001122334455',
  'enx00112233446',
  'enx0011223344',
  'br-0123456789ab',
  'br-0123456789a',
  'br-0123456789',
  'wlp0s20f3u1u2i3'
)

/** Of up to 127 bytes; IFNAMSIZ limits labels and names of links only. */
const alternativeName = fc.oneof(
  { weight: 2, arbitrary: name },
  { weight: 1, arbitrary: longName },
  {
    weight: 1,
    arbitrary: fc
      .tuple(name, fc.constantFrom(IFNAMSIZ, 40, MAX_ALTNAME))
      .map(([text, length]) => text.padEnd(length, '-alternative'))
  }
)

/** The part after the colon of a label that begins with its link's name; undefined: no such label. */
const suffix = onceIn(3, fc.constantFrom('1', '2', '', 'x:y', '0123456789abcd'))

const number = fc.integer({ min: 0, max: 40 })

/**
 * A label that may not begin with the name of its link: the name of another link, of one that is down or an
 * alternative one (by number), with a suffix; or any text, or none. ip(8) sets it before its link is renamed,
 * `raw` afterwards; undefined: it does begin so.
 */
const label = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      of: fc.constantFrom('link', 'link', 'down', 'alternative'),
      number,
      suffix,
      raw: fc.boolean()
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      text: fc.constantFrom(
        ...['', '', 'foo', 'foo:1', ':1', ':', 'lo', 'lo:1', 'd0', 'eth1:3', '12345678901234'],
        ...['abcdefghijklmno', 'foo:56789012345', ':23456789012345', 'enx0011223344:2']
      ),
      raw: fc.boolean()
    })
  },
  { weight: 3, arbitrary: fc.constant(undefined) }
)

const peer4 = onceIn(8, fc.constantFrom('10.9.9.9/32', '10.9.8.1/24', '10.0.0.7/24'))

const address4 = fc.record({
  address: ipv4,
  prefix: ipv4Prefix,
  suffix,
  peer: peer4,
  broadcast: onceIn(2, fc.constantFrom('+', '+', '-', '10.9.8.7')),
  scope: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom('global', 'global', 'global', 'link', 'host') },
    { weight: 1, arbitrary: fc.constantFrom('site', 'nowhere', '55') }
  ),
  extra: fc.oneof(
    {
      weight: 7,
      arbitrary: fc.constantFrom('', '', '', '', 'noprefixroute', 'preferred_lft 0', 'metric 77')
    },
    { weight: 1, arbitrary: fc.constant('valid_lft 40000 preferred_lft 30000') }
  ),
  // The same address once more: on this link or on another one (by number), under this label or another.
  again: onceIn(
    6,
    fc.record({
      on: onceIn(2, number),
      prefix: ipv4Prefix,
      peer: onceIn(2, fc.constantFrom('10.9.9.8/32', '10.9.8.1/24', '10.1.0.7/16')),
      sameLabel: fc.boolean(),
      suffix,
      label
    })
  )
})

const address6 = fc.record({
  address: fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .tuple(
          fc.constantFrom('2001:db8::', 'fd00::', 'fe80::', 'fec0::'),
          fc.integer({ min: 1, max: 12 })
        )
        .map(([prefix, host]) => `${prefix}${host.toString(16)}`)
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '::ffff:10.0.0.1',
        '::10.0.0.1',
        '::2',
        '64:ff9b::1',
        '2001:db8:0:1::',
        '2001:0:0:1:0:0:0:1',
        '1:0:2:0:3:0:4:0',
        'ff02::77',
        'ff0e::77'
      )
    }
  ),
  prefix: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(10, 48, 64, 128) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 128 }) }
  ),
  extra: fc.constantFrom(
    'nodad',
    'nodad',
    'nodad',
    '',
    'noprefixroute',
    'nodad noprefixroute',
    'nodad noprefixroute',
    'nodad preferred_lft 0',
    'nodad home',
    'nodad valid_lft 40000 preferred_lft 30000',
    'nodad mngtmpaddr',
    'mngtmpaddr valid_lft 40000 preferred_lft 30000',
    'optimistic'
  ),
  peer: onceIn(8, fc.constantFrom('fd77::1', 'fe80::7'))
})

const link = fc.record({
  name,
  mac: onceIn(2, mac),
  down: trueOnceIn(6),
  // It comes up when it has its addresses.
  late: trueOnceIn(4),
  ipv4: fc.array(address4, { maxLength: MAX_ADDRESSES }),
  ipv6: fc.array(address6, { maxLength: MAX_ADDRESSES }),
  // For the IPv4 addresses.
  labels: onceIn(3, fc.array(label, { minLength: MAX_ADDRESSES, maxLength: MAX_ADDRESSES })),
  disableIpv6: trueOnceIn(12),
  settings: onceIn(
    3,
    fc.subarray(
      [
        'mode dormant',
        'mtu 1280',
        'mtu 9000',
        'promisc on',
        'allmulticast on',
        'multicast off',
        'arp off',
        'dynamic on',
        'trailers off'
      ],
      { maxLength: 3 }
    )
  ),
  altnames: onceIn(4, fc.array(alternativeName, { minLength: 1, maxLength: 3 })),
  rename: onceIn(
    3,
    fc.record({
      to: fc.oneof({ weight: 1, arbitrary: name }, { weight: 3, arbitrary: longName }),
      // Before Linux 6.2, a link must be down. Going down costs it its IPv6 addresses.
      isDown: trueOnceIn(3),
      // Another link (by number) gets the name that a truncated label begins with.
      namesake: onceIn(
        2,
        fc.record({
          of: number,
          cut: fc.constantFrom(1, 2, 2, 2, 4),
          alternative: trueOnceIn(3),
          down: fc.boolean()
        })
      )
    })
  )
})

/**
 * Hardware types of <linux/if_arp.h>: IPv4 tunnels and IPv6 ones, with addresses of 4 and 16 bytes; others with
 * addresses of 1, 8 and 0 bytes; and one that has no name.
 */
const hardware = fc.constantFrom(768, 776, 778, 769, 823, 773, 804, 32, 512, 9999)

const unit = fc.record({
  kind: fc.constantFrom(
    ...['veth', 'veth', 'veth', 'bridge', 'ports', 'tun', 'tap', 'idle-tun', 'ifb']
  ),
  // For tun and tap.
  hardware: onceIn(2, hardware),
  // An explicit ifindex, so that the order of registration differs from that of ifindexes.
  index: onceIn(4, fc.integer({ min: 100, max: 140 })),
  recreate: trueOnceIn(6),
  links: fc.tuple(link, link)
})

const model = fc.record({
  ordinary: trueOnceIn(4),
  many: trueOnceIn(80),
  temporary: trueOnceIn(2),
  withoutLoopbackAddress: trueOnceIn(4),
  lo: link,
  units: fc.array(unit, { maxLength: MAX_UNITS })
})

module.exports = { topologies: model.map(compile) }
