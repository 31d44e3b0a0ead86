'use strict'

// Inside the sandbox: what is answered when one call after another is refused, and what diagnose()
// says of it. The judge is what the native function said of the same namespace outside.

const os = require('node:os')
const t = require('tap')
const { Namespace, requirements } = require('./support/namespace')
const { build, read } = require('./support/topology')
const { mixed } = require('./support/topology-cases')

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

const ns = Namespace.create('sandboxed')
t.teardown(() => ns.remove())
let outside

const NO_PROC = ['--no-path', '/proc']
const NO_SOCKET = ['--deny-family', 'all']
const NO_SOCKET_AT_ALL = [...NO_SOCKET, '--deny-socketpair']
const STATES = ['name', 'status', 'syscall', 'code', 'facts']

t.before(async () => {
  t.teardown(await build(ns, mixed))
  ns.settle()
  outside = JSON.parse(read(ns).native.answer)
  // What all the comparisons below are worth.
  t.strictSame(Object.keys(outside), ['lo', 't0', 'd1', 'd0', 'd0:1', 'v0'])
})

/** diagnose()'s sources, one line for each. */
const lines = ({ sources }) =>
  sources.map((source) => STATES.map((state) => source[state] ?? '-').join(' '))

const SKIPPED_NETLINK = (code = 'EPERM') => `rtnetlink denied socket(AF_NETLINK) ${code} `

/** An answer's entries in one list, each with its key. */
const flat = (interfaces) =>
  Object.entries(interfaces).flatMap(([key, entries]) =>
    entries.map((entry) => ({ key, ...entry }))
  )

const family = (interfaces, wanted) => flat(interfaces).filter((entry) => entry.family === wanted)

/** Netmask and CIDR set aside: what can be wrong where masks are inferred. */
const unmasked = ({ netmask, cidr, ...entry }) => entry

/** Where and what was inferred, as one list. */
const inferences = ({ inferred }) =>
  inferred.map(({ name, address, property }) => `${name} ${address} ${property}`)

t.test('netlink denied: all that the native function said, whatever the errno', async (t) => {
  for (const code of ['EPERM', 'EACCES', 'EOPNOTSUPP', 'EAFNOSUPPORT']) {
    const { native, ours, diagnosis } = read(ns, ['--errno', code, '--deny-family', 'netlink'])
    t.equal(native.error?.errno, os.constants.errno[code], 'the control: the native one fails')
    t.equal(ours.answer, JSON.stringify(outside), code)
    t.strictSame(lines(diagnosis), [
      SKIPPED_NETLINK(code),
      'ioctl answered - - links,ipv4',
      'procfs answered - - ipv6'
    ])
    t.match(diagnosis, { complete: true, missing: [], inferred: [], omitted: [] })
  }
})

t.test('netlink and inet denied: the same, its netmasks inferred', async (t) => {
  const { ours, diagnosis } = read(ns, ['--deny-family', 'netlink,inet'])
  // The route to the peer of a point-to-point link is no subnet of ours, and 32 is right all the same.
  t.equal(ours.answer, JSON.stringify(outside))
  t.strictSame(lines(diagnosis), [
    SKIPPED_NETLINK(),
    'ioctl partial socket(AF_INET) EPERM links,ipv4',
    'procfs answered - - ipv6'
  ])
  t.strictSame(
    new Set(
      diagnosis.inferred.filter(({ property }) => property === 'netmask').map((x) => x.address)
    ),
    new Set([...family(outside, 'IPv4').map(({ address }) => address), '10.99.0.1'])
  )
  t.match(diagnosis, { complete: false, missing: [], omitted: [] })
})

t.test('every socket denied: socketpair answers', async (t) => {
  const { native, ours, diagnosis } = read(ns, NO_SOCKET)
  t.equal(native.error?.errno, os.constants.errno.EPERM)
  t.equal(ours.answer, JSON.stringify(outside))
  t.match(lines(diagnosis), [
    SKIPPED_NETLINK(),
    /^ioctl partial socket\(AF_INET\) EPERM links,ipv4$/,
    'procfs answered - - ipv6'
  ])
  t.match(diagnosis, { complete: false, missing: [], omitted: [] })
})

t.test('socketpair denied too: IPv6 alone, and it is said that IPv4 is unknown', async (t) => {
  const { ours, diagnosis } = read(ns, NO_SOCKET_AT_ALL)
  const answer = JSON.parse(ours.answer)
  // Hardware addresses are known to nobody then.
  const expected = family(outside, 'IPv6').map((entry) => ({ ...entry, mac: '00:00:00:00:00:00' }))
  t.strictSame(flat(answer), expected)
  t.equal(diagnosis.complete, false)
  t.strictSame(diagnosis.missing, ['links', 'ipv4'])
  t.match(lines(diagnosis), [
    SKIPPED_NETLINK(),
    'ioctl denied socket(AF_INET) EPERM ',
    /^procfs partial - - ipv6$/
  ])
  for (const { key, address } of expected) {
    for (const property of ['state', 'internal', 'mac'])
      t.ok(
        inferences(diagnosis).includes(`${key} ${address} ${property}`),
        `${address} ${property}`
      )
  }
})

t.test('/proc denied: IPv4 alone, and it is said that IPv6 is unknown', async (t) => {
  const { ours, diagnosis } = read(ns, [...NO_PROC, '--deny-family', 'netlink'])
  t.strictSame(flat(JSON.parse(ours.answer)), family(outside, 'IPv4'))
  t.strictSame(lines(diagnosis), [
    SKIPPED_NETLINK(),
    'ioctl answered - - links,ipv4',
    'procfs denied open(/proc/net/if_inet6) EACCES '
  ])
  t.match(diagnosis, { complete: false, missing: ['ipv6'], inferred: [], omitted: [] })
})

t.test('/proc and inet denied: a host mask for what no route tells, and it is said', async (t) => {
  for (const denied of [['--deny-family', 'netlink,inet'], NO_SOCKET]) {
    const { ours, diagnosis } = read(ns, [...NO_PROC, ...denied])
    const answer = flat(JSON.parse(ours.answer))
    t.strictSame(answer.map(unmasked), family(outside, 'IPv4').map(unmasked))
    for (const { key, address, netmask, internal } of answer) {
      t.equal(netmask, internal ? '255.0.0.0' : '255.255.255.255', address)
      t.ok(inferences(diagnosis).includes(`${key} ${address} netmask`))
    }
    t.strictSame(diagnosis.missing, ['ipv6'])
  }
})

t.test('everything denied: an error that names the calls', async (t) => {
  for (const code of ['EPERM', 'EACCES', 'EOPNOTSUPP', 'EAFNOSUPPORT']) {
    const { ours, diagnosis } = read(ns, ['--errno', code, ...NO_PROC, ...NO_SOCKET_AT_ALL])
    t.equal(ours.answer, undefined)
    t.match(ours.error, { code: 'ERR_OSH_IFADDRS_UNAVAILABLE', name: 'Error' })
    for (const [call, answer] of [
      ['socket(AF_NETLINK)', code],
      ['socket(AF_INET)', code],
      ['open(/proc/net/if_inet6)', 'EACCES']
    ])
      t.match(ours.error.message, `${call} failed with ${answer}`)
    t.strictSame(lines(diagnosis), [
      SKIPPED_NETLINK(code),
      `ioctl denied socket(AF_INET) ${code} `,
      'procfs denied open(/proc/net/if_inet6) EACCES '
    ])
    t.strictSame(diagnosis.sources, ours.error.sources)
    t.strictSame(diagnosis.missing, ['links', 'ipv4', 'ipv6'])
  }
})

t.test('one request of ioctl denied costs what it tells, and no more', async (t) => {
  const netlink = ['--deny-family', 'netlink']

  await t.test('SIOCGIFHWADDR', async (t) => {
    const { ours, diagnosis } = read(ns, [...netlink, '--deny-ioctl', 'SIOCGIFHWADDR'])
    const expected = flat(outside).map((entry) => ({ ...entry, mac: '00:00:00:00:00:00' }))
    t.strictSame(flat(JSON.parse(ours.answer)), expected)
    t.match(lines(diagnosis)[1], 'ioctl partial ioctl(SIOCGIFHWADDR) EPERM')
    for (const { key, address } of expected)
      t.ok(inferences(diagnosis).includes(`${key} ${address} mac`), address)
    t.equal(
      diagnosis.inferred.some(({ property }) => property !== 'mac'),
      false
    )
  })

  await t.test('SIOCGIFFLAGS', async (t) => {
    const { ours, diagnosis } = read(ns, [...netlink, '--deny-ioctl', 'SIOCGIFFLAGS'])
    const answer = JSON.parse(ours.answer)
    // That a link with an IPv4 address is down is not to be seen: taken to be up, it is said to be.
    delete answer.off0
    t.strictSame(answer, outside)
    t.match(lines(diagnosis)[1], 'ioctl partial ioctl(SIOCGIFFLAGS) EPERM')
    for (const { key, address } of flat(outside)) {
      for (const property of ['state', 'internal'])
        t.ok(inferences(diagnosis).includes(`${key} ${address} ${property}`), address)
    }
    t.equal(
      diagnosis.inferred.some(({ property }) => property === 'netmask'),
      false
    )
  })

  await t.test('SIOCGIFNETMASK', async (t) => {
    const { ours, diagnosis } = read(ns, [...netlink, '--deny-ioctl', 'SIOCGIFNETMASK'])
    t.equal(ours.answer, JSON.stringify(outside))
    t.match(lines(diagnosis)[1], 'ioctl partial ioctl(SIOCGIFNETMASK) EPERM links,ipv4')
    for (const { key, address } of family(outside, 'IPv4'))
      t.ok(inferences(diagnosis).includes(`${key} ${address} netmask`), address)
  })

  await t.test('SIOCGIFCONF: IPv4 is unknown', async (t) => {
    const { ours, diagnosis } = read(ns, [...netlink, '--deny-ioctl', 'SIOCGIFCONF'])
    t.strictSame(flat(JSON.parse(ours.answer)), family(outside, 'IPv6'))
    t.match(lines(diagnosis)[1], 'ioctl partial ioctl(SIOCGIFCONF) EPERM links')
    t.strictSame(diagnosis.missing, ['ipv4'])
  })
})

t.test('ioctl refused on an open netlink: RTM_GETLINK tells of the links', async (t) => {
  for (const denied of ['SIOCGIFNAME', 'SIOCGIFFLAGS', 'SIOCGIFHWADDR']) {
    const { native, ours, diagnosis } = read(ns, ['--deny-ioctl', denied])
    t.equal(native.answer, JSON.stringify(outside))
    t.equal(ours.answer, native.answer, denied)
    t.strictSame(lines(diagnosis)[0], 'rtnetlink answered - - links,ipv4,ipv6')
    t.equal(diagnosis.complete, true)
  }
})

t.test('entered by setns, under an old /sys: its own links only', async (t) => {
  const script = `
    const fs = require('node:fs')
    console.log(JSON.stringify({
      sys: fs.readdirSync('/sys/class/net'),
      ours: Object.keys(require('.').networkInterfaces())
    }))`
  for (const denied of ['netlink', 'netlink,inet', 'all']) {
    const launch = ['--path', '/sys', '--deny-family', denied]
    const { status, stdout, stderr } = ns.node(script, { launch })
    t.equal(status, 0, stderr)
    const { sys, ours } = JSON.parse(stdout)
    t.strictSame(ours, Object.keys(outside))
    // Why the project does not read it.
    t.equal(sys.includes('d0'), false, `/sys/class/net shows another namespace: ${sys}`)
    t.strictSame(sys.sort(), require('node:fs').readdirSync('/sys/class/net').sort())
  }
})
