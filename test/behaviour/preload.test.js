'use strict'

// The preload library against glibc: its lists on generated networks, and what it does with partial denials,
// errno, threads, lists of both kinds, and without its core. And how it is built.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('../..')
const { testGeneratedNetworks } = require('../support/preload/comparison')
const lists = require('../support/preload/lists')
const { Namespace, projectRoot } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')

const { AF_INET6, AF_PACKET, exec, isOf, readBoth, refuse, withNetwork } = lists
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
    const copies = path.join(projectRoot, 'test', 'build', 'copies')
    fs.cpSync(path.dirname(preloadPath), copies, {
      recursive: true,
      filter: (name) => !/obj.target|\.deps/.test(name)
    })
    const copy = path.join(copies, path.basename(preloadPath))
    t.equal(exec(ns, 'leaks', { preload: `${preloadPath} ${copy}`, launch }).value, 0)
  })
})

t.test('if its core cannot be loaded, libc’s result is returned', async (t) => {
  withNetwork('alone', network, (ns) => {
    const folder = path.join(projectRoot, 'test', 'build', 'alone')
    fs.mkdirSync(folder, { recursive: true })
    const preload = path.join(folder, path.basename(preloadPath))
    fs.copyFileSync(preloadPath, preload)
    const launch = ['--deny-family', 'netlink']
    t.strictSame(exec(ns, 'errno', { preload, launch }).value, [-1, EPERM, -1, EPERM])
    const { ours, glibc } = readBoth(ns, 'list', { preload })
    t.strictSame(ours, glibc)
  })
})

/** Runs a program that reads binaries, and returns its output. */
function output(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
  return stdout
}

t.test('it needs no symbol newer than glibc 2.17', async (t) => {
  const core = path.join(path.dirname(preloadPath), 'osh_ifaddrs_core.so')
  for (const file of [preloadPath, core]) {
    const found = [...output('nm', '--dynamic', file).matchAll(/ (\w+)@+GLIBC_2\.(\d+)/g)]
    t.ok(found.length > 3, `${found.length} have versions`)
    const newer = found.filter(([, , minor]) => Number(minor) > 17).map(([symbol]) => symbol)
    t.strictSame(newer, [], path.basename(file))
  }
})

t.test('the library needs only libc, and exports four names', async (t) => {
  const dynamic = output('readelf', '--dynamic', '--wide', preloadPath)
  const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name)
  // libdl is part of glibc: before 2.34 it contains dlsym(3), since then nothing.
  // On arm64 the loader contains the stack guard.
  const guard = process.arch === 'arm64' ? ['ld-linux-aarch64.so.1'] : []
  t.strictSame(needed, ['libdl.so.2', 'libc.so.6', ...guard])
  const symbols = output('nm', '--dynamic', '--defined-only', preloadPath)
  t.strictSame(
    symbols
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[2])
      .sort(),
    ['freeifaddrs', 'getifaddrs', 'if_freenameindex', 'if_nameindex']
  )
  // .bss contains only variables of the compiler's start-up code.
  const variables = output('nm', preloadPath).match(/ [bBdD] .*/g) ?? []
  t.strictSame(
    variables
      .map((line) => line.slice(3))
      .filter(
        (name) =>
          !/^(completed\.0|__dso_handle|__TMC_END__|_DYNAMIC|_GLOBAL_OFFSET_TABLE_|__(do_global_dtors_aux_fini|frame_dummy_init)_array_entry)$/.test(
            name
          )
      ),
    []
  )
})
