'use strict'

// Generates topologies for fast-check. A counter-example is a list of commands, as topology.js runs them, which
// can be shortened and run by hand.

const fc = require('fast-check')

/** @typedef {import('./topology').Topology} Topology */
/** @typedef {Topology & { ordinary: boolean }} Generated */

const MAX_UNITS = 15
const MAX_ADDRESSES = 8
const IFNAMSIZ = 16

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
      '\xff'
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

/** The part after the colon of a label that begins with its link's name; undefined: no such label. */
const suffix = onceIn(3, fc.constantFrom('1', '2', '', 'x:y'))

/** A label that only netlink can set: that of another link (by number), with a suffix, any, or empty. */
const label = fc.oneof(
  { weight: 2, arbitrary: fc.record({ of: fc.integer({ min: 0, max: 40 }), suffix }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'foo', 'foo:1', ':1', ':', 'lo', 'lo:1', 'd0', 'eth1:3')
  },
  { weight: 3, arbitrary: fc.constant(undefined) }
)

const address4 = fc.record({
  address: ipv4,
  prefix: ipv4Prefix,
  suffix,
  peer: onceIn(8, fc.constantFrom('10.9.9.9/32', '10.9.8.1/24', '10.0.0.7/24')),
  scope: fc.constantFrom('global', 'global', 'global', 'link', 'host'),
  extra: fc.constantFrom('', '', '', '', 'noprefixroute', 'preferred_lft 0', 'metric 77')
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
        '1:0:2:0:3:0:4:0'
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
    'nodad noprefixroute',
    'nodad preferred_lft 0',
    'optimistic'
  ),
  peer: onceIn(8, fc.constantFrom('fd77::1', 'fe80::7'))
})

const link = fc.record({
  name,
  mac: onceIn(2, mac),
  down: trueOnceIn(6),
  ipv4: fc.array(address4, { maxLength: MAX_ADDRESSES }),
  ipv6: fc.array(address6, { maxLength: MAX_ADDRESSES }),
  // Labels for all addresses, added through netlink.
  labels: onceIn(4, fc.array(label, { minLength: MAX_ADDRESSES, maxLength: MAX_ADDRESSES })),
  disableIpv6: trueOnceIn(12),
  altname: onceIn(6, name),
  rename: onceIn(6, name)
})

const unit = fc.record({
  kind: fc.constantFrom('veth', 'veth', 'veth', 'bridge', 'ports', 'tun', 'tap', 'idle-tun'),
  // An explicit ifindex, so that the order of registration differs from that of ifindexes.
  index: onceIn(4, fc.integer({ min: 100, max: 140 })),
  recreate: trueOnceIn(6),
  links: fc.tuple(link, link)
})

const model = fc.record({
  ordinary: trueOnceIn(4),
  many: trueOnceIn(80),
  lo: link,
  units: fc.array(unit, { maxLength: MAX_UNITS })
})

/** @param {string} text an argument in `ip -batch` */
const quote = (text) => (text.includes("'") ? `"${text}"` : text.includes('"') ? `'${text}'` : text)

/** Hands out names so that no two links share one. */
class Names {
  /** @type {Set<string>} */
  #used = new Set(['lo'])

  /** @param {string} preferred */
  allocate(preferred) {
    let free = preferred
    for (let i = 0; this.#used.has(free); i++) free = `l${this.#used.size + i}`
    this.#used.add(free)
    return free
  }
}

/**
 * Rewrites addresses to an ordinary network: each subnet is on one link, and its addresses have its prefix
 * length.
 *
 * @param {any[]} specs
 * @param {number} position of the link
 */
function makeOrdinary(specs, position) {
  return specs.map(({ address, suffix }, i) => {
    const [, , third, host] = address.split('.').map(Number)
    const subnet = (third + i) % 3
    // The loopback link's subnets are in a table that no file lists with links.
    if (position === 0)
      return { address: `10.0.0.${host + i * 7}`, prefix: 32, scope: 'global', extra: '' }
    return {
      address: `10.${position}.${subnet}.${((host + i * 7) % 120) + 1}`,
      prefix: [24, 25, 24][subnet],
      suffix,
      scope: 'global',
      extra: ''
    }
  })
}

/** @param {any} address @param {string} dev */
function ipv4Line({ address, prefix, suffix, peer, scope, extra }, dev) {
  const local = peer ? `${address} peer ${peer}` : `${address}/${prefix}`
  const labelled = suffix !== undefined ? `label ${quote(`${dev}:${suffix}`.slice(0, 15))}` : ''
  return `addr add ${local} dev ${quote(dev)} ${labelled} scope ${scope} ${extra}`
}

/** @param {any} address @param {string} dev */
function ipv6Line({ address, prefix, extra, peer }, dev) {
  const local = peer ? `${address} peer ${peer}` : `${address}/${prefix}`
  return `addr add ${local} dev ${quote(dev)} ${extra}`
}

/** Turns a generated model into commands. */
class Compiler {
  /** @type {string[]} */
  tunnels = []
  /** @type {string[]} */
  lines = []
  /** @type {string[]} */
  addresses = []
  /** @type {{ name: string, spec: any }[]} */
  links = []
  names = new Names()

  /** @param {any} unit */
  addUnit({ kind, index, recreate, links: [first, second] }) {
    const name = this.names.allocate(first.name)
    this.links.push({ name, spec: first })
    const number = index === undefined ? '' : `index ${index}`
    if (kind === 'tun' || kind === 'tap') return this.tunnels.push(`${kind} ${name}`)
    if (kind === 'idle-tun') return this.lines.push(`tuntap add mode tun name ${quote(name)}`)

    const bridge = kind === 'bridge' || kind === 'ports'
    const pair = kind === 'bridge' ? [] : [this.names.allocate(second.name)]
    if (kind === 'ports') pair.push(this.names.allocate('port'))
    for (const other of pair.slice(0, 1)) this.links.push({ name: other, spec: second })
    const command = bridge
      ? `link add ${number} name ${quote(name)} type bridge`
      : `link add ${number} name ${quote(name)} type veth peer name ${quote(pair[0])}`
    this.lines.push(command)
    if (recreate) this.lines.push(`link del dev ${quote(name)}`, command)
    if (kind !== 'ports') return
    this.lines.push(
      `link add name ${quote(pair[0])} type veth peer name ${quote(pair[1])}`,
      `link set dev ${quote(pair[1])} addrgenmode none`,
      `link set dev ${quote(pair[1])} master ${quote(name)}`,
      `link set dev ${quote(pair[1])} up`
    )
  }

  /** @param {{ name: string, spec: any }} link */
  setUp({ name, spec }) {
    const dev = `dev ${quote(name)}`
    // The kernel would add its own link-local addresses at any time.
    if (name !== 'lo') this.lines.push(`link set ${dev} addrgenmode none`)
    if (spec.mac && name !== 'lo') this.lines.push(`link set ${dev} address ${spec.mac}`)
    if (!spec.down) this.lines.push(`link set ${dev} up`)
    if (spec.altname && name !== 'lo')
      this.lines.push(
        `link property add ${dev} altname ${quote(this.names.allocate(spec.altname))}`
      )
  }

  /** @param {{ name: string, spec: any }} link @param {number} position @param {boolean} ordinary */
  addAddresses({ name, spec }, position, ordinary) {
    const ipv4Specs = ordinary ? makeOrdinary(spec.ipv4, position) : spec.ipv4
    this.lines.push(...spec.ipv6.map((/** @type {any} */ address) => ipv6Line(address, name)))
    if (spec.disableIpv6) this.addresses.push(`disable_ipv6 ${name}`)
    if (ordinary || !spec.labels) {
      this.lines.push(...ipv4Specs.map((/** @type {any} */ address) => ipv4Line(address, name)))
    } else {
      ipv4Specs.forEach((/** @type {any} */ address, /** @type {number} */ i) =>
        this.addWithLabel(name, address, spec.labels[i])
      )
    }
  }

  /** @param {string} name @param {any} address @param {any} label */
  addWithLabel(name, { address, prefix }, label) {
    let text = label ?? name
    if (label?.of !== undefined) {
      text = this.links[label.of % this.links.length].name
      if (label.suffix !== undefined) text += `:${label.suffix}`
    }
    this.addresses.push(`address ${name} ${address} ${prefix} ${text.slice(0, 15)}`.trimEnd())
  }

  /** @param {{ name: string, spec: any }} link */
  rename({ name, spec }) {
    if (!spec.rename || name === 'lo') return
    const newName = this.names.allocate(spec.rename)
    this.lines.push(`link set dev ${quote(name)} name ${quote(newName)}`)
    // raw.c adds its addresses after the rename.
    for (const [i, line] of this.addresses.entries())
      this.addresses[i] = line.replace(
        /^(\w+ )(\S+)/,
        (_, verb, dev) => verb + (dev === name ? newName : dev)
      )
  }

  addMany() {
    for (let i = 0; i < 130; i++) {
      this.lines.push(
        `link add name m${i} type veth peer name n${i}`,
        `link set m${i} addrgenmode none`,
        `link set n${i} addrgenmode none`,
        `link set m${i} up`,
        `link set n${i} up`,
        `addr add 172.16.${i}.1/24 dev m${i}`,
        `addr add 172.17.${i}.1/24 dev n${i}`,
        `addr add fd00:${i}::1/64 dev n${i} nodad`
      )
    }
  }
}

/** @param {any} model @returns {Generated} */
function compile({ ordinary, many, lo, units }) {
  const compiler = new Compiler()
  compiler.links.push({ name: 'lo', spec: { ...lo, labels: undefined } })
  for (const one of units) compiler.addUnit(one)
  for (const each of compiler.links) compiler.setUp(each)
  compiler.links.forEach((each, position) => compiler.addAddresses(each, position, ordinary))
  for (const each of compiler.links) compiler.rename(each)
  if (many) compiler.addMany()
  const { tunnels, lines, addresses } = compiler
  return { ordinary, tunnels, lines, addresses }
}

module.exports = { topologies: model.map(compile) }
