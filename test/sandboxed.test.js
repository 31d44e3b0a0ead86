'use strict'

// In the sandbox: the package's answer and diagnosis when more and more calls are refused. The expected answer is
// the native function's for the same namespace outside the sandbox.

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
  // Control: the comparisons below are of a network with these keys.
  t.strictSame(Object.keys(outside), ['lo', 't0', 'd1', 'd0', 'd0:1', 'v0'])
})

/** The sources of a diagnosis, one line for each. */
const lines = ({ sources }) =>
  sources.map((source) => STATES.map((state) => source[state] ?? '-').join(' '))

const deniedNetlink = (code = 'EPERM') => `rtnetlink denied socket(AF_NETLINK) ${code} `

/** The entries of an answer in one list, each with its key. */
const flatten = (interfaces) =>
  Object.entries(interfaces).flatMap(([key, entries]) =>
    entries.map((entry) => ({ key, ...entry }))
  )

const ofFamily = (interfaces, family) =>
  flatten(interfaces).filter((entry) => entry.family === family)

/** An entry without netmask and CIDR, which can be wrong if they are inferred. */
const withoutMask = ({ netmask, cidr, ...entry }) => entry

/** The inferences of a diagnosis, one line for each. */
const inferenceLines = ({ inferred }) =>
  inferred.map(({ name, address, property }) => `${name} ${address} ${property}`)

t.test('netlink denied: the same answer as the native function’s, for any errno', async (t) => {
  for (const code of ['EPERM', 'EACCES', 'EOPNOTSUPP', 'EAFNOSUPPORT']) {
    const { native, ours, diagnosis } = read(ns, ['--errno', code, '--deny-family', 'netlink'])
    t.equal(native.error?.errno, os.constants.errno[code], 'control: the native function fails')
    t.equal(ours.answer, JSON.stringify(outside), code)
    t.strictSame(lines(diagnosis), [
      deniedNetlink(code),
      'ioctl answered - - links,ipv4',
      'procfs answered - - ipv6'
    ])
    t.match(diagnosis, { complete: true, missing: [], inferred: [], omitted: [] })
  }
})

t.test('netlink and inet denied: the same answer, with inferred netmasks', async (t) => {
  const { ours, diagnosis } = read(ns, ['--deny-family', 'netlink,inet'])
  // A route to the peer of a point-to-point link is not to a subnet of ours; the inferred /32 is still right.
  t.equal(ours.answer, JSON.stringify(outside))
  t.strictSame(lines(diagnosis), [
    deniedNetlink(),
    'ioctl partial socket(AF_INET) EPERM links,ipv4',
    'procfs answered - - ipv6'
  ])
  t.strictSame(
    new Set(
      diagnosis.inferred.filter(({ property }) => property === 'netmask').map((x) => x.address)
    ),
    new Set([...ofFamily(outside, 'IPv4').map(({ address }) => address), '10.99.0.1'])
  )
  t.match(diagnosis, { complete: false, missing: [], omitted: [] })
})

t.test('every socket denied: socketpair answers', async (t) => {
  const { native, ours, diagnosis } = read(ns, NO_SOCKET)
  t.equal(native.error?.errno, os.constants.errno.EPERM)
  t.equal(ours.answer, JSON.stringify(outside))
  t.match(lines(diagnosis), [
    deniedNetlink(),
    /^ioctl partial socket\(AF_INET\) EPERM links,ipv4$/,
    'procfs answered - - ipv6'
  ])
  t.match(diagnosis, { complete: false, missing: [], omitted: [] })
})

t.test('socketpair denied too: only IPv6, and IPv4 is reported missing', async (t) => {
  const { ours, diagnosis } = read(ns, NO_SOCKET_AT_ALL)
  const answer = JSON.parse(ours.answer)
  // No other source reports hardware addresses.
  const expected = ofFamily(outside, 'IPv6').map((entry) => ({
    ...entry,
    mac: '00:00:00:00:00:00'
  }))
  t.strictSame(flatten(answer), expected)
  t.equal(diagnosis.complete, false)
  t.strictSame(diagnosis.missing, ['links', 'ipv4'])
  t.match(lines(diagnosis), [
    deniedNetlink(),
    'ioctl denied socket(AF_INET) EPERM ',
    /^procfs partial - - ipv6$/
  ])
  for (const { key, address } of expected) {
    for (const property of ['state', 'internal', 'mac'])
      t.ok(
        inferenceLines(diagnosis).includes(`${key} ${address} ${property}`),
        `${address} ${property}`
      )
  }
})

t.test('/proc denied: only IPv4, and IPv6 is reported missing', async (t) => {
  const { ours, diagnosis } = read(ns, [...NO_PROC, '--deny-family', 'netlink'])
  t.strictSame(flatten(JSON.parse(ours.answer)), ofFamily(outside, 'IPv4'))
  t.strictSame(lines(diagnosis), [
    deniedNetlink(),
    'ioctl answered - - links,ipv4',
    'procfs denied open(/proc/net/if_inet6) EACCES '
  ])
  t.match(diagnosis, { complete: false, missing: ['ipv6'], inferred: [], omitted: [] })
})

t.test('/proc and inet denied: netmasks without a route are inferred as host masks', async (t) => {
  for (const denied of [['--deny-family', 'netlink,inet'], NO_SOCKET]) {
    const { ours, diagnosis } = read(ns, [...NO_PROC, ...denied])
    const answer = flatten(JSON.parse(ours.answer))
    t.strictSame(answer.map(withoutMask), ofFamily(outside, 'IPv4').map(withoutMask))
    for (const { key, address, netmask, internal } of answer) {
      t.equal(netmask, internal ? '255.0.0.0' : '255.255.255.255', address)
      t.ok(inferenceLines(diagnosis).includes(`${key} ${address} netmask`))
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
      deniedNetlink(code),
      `ioctl denied socket(AF_INET) ${code} `,
      'procfs denied open(/proc/net/if_inet6) EACCES '
    ])
    t.strictSame(diagnosis.sources, ours.error.sources)
    t.strictSame(diagnosis.missing, ['links', 'ipv4', 'ipv6'])
  }
})

t.test('a denied ioctl request costs only what it reports', async (t) => {
  const netlink = ['--deny-family', 'netlink']

  await t.test('SIOCGIFHWADDR', async (t) => {
    const { ours, diagnosis } = read(ns, [...netlink, '--deny-ioctl', 'SIOCGIFHWADDR'])
    const expected = flatten(outside).map((entry) => ({ ...entry, mac: '00:00:00:00:00:00' }))
    t.strictSame(flatten(JSON.parse(ours.answer)), expected)
    t.match(lines(diagnosis)[1], 'ioctl partial ioctl(SIOCGIFHWADDR) EPERM')
    for (const { key, address } of expected)
      t.ok(inferenceLines(diagnosis).includes(`${key} ${address} mac`), address)
    t.equal(
      diagnosis.inferred.some(({ property }) => property !== 'mac'),
      false
    )
  })

  await t.test('SIOCGIFFLAGS', async (t) => {
    const { ours, diagnosis } = read(ns, [...netlink, '--deny-ioctl', 'SIOCGIFFLAGS'])
    const answer = JSON.parse(ours.answer)
    // No other call shows that a link with an IPv4 address is down, so it is inferred to be up.
    delete answer.off0
    t.strictSame(answer, outside)
    t.match(lines(diagnosis)[1], 'ioctl partial ioctl(SIOCGIFFLAGS) EPERM')
    for (const { key, address } of flatten(outside)) {
      for (const property of ['state', 'internal'])
        t.ok(inferenceLines(diagnosis).includes(`${key} ${address} ${property}`), address)
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
    for (const { key, address } of ofFamily(outside, 'IPv4'))
      t.ok(inferenceLines(diagnosis).includes(`${key} ${address} netmask`), address)
  })

  await t.test('SIOCGIFCONF: IPv4 is unknown', async (t) => {
    const { ours, diagnosis } = read(ns, [...netlink, '--deny-ioctl', 'SIOCGIFCONF'])
    t.strictSame(flatten(JSON.parse(ours.answer)), ofFamily(outside, 'IPv6'))
    t.match(lines(diagnosis)[1], 'ioctl partial ioctl(SIOCGIFCONF) EPERM links')
    t.strictSame(diagnosis.missing, ['ipv4'])
  })
})

t.test('ioctl refused on a netlink socket: RTM_GETLINK reports the links', async (t) => {
  for (const denied of ['SIOCGIFNAME', 'SIOCGIFFLAGS', 'SIOCGIFHWADDR']) {
    const { native, ours, diagnosis } = read(ns, ['--deny-ioctl', denied])
    t.equal(native.answer, JSON.stringify(outside))
    t.equal(ours.answer, native.answer, denied)
    t.strictSame(lines(diagnosis)[0], 'rtnetlink answered - - links,ipv4,ipv6')
    t.equal(diagnosis.complete, true)
  }
})

t.test('entered by setns, with the old /sys: only its own links', async (t) => {
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
    // /sys belongs to the namespace that mounted it, so the project does not read it.
    t.equal(sys.includes('d0'), false, `/sys/class/net shows another namespace: ${sys}`)
    t.strictSame(sys.sort(), require('node:fs').readdirSync('/sys/class/net').sort())
  }
})
