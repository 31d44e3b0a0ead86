'use strict'

// The preload library against glibc's own functions, field by field: over generated networks, with
// glibc's made to fail by another library, so that rtnetlink tells ours all it knows, and by a sandbox.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { isDeepStrictEqual } = require('node:util')
const fc = require('fast-check')
const os = require('node:os')
const t = require('tap')
const { preloadPath } = require('..')
const { topology } = require('./preload/topology')
const { Namespace, projectRoot, requirements } = require('./support/namespace')

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

const { EPERM, EDOM, EXDEV } = os.constants.errno
const AF_PACKET = 17
const AF_INET = 2
const AF_INET6 = 10
const ARPHRD_ETHER = 1
const RX_NOHANDLER = 8 * 23

const lists = path.join(projectRoot, 'test', 'build', 'lists')
const refuse = path.join(projectRoot, 'test', 'build', 'refuse.so')
const RUNS = Number(process.env.OSH_RUNS ?? 25)

function exec(ns, mode, { launch = [], preload } = {}) {
  const result = ns.exec(lists, [mode], { launch, env: { LD_PRELOAD: preload } })
  return { ...result, value: result.status === 0 ? JSON.parse(result.stdout) : undefined }
}

/**
 * glibc's own list and ours, of one moment: counters and flags may change, so glibc is asked twice.
 */
function readBoth(ns, mode, options) {
  for (let tries = 0; ; tries++) {
    const before = exec(ns, mode)
    if (before.status !== 0) throw new Error(`glibc's own list fails: ${before.stderr}`)
    const ours = exec(ns, mode, options)
    const after = exec(ns, mode)
    if (before.stdout === after.stdout || tries === 20) {
      return { glibc: before.value, ours: ours.value, stderr: ours.stderr, status: ours.status }
    }
  }
}

function withNetwork(label, lines, use) {
  const ns = Namespace.create(label)
  try {
    ns.batch(lines)
    ns.settle()
    return use(ns)
  } finally {
    ns.remove()
  }
}

/** What can be known without netlink, in an order that can be. */
function withoutNetlink(list) {
  const known = list.map(({ flags, data, other, ...entry }) => ({
    ...entry,
    // SIOCGIFFLAGS has 16 bits.
    flags: flags & 0xffff,
    // if_inet6 has no peers.
    other: entry.address?.family === AF_INET6 ? null : other,
    // /proc/net/dev has no rx_nohandler.
    data: data?.slice(0, RX_NOHANDLER)
  }))
  const isIPv6 = ({ address }) => address?.family === AF_INET6
  // The kernel's order among addresses of one scope on one link is its own.
  const sorted = known.filter(isIPv6).map((entry) => JSON.stringify(entry))
  return [...known.filter((entry) => !isIPv6(entry)), ...sorted.sort()]
}

t.test('where rtnetlink answers, the list is glibc’s to the last field', async (t) => {
  let entries = 0
  const preload = `${preloadPath} ${refuse}`
  fc.assert(
    fc.property(topology(['', ':1', ':a', 'x']), (lines) =>
      withNetwork('told', lines, (ns) => {
        for (const mode of ['list', 'names']) {
          const { glibc, ours, stderr } = readBoth(ns, mode, { preload })
          t.strictSame({ ours, stderr }, { ours: glibc, stderr: '' }, mode)
          if (!isDeepStrictEqual(ours, glibc)) throw new Error('differs')
          entries += glibc.length
        }
      })
    ),
    { numRuns: RUNS, endOnFailure: true }
  )
  t.ok(entries > RUNS * 4, `${entries} entries compared`)
})

const isOf = (family) => (entry) => entry.address?.family === family

/** Names of the links that have such an address; a label begins with its link's name. */
function namesWith(list, family) {
  return list.filter(isOf(family)).map(({ name }) => name.split(':')[0])
}

function withoutMasks(entry) {
  return isOf(AF_INET)(entry) ? { ...entry, netmask: undefined, other: entry.address } : entry
}

/** What is denied beside netlink, and what then is to be known of glibc's list. */
const DENIALS = {
  'nothing else': { launch: [], know: (list) => list },
  AF_INET: {
    launch: ['--deny-family', 'inet'],
    know: (list) => list.map(withoutMasks),
    masks: false
  },
  'every socket(2)': {
    launch: ['--deny-family', 'all'],
    know: (list) => list.map(withoutMasks),
    masks: false
  },
  '/proc': {
    launch: ['--no-path', '/proc'],
    know: (list) =>
      list
        .filter((entry) => !isOf(AF_INET6)(entry))
        .filter(
          ({ name, address }) =>
            address?.family === AF_INET || namesWith(list, AF_INET).includes(name)
        )
        .map((entry) => ({ ...entry, data: undefined }))
  },
  'all but /proc': {
    launch: ['--deny-family', 'all', '--deny-socketpair'],
    know: (list) =>
      list
        .filter((entry) => !isOf(AF_INET)(entry))
        .filter(({ name }) => namesWith(list, AF_INET6).includes(name))
        .map((entry) => (isOf(AF_INET6)(entry) ? entry : { ...entry, address: null, other: null })),
    flags: false
  }
}

for (const [also, { launch, know, masks = true, flags = true }] of Object.entries(DENIALS)) {
  t.test(`where netlink and ${also} is denied, it is what the rest can tell`, async (t) => {
    const netlink = ['--deny-family', 'netlink', ...launch]
    let entries = 0
    fc.assert(
      fc.property(topology(['', ':1', ':a']), (lines) =>
        withNetwork('denied', lines, (ns) => {
          const { glibc, ours, stderr } = readBoth(ns, 'list', {
            preload: preloadPath,
            launch: netlink
          })
          const strip = (list) =>
            withoutNetlink(
              list.map((entry) => ({
                ...entry,
                flags: flags ? entry.flags : 0,
                netmask: masks || !isOf(AF_INET)(entry) ? entry.netmask : undefined
              }))
            )
          const expected = strip(know(glibc))
          const found = ours && strip(ours)
          t.strictSame({ found, stderr }, { found: expected, stderr: '' })
          entries += expected.length
          if (!isDeepStrictEqual(found, expected)) throw new Error('differs')
          if (also !== 'nothing else') return
          const names = readBoth(ns, 'names', { preload: preloadPath, launch: netlink })
          t.strictSame(names.ours, names.glibc)
        })
      ),
      { numRuns: also === 'nothing else' ? RUNS : Math.ceil(RUNS / 3), endOnFailure: true }
    )
    t.ok(entries > RUNS, `${entries} entries compared`)
  })
}

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
  const alone = (...launch) => exec(ns, 'list', { launch }).status
  const glibc = exec(ns, 'list').value
  const ofLink = (value, name) =>
    value?.find(
      (entry) => entry.name === name && (entry.address?.family ?? AF_PACKET) === AF_PACKET
    )
  const ofIPv4 = (value) => value?.find(({ address }) => address?.bytes === '0a000001')

  t.test('bind(2): rtnetlink tells everything', async (t) => {
    t.equal(alone('--deny-syscall', 'bind'), 1)
    const launch = ['--deny-syscall', 'bind']
    const both = readBoth(ns, 'list', { launch, preload: preloadPath })
    t.strictSame(both.ours, both.glibc)
  })

  t.test('netlink: the broadcast address of Ethernet is the standard one', async (t) => {
    const { value } = list('--deny-family', 'netlink')
    t.equal(ofLink(glibc, 'd0').other.bytes, '020000000001')
    t.equal(ofLink(value, 'd0').other.bytes, 'ffffffffffff')
    t.equal(ofLink(value, 'd0').address.hatype, ARPHRD_ETHER)
    t.ok(ofLink(value, 'd1'), 'a link without addresses is there')
  })

  t.test(
    'every socket(2): the broadcast address is unknown, and said as glibc says none',
    async (t) => {
      const { value } = list('--deny-family', 'all')
      t.equal(ofIPv4(glibc).other.bytes, '0a0000ff')
      t.equal(ofIPv4(value).other.bytes, '0a000001')
      t.strictSame(ofLink(value, 'd0').address, ofLink(glibc, 'd0').address)
    }
  )

  t.test('and socketpair(2): a hardware address is not invented', async (t) => {
    const { value } = list('--deny-family', 'all', '--deny-socketpair')
    t.strictSame(ofLink(value, 'd0').address, null)
    t.match(ofLink(value, 'd0'), { data: /^0/ }, 'statistics are there')
    t.equal(ofIPv4(value), undefined)
  })

  t.test('netlink and /proc: no IPv6, no statistics', async (t) => {
    const { value } = list('--deny-family', 'netlink', '--no-path', '/proc')
    t.ok(ofIPv4(value))
    t.notOk(value.some(({ address }) => address?.family === AF_INET6))
    t.notOk(value.some(({ data }) => data !== undefined))
  })
})

t.test('errno is as if libc’s functions were alone', async (t) => {
  withNetwork('errno', network, (ns) => {
    const run = (preload, ...launch) => exec(ns, 'errno', { launch, preload }).value
    t.match(run(preloadPath), [0, Number, 0, Number])
    t.strictSame(run(preloadPath), run(undefined), 'nothing is denied')
    const netlink = ['--deny-family', 'netlink', '--errno', 'EPERM']
    t.strictSame(run(undefined, ...netlink), [-1, EPERM, -1, EPERM], 'libc alone')
    t.strictSame(run(preloadPath, ...netlink), [0, EDOM, 0, EDOM], 'ours leaves it alone')
    const both = [...netlink, '--deny-syscall', 'socketpair=ENOSYS', '--no-path', '/proc']
    for (const family of ['inet', 'inet6', 'unix']) both.push('--deny-family', family)
    t.strictSame(run(preloadPath, ...both), [-1, EPERM, -1, EPERM], 'both fail')
    t.strictSame(run(refuse), [-1, EXDEV, -1, EXDEV])
  })
})

t.test('threads', async (t) => {
  withNetwork('threads', network, (ns) => {
    const netlink = ['--deny-family', 'netlink']
    t.equal(exec(ns, 'threads', { preload: preloadPath }).value, 0)
    t.equal(exec(ns, 'threads', { preload: preloadPath, launch: netlink }).value, 0)
    t.equal(exec(ns, 'threads', { preload: `${preloadPath} ${refuse}` }).value, 0)
    t.ok(exec(ns, 'threads', { launch: netlink }).value > 0, 'it does count failures')
  })
})

t.test('either kind of list is freed by who made it', async (t) => {
  withNetwork('leaks', network, (ns) => {
    const launch = ['--deny-family', 'netlink']
    t.equal(exec(ns, 'leaks', {}).value, 0, 'libc alone')
    t.equal(exec(ns, 'leaks', { preload: preloadPath }).value, 0, 'libc’s')
    t.equal(exec(ns, 'leaks', { preload: preloadPath, launch }).value, 0, 'ours')
    // This one aborts when it is given a list, and makes none.
    t.equal(exec(ns, 'leaks', { preload: `${preloadPath} ${refuse}` }).value, 0)
    // Two copies, as two installations would be: the first is given the second's lists.
    const copies = path.join(projectRoot, 'test', 'build', 'copies')
    fs.cpSync(path.dirname(preloadPath), copies, {
      recursive: true,
      filter: (name) => !/obj.target|\.deps/.test(name)
    })
    const copy = path.join(copies, path.basename(preloadPath))
    t.equal(exec(ns, 'leaks', { preload: `${preloadPath} ${copy}`, launch }).value, 0)
  })
})

t.test('without its core, which has more needs, libc’s answer stands', async (t) => {
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

/** What a program prints that reads binaries. */
function output(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
  return stdout
}

t.test('no symbol of a glibc newer than 2.17 is asked for', async (t) => {
  const core = path.join(path.dirname(preloadPath), 'osh_ifaddrs_core.so')
  for (const file of [preloadPath, core]) {
    const found = [...output('nm', '--dynamic', file).matchAll(/ (\w+)@+GLIBC_2\.(\d+)/g)]
    t.ok(found.length > 3, `${found.length} have versions`)
    const newer = found.filter(([, , minor]) => Number(minor) > 17).map(([symbol]) => symbol)
    t.strictSame(newer, [], path.basename(file))
  }
})

t.test('the library needs libc alone, and exports four names', async (t) => {
  const dynamic = output('readelf', '--dynamic', '--wide', preloadPath)
  const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name)
  // Of which libdl is a part: up to glibc 2.33 with what it calls, and since then empty.
  // On arm64 the loader has the guard of the stack, and is named for it.
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
  // .bss holds what the C compiler's own start-up code keeps, and no more.
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
