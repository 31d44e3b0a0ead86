'use strict'

// The preload library against glibc: its lists on generated networks, and what it does with partial denials,
// errno, threads and lists of both kinds.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('../..')
const { testGeneratedNetworks } = require('../support/preload/comparison')
const lists = require('../support/preload/lists')
const { Namespace, projectRoot } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')

const { AF_INET, AF_INET6, AF_PACKET, exec, readBoth, refuse, withNetwork } = lists
const { EPERM, EDOM, EXDEV } = os.constants.errno
const ARPHRD_ETHER = 1
// test/soak/preload.test.js compares more.
const NETWORKS = 8

skipWithout(t, '/dev/net/tun')
testGeneratedNetworks(t, NETWORKS)

const network = [
  'link set lo up',
  'link add d0 type veth peer name p0',
  'link set p0 addrgenmode none',
  'link set p0 up',
  'link set d0 addrgenmode none',
  'link set d0 up',
  'addr add 10.0.0.1/24 brd + dev d0',
  'addr add fd00::1 peer fd00::2/128 dev d0 nodad',
  'link add d1 type bridge'
]

t.test('one address twice on a link: what an ioctl answers is about the first', async (t) => {
  const duplicates = [
    ...network.filter((line) => !line.startsWith('addr')),
    'addr add 10.0.0.1 peer 10.0.0.2 dev d0',
    'addr add 10.0.0.1 peer 10.0.0.3 dev d0',
    'addr add 10.1.0.1/24 brd + dev d0',
    'addr add 10.1.0.1/16 brd + dev d0'
  ]
  const entries = (ns, options) =>
    exec(ns, 'list', options)
      .value.filter(({ name, address }) => name === 'd0' && address.family === AF_INET)
      .map(({ address, netmask, other }) => [address, netmask, other].map(({ bytes }) => bytes))
  withNetwork('duplicates', duplicates, (ns) => {
    t.strictSame(entries(ns), [
      ['0a000001', 'ffffffff', '0a000002'],
      ['0a000001', 'ffffffff', '0a000003'],
      ['0a010001', 'ffffff00', '0a0100ff'],
      ['0a010001', 'ffff0000', '0a01ffff']
    ])
    const launch = ['--deny-family', 'netlink']
    // An address in place of the second one means that there is none, or that it is unknown.
    t.strictSame(entries(ns, { launch, preload: preloadPath }), [
      ['0a000001', 'ffffffff', '0a000002'],
      ['0a000001', 'ffffffff', '0a000001'],
      ['0a010001', 'ffffff00', '0a0100ff'],
      ['0a010001', 'ffff0000', '0a010001']
    ])
  })
})

t.test('partial denials', async (t) => {
  const ns = Namespace.create('partial')
  t.teardown(() => ns.remove())
  ns.batch([...network, 'link set d0 broadcast 02:00:00:00:00:01'])
  ns.settle()
  const list = (...launch) => exec(ns, 'list', { launch, preload: preloadPath })
  const statusWithout = (...launch) => exec(ns, 'list', { launch }).status
  const glibc = exec(ns, 'list').value
  const ofLink = (value, name) =>
    value?.find(
      (entry) => entry.name === name && (entry.address?.family ?? AF_PACKET) === AF_PACKET
    )
  const ofIPv4 = (value) => value?.find(({ address }) => address?.bytes === '0a000001')

  t.test('bind(2): rtnetlink reports everything', async (t) => {
    t.equal(statusWithout('--deny-syscall', 'bind'), 1)
    const launch = ['--deny-syscall', 'bind']
    const both = readBoth(ns, 'list', { launch, preload: preloadPath })
    t.strictSame(both.ours, both.glibc)
  })

  t.test('netlink: the broadcast address of an Ethernet link is the default', async (t) => {
    const { value } = list('--deny-family', 'netlink')
    t.equal(ofLink(glibc, 'd0').other.bytes, '020000000001')
    t.equal(ofLink(value, 'd0').other.bytes, 'ffffffffffff')
    t.equal(ofLink(value, 'd0').address.hatype, ARPHRD_ETHER)
    t.ok(ofLink(value, 'd1'), 'a link without addresses is listed')
  })

  t.test('every socket(2): an unknown broadcast address looks like glibc’s for none', async (t) => {
    const { value } = list('--deny-family', 'all')
    t.equal(ofIPv4(glibc).other.bytes, '0a0000ff')
    t.equal(ofIPv4(value).other.bytes, '0a000001')
    t.strictSame(ofLink(value, 'd0').address, ofLink(glibc, 'd0').address)
  })

  t.test('and socketpair(2): no hardware address is invented', async (t) => {
    const { value } = list('--deny-family', 'all', '--deny-socketpair')
    t.strictSame(ofLink(value, 'd0').address, null)
    t.match(ofLink(value, 'd0'), { data: /^0/ }, 'statistics are listed')
    t.equal(ofIPv4(value), undefined)
  })

  const skip = requirements('landlock')
  t.test('netlink and /proc: no IPv6, no statistics', { skip }, async (t) => {
    const { value } = list('--deny-family', 'netlink', '--no-path', '/proc')
    t.ok(ofIPv4(value))
    t.notOk(value.some(({ address }) => address?.family === AF_INET6))
    t.notOk(value.some(({ data }) => data !== undefined))
  })
})

t.test('errno is that of libc’s functions', async (t) => {
  withNetwork('errno', network, (ns) => {
    const run = (preload, ...launch) => exec(ns, 'errno', { launch, preload }).value
    t.match(run(preloadPath), [0, Number, 0, Number])
    t.strictSame(run(preloadPath), run(undefined), 'nothing is denied')
    const netlink = ['--deny-family', 'netlink', '--errno', 'EPERM']
    t.strictSame(run(undefined, ...netlink), [-1, EPERM, -1, EPERM], 'libc alone')
    t.strictSame(run(preloadPath, ...netlink), [0, EDOM, 0, EDOM], 'ours leaves errno unchanged')
    const both = [...netlink, '--deny-syscall', 'socketpair=ENOSYS', '--no-path', '/proc']
    for (const family of ['inet', 'inet6', 'unix']) both.push('--deny-family', family)
    const skip = requirements('landlock')
    t.strictSame(run(preloadPath, ...both), [-1, EPERM, -1, EPERM], 'both fail', { skip })
    t.strictSame(run(refuse), [-1, EXDEV, -1, EXDEV])
  })
})

t.test('threads', async (t) => {
  withNetwork('threads', network, (ns) => {
    const netlink = ['--deny-family', 'netlink']
    t.equal(exec(ns, 'threads', { preload: preloadPath }).value, 0)
    t.equal(exec(ns, 'threads', { preload: preloadPath, launch: netlink }).value, 0)
    t.equal(exec(ns, 'threads', { preload: `${preloadPath} ${refuse}` }).value, 0)
    t.ok(exec(ns, 'threads', { launch: netlink }).value > 0, 'control: failures are counted')
  })
})

t.test('each kind of list is freed by the library that made it', async (t) => {
  withNetwork('leaks', network, (ns) => {
    const launch = ['--deny-family', 'netlink']
    t.equal(exec(ns, 'leaks', {}).value, 0, 'libc alone')
    t.equal(exec(ns, 'leaks', { preload: preloadPath }).value, 0, 'libc’s')
    t.equal(exec(ns, 'leaks', { preload: preloadPath, launch }).value, 0, 'ours')
    // The shim makes no list, and aborts if it must free one.
    t.equal(exec(ns, 'leaks', { preload: `${preloadPath} ${refuse}` }).value, 0)
    // Two copies, as from two installations: the first must free the second's lists.
    const copy = path.join(projectRoot, 'test', 'build', 'copy.node')
    fs.copyFileSync(preloadPath, copy)
    t.equal(exec(ns, 'leaks', { preload: `${preloadPath} ${copy}`, launch }).value, 0)
  })
})
