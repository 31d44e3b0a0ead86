'use strict'

// The table of differences in docs/differences.md, between this package and the native function, row by row: each is shown by a
// network on which they differ so, in the mode that the row names.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { projectRoot } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')
const { buildNamespace } = require('../support/topology')
const { makeVeth } = require('../support/topology-cases')
const { modes, readOnce } = require('../support/topology-readers')

skipWithout(t, '/dev/net/tun')

/** The modes of topology-readers.js, by the names that the page has for them. */
const MODES = {
  'no netlink': 'no netlink',
  'no netlink, no `/proc`': 'no netlink, no /proc',
  'no IP socket': 'no socket',
  'no socket at all': 'no socket, no socketpair'
}

/** The page's rows, as `where: what`. */
const rows = fs
  .readFileSync(path.join(projectRoot, 'docs/differences.md'), 'utf8')
  .split(/^\| where .*\n.*\n/m)[1]
  .split('\n\n')[0]
  .split('\n')
  .map((row) => row.split('|').map((cell) => cell.trim()))
  .map(([, where, what]) => ({ where, what }))

/** Two rows are about the same labels. */
const keyOf = ({ where, what }) =>
  what === "an IPv4 label that is not its link's" ? `${where}: ${what}` : what

/** The entries of a result or a diagnosis that are about an address. */
const withAddress = (entries, address) => entries.filter((entry) => entry.address === address)
const properties = ({ diagnosis }, address) =>
  withAddress(diagnosis.inferred, address).map(({ property }) => property)
const isOmitted = ({ diagnosis }, address) => withAddress(diagnosis.omitted, address).length > 0
const entriesOf = (result, address) =>
  Object.entries(result).flatMap(([key, list]) =>
    withAddress(list, address).map((entry) => ({ key, ...entry }))
  )

/**
 * For each row: a network, and what shows the difference there. `native`, `ours`: the entries of the address
 * that the row is about. `mac`: the hardware addresses by the links' names.
 *
 * @type {Record<string, { topology: object, address: string, check: Function }>}
 */
const shown = {
  'IPv6 addresses of one scope on one link': {
    topology: {
      // The kernel's order is of a hash: of so many it is hardly ours by chance.
      lines: [
        ...makeVeth('d0', 'd1'),
        ...[3, 1, 8, 5, 2, 7, 4, 6].map((i) => `addr add fd00::${i}/64 dev d0 nodad`)
      ]
    },
    address: 'fd00::1',
    check(t, { reading, native, ours }) {
      const all = (result) => result.d0.map(({ address }) => address)
      const [inOrder, ordered] = [reading.native, reading.ours].map(({ answer }) =>
        all(JSON.parse(answer))
      )
      t.notSame(inOrder, ordered, 'another order')
      t.strictSame([...inOrder].sort(), [...ordered].sort())
      t.strictSame(native, ours)
    }
  },
  'one IPv4 address twice under one label': {
    topology: {
      lines: [
        ...makeVeth('d0', 'd1'),
        'addr add 10.0.0.1 peer 10.1.0.2/16 dev d0',
        'addr add 10.0.0.1 peer 10.2.0.2/24 dev d0'
      ]
    },
    address: '10.0.0.1',
    check(t, { reading, native, ours }) {
      t.strictSame(
        native.map(({ cidr }) => cidr),
        ['10.0.0.1/16', '10.0.0.1/24']
      )
      t.strictSame(
        ours.map(({ cidr }) => cidr),
        ['10.0.0.1/16', '10.0.0.1/32']
      )
      t.equal(properties(reading, '10.0.0.1').filter((name) => name === 'netmask').length, 2)
    }
  },
  "one IPv4 address twice, under a label that is not its link's": {
    topology: {
      lines: [...makeVeth('d0', 'd1'), 'link set lo up'],
      addresses: [
        ...['address d0 10.0.0.1 24 foo', 'address d1 10.0.0.1 24 foo'],
        ...['address lo 10.0.0.2 24 d0', 'address d0 10.0.0.2 24 d0']
      ]
    },
    address: '10.0.0.1',
    check(t, { reading, native, ours, all }) {
      t.equal(native.length, 2)
      t.strictSame(ours, [])
      t.ok(isOmitted(reading, '10.0.0.1'))
      const onLo = entriesOf(JSON.parse(reading.native.answer), '10.0.0.2')
      t.strictSame(onLo.map(({ internal }) => internal).sort(), [false, true])
      t.match(all('10.0.0.2'), [
        { key: 'd0', internal: false },
        { key: 'd0', internal: false }
      ])
      t.ok(properties(reading, '10.0.0.2').includes('state'))
    }
  },
  "no netlink: an IPv4 label that is not its link's": {
    topology: {
      lines: [...makeVeth('d0', 'd1'), 'addr add 10.0.0.1/24 dev d0 label foo noprefixroute']
    },
    address: '10.0.0.1',
    check(t, { reading, native, ours }) {
      t.match(native, [{ key: 'foo', netmask: '255.255.255.0' }])
      t.match(ours, [{ key: 'foo', netmask: '255.255.255.255' }])
      t.ok(properties(reading, '10.0.0.1').includes('netmask'))
    }
  },
  "no netlink, no `/proc`: an IPv4 label that is not its link's": {
    topology: { lines: makeVeth('d0', 'd1'), addresses: ['address d0 10.0.0.1 24 foo'] },
    address: '10.0.0.1',
    check(t, { reading, native, ours }) {
      t.equal(native.length, 1)
      t.strictSame(ours, [])
      t.ok(isOmitted(reading, '10.0.0.1'))
    }
  },
  'an IPv4 label that names another link, or is its alternative name': {
    topology: {
      lines: [
        ...makeVeth('d0', 'd1'),
        'link property add dev lo altname alt0',
        'link set lo up',
        'link add off0 type veth peer name off1'
      ],
      addresses: [
        'address d0 10.0.0.1 24 lo:1',
        'address d0 10.0.0.2 24 alt0',
        'address d0 10.0.0.3 24 off0'
      ]
    },
    address: '10.0.0.1',
    check(t, { reading, native, ours, all }) {
      t.match(native, [{ key: 'lo:1', mac: '00:00:00:00:00:00', internal: false }])
      t.match(ours, [{ key: 'lo:1', mac: '00:00:00:00:00:00', internal: true }])
      t.ok(properties(reading, '10.0.0.1').includes('state'))
      t.match(all('10.0.0.2'), [{ key: 'alt0', mac: '00:00:00:00:00:00', internal: true }])
      t.ok(properties(reading, '10.0.0.2').includes('state'))
      t.strictSame(all('10.0.0.3'), [], 'the link that the label names is down')
      t.ok(properties(reading, '10.0.0.3').includes('state'))
    }
  },
  'an IPv4 label that is empty or names no link': {
    topology: {
      lines: makeVeth('d0', 'd1'),
      addresses: ['address d0 10.0.0.1 24 foo', 'address d1 10.0.0.2 24']
    },
    address: '10.0.0.1',
    check(t, { reading, native, ours, all }) {
      t.equal(native.length, 1)
      t.strictSame(ours, [])
      t.strictSame(all('10.0.0.2'), [])
      t.ok(isOmitted(reading, '10.0.0.1'))
      t.ok(isOmitted(reading, '10.0.0.2'))
    }
  },
  'a label that a rename may have truncated: 15 bytes with a colon, as in `br-0123456789:2`': {
    topology: {
      lines: [
        ...makeVeth('d0', 'd1'),
        'addr add 10.0.0.1/24 dev d0',
        'addr add 10.0.0.2/24 dev d0',
        'link set d0 name br-0123456789ab'
      ]
    },
    address: '10.0.0.2',
    check(t, { reading, native, ours }) {
      t.match(native, [{ key: 'br-0123456789:2' }])
      t.strictSame(ours, native)
      t.ok(properties(reading, '10.0.0.2').includes('state'))
    }
  },
  'such a label, and no link or several whose names begin so': {
    topology: {
      lines: [
        ...makeVeth('d0', 'd1'),
        'addr add 10.0.0.1/24 dev d0',
        'addr add 10.0.0.2/24 dev d0',
        'link add enx0011223344 type veth peer name enx0011223355',
        'link set d0 name enx001122334455',
        'link property add dev d1 altname alternative',
        'addr add 10.0.0.3/24 dev d1 label alternative:123'
      ]
    },
    address: '10.0.0.2',
    check(t, { reading, native, ours, all }) {
      t.match(native, [{ key: 'enx0011223344:2' }])
      t.strictSame(ours, [])
      t.ok(isOmitted(reading, '10.0.0.2'))
      t.strictSame(all('10.0.0.3'), [])
      t.ok(isOmitted(reading, '10.0.0.3'))
    }
  },
  'a link that is up and has no carrier': {
    topology: {
      lines: [
        'link add d0 type veth peer name d1',
        'link set d0 addrgenmode none',
        'link set d0 up',
        'addr add fd00::1/64 dev d0 nodad'
      ]
    },
    address: 'fd00::1',
    check: isShown
  },
  'a link that is down, if it has no duplicate address detection: `lo`, a tunnel': {
    topology: {
      tunnels: ['tun t0'],
      lines: ['addr add fd00::1/64 dev t0', 'addr add fd00::2/64 dev lo']
    },
    address: 'fd00::1',
    check(t, { all, ...shown }) {
      isShown(t, shown)
      isShown(t, { ...shown, ours: all('fd00::2'), address: 'fd00::2' })
    }
  }
}

function isShown(t, { reading, native, ours, address }) {
  t.strictSame(native, [])
  t.equal(ours.length, 1)
  t.ok(properties(reading, address).includes('state'))
}

t.strictSame(rows.map(keyOf), Object.keys(shown), 'each row has a test')

for (const { where, what } of rows) {
  const mode = MODES[where]
  const skip = mode in modes ? false : requirements('landlock')
  t.test(`${where}: ${what}`, { skip }, async (t) => {
    const { topology, address, check } = shown[keyOf({ where, what })]
    const ns = await buildNamespace(t, 'differences', topology)
    const open = readOnce(ns, ['--user', 'keep', '--no-landlock'])
    const reading = { ...readOnce(ns, modes[mode]), native: open.native }
    const all = (wanted) => entriesOf(JSON.parse(reading.ours.answer), wanted)
    const native = entriesOf(JSON.parse(open.native.answer), address)
    t.equal(open.ours.answer, open.native.answer, 'with netlink there is no difference')
    check(t, { reading, native, ours: all(address), all, address })
    t.equal(reading.diagnosis.complete, where === 'no netlink' && what.startsWith('IPv6'))
  })
}
