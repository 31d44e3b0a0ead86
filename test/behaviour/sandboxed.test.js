'use strict'

// In sandboxes that refuse more and more calls: the package's answer and diagnosis, and register's answer with each
// method of loading it. The expected answer is the native function's for the same namespace outside the sandbox.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { Namespace } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')
const { build, settleCarriers } = require('../support/topology')
const { mixed } = require('../support/topology-cases')
const { readOnce } = require('../support/topology-readers')

skipWithout(t, '/dev/net/tun')

const skip = requirements('landlock')

const ns = Namespace.create('sandboxed')
t.teardown(() => ns.remove())
let outside

const NO_NETLINK = ['--deny-family', 'netlink']
const NO_PROC = ['--no-path', '/proc']
const NO_SOCKET = ['--deny-family', 'all']
const NO_SOCKET_AT_ALL = [...NO_SOCKET, '--deny-socketpair']
const STATES = ['name', 'status', 'syscall', 'code', 'facts']

t.before(async () => {
  t.teardown(await build(ns, mixed))
  ns.settle()
  outside = JSON.parse(readOnce(ns).native.answer)
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
    const { native, ours, diagnosis } = readOnce(ns, ['--errno', code, ...NO_NETLINK])
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
  const { ours, diagnosis } = readOnce(ns, ['--deny-family', 'netlink,inet'])
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
  const { native, ours, diagnosis } = readOnce(ns, NO_SOCKET)
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
  const { ours, diagnosis } = readOnce(ns, NO_SOCKET_AT_ALL)
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

t.test('a socketpair() that returns 0 without having been made', async (t) => {
  const script = `
    const { networkInterfaces } = require('osh-ifaddrs')
    const list = () => fs.readdirSync('/proc/self/fd')
    networkInterfaces()
    const before = list()
    for (let i = 0; i < 100; i++) networkInterfaces()
    console.log(JSON.stringify({ before, after: list(), answer: networkInterfaces() }))`
  const answer = (...denials) =>
    parseOutput(t, ns.node(script, { launch: [...NO_SOCKET, ...denials] }))
  const { before, after, answer: found } = answer('--deny-syscall', 'socketpair=0')
  t.strictSame(after, before, 'no descriptor was closed')
  t.strictSame(found, answer('--deny-socketpair').answer, 'as if it was refused')
})

t.test('/proc denied: only IPv4, and IPv6 is reported missing', { skip }, async (t) => {
  const { ours, diagnosis } = readOnce(ns, [...NO_PROC, ...NO_NETLINK])
  t.strictSame(flatten(JSON.parse(ours.answer)), ofFamily(outside, 'IPv4'))
  t.strictSame(lines(diagnosis), [
    deniedNetlink(),
    'ioctl answered - - links,ipv4',
    'procfs denied open(/proc/net/if_inet6) EACCES '
  ])
  t.match(diagnosis, { complete: false, missing: ['ipv6'], inferred: [], omitted: [] })
})

t.test('/proc and inet denied: netmasks without a route are for one host', { skip }, async (t) => {
  for (const denied of [['--deny-family', 'netlink,inet'], NO_SOCKET]) {
    const { ours, diagnosis } = readOnce(ns, [...NO_PROC, ...denied])
    const answer = flatten(JSON.parse(ours.answer))
    t.strictSame(answer.map(withoutMask), ofFamily(outside, 'IPv4').map(withoutMask))
    for (const { key, address, netmask, internal } of answer) {
      t.equal(netmask, internal ? '255.0.0.0' : '255.255.255.255', address)
      t.ok(inferenceLines(diagnosis).includes(`${key} ${address} netmask`))
    }
    t.strictSame(diagnosis.missing, ['ipv6'])
  }
})

t.test('everything denied: an error that names the calls', { skip }, async (t) => {
  for (const code of ['EPERM', 'EACCES', 'EOPNOTSUPP', 'EAFNOSUPPORT']) {
    const { ours, diagnosis } = readOnce(ns, ['--errno', code, ...NO_PROC, ...NO_SOCKET_AT_ALL])
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
  await t.test('SIOCGIFHWADDR', async (t) => {
    const { ours, diagnosis } = readOnce(ns, [...NO_NETLINK, '--deny-ioctl', 'SIOCGIFHWADDR'])
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
    const { ours, diagnosis } = readOnce(ns, [...NO_NETLINK, '--deny-ioctl', 'SIOCGIFFLAGS'])
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
    const { ours, diagnosis } = readOnce(ns, [...NO_NETLINK, '--deny-ioctl', 'SIOCGIFNETMASK'])
    t.equal(ours.answer, JSON.stringify(outside))
    t.match(lines(diagnosis)[1], 'ioctl partial ioctl(SIOCGIFNETMASK) EPERM links,ipv4')
    for (const { key, address } of ofFamily(outside, 'IPv4'))
      t.ok(inferenceLines(diagnosis).includes(`${key} ${address} netmask`), address)
  })

  await t.test('SIOCGIFCONF: IPv4 is unknown', async (t) => {
    const { ours, diagnosis } = readOnce(ns, [...NO_NETLINK, '--deny-ioctl', 'SIOCGIFCONF'])
    t.strictSame(flatten(JSON.parse(ours.answer)), ofFamily(outside, 'IPv6'))
    t.match(lines(diagnosis)[1], 'ioctl partial ioctl(SIOCGIFCONF) EPERM links')
    t.strictSame(diagnosis.missing, ['ipv4'])
  })
})

t.test('ioctl refused on a netlink socket: RTM_GETLINK reports the links', async (t) => {
  for (const denied of ['SIOCGIFNAME', 'SIOCGIFFLAGS', 'SIOCGIFHWADDR']) {
    const { native, ours, diagnosis } = readOnce(ns, ['--deny-ioctl', denied])
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
    t.strictSame(sys.sort(), fs.readdirSync('/sys/class/net').sort())
  }
})

const fixtures = path.join(__dirname, '../support/fixtures')
const PRINT = path.join(fixtures, 'print.js')
const REGISTER = ['-r', 'osh-ifaddrs/register']
const IMPORT = ['--import', 'osh-ifaddrs/register']

/** Asserts that a program succeeded and printed nothing on stderr, and returns the JSON that it printed. */
function parseOutput(t, { status, stdout, stderr }) {
  t.equal(status, 0, stderr)
  t.equal(stderr, '', 'silent')
  return JSON.parse(stdout || 'null')
}

t.test('register: the same answer with every method of loading it', async (t) => {
  const worker = (source, options = '{}') => [
    '-e',
    `new (require('worker_threads').Worker)(${JSON.stringify(source)}, ${options})`
  ]
  const print = `console.log(JSON.stringify(require('os').networkInterfaces()))`
  const methods = {
    '-r': [[...REGISTER, PRINT]],
    '--import': [[...IMPORT, PRINT]],
    'NODE_OPTIONS, -r': [[PRINT], REGISTER],
    'NODE_OPTIONS, --import': [[PRINT], IMPORT],
    'require()': [['-e', `require('osh-ifaddrs/register'); ${print}`]],
    'import()': [['-e', `import('osh-ifaddrs/register').then(() => ${print})`]],
    'import, after a named one': [[path.join(fixtures, 'static.mjs')]],
    'worker, -r': [[...REGISTER, ...worker(PRINT)]],
    'worker, --import': [[...IMPORT, ...worker(PRINT)]],
    'worker from a string, -r': [[...REGISTER, ...worker(print, '{ eval: true }')]],
    'worker that loads it': [worker(`require('osh-ifaddrs/register'); ${print}`, '{ eval: true }')]
  }
  for (const [method, [args, options = []]] of Object.entries(methods)) {
    await t.test(method, async (t) => {
      const env = { NODE_OPTIONS: options.join(' ') }
      t.strictSame(parseOutput(t, ns.node(args, { launch: NO_NETLINK, env })), outside)
    })
  }
  for (const program of [[PRINT], worker(PRINT), worker(print, '{ eval: true }')]) {
    const { status, stderr } = ns.node(program, { launch: NO_NETLINK })
    t.match({ status, stderr }, { status: 1, stderr: /returned Unknown system error 1/ }, 'control')
  }
})

t.test('register: how often the native function is called', async (t) => {
  const script = `
    const native = os.networkInterfaces
    let calls = 0
    os.networkInterfaces = () => { calls++; return native() }
    require('osh-ifaddrs/register')
    for (let i = 0; i < 3; i++) os.networkInterfaces()
    console.log(calls)`
  const calls = (errno) =>
    parseOutput(t, ns.node(script, { launch: [...NO_NETLINK, '--errno', errno] }))
  // One of each kind; Node's error for ENOSYS has no number. register.test.js has every errno.
  for (const errno of ['EPERM', 'ENOSYS']) t.equal(calls(errno), 1, errno)
  t.equal(calls('EMFILE'), 3, 'EMFILE')
})

t.test('register: if nothing answers, the native error, ours as its cause', { skip }, async (t) => {
  const script = `
    try {
      os.networkInterfaces()
    } catch ({ name, code, errno, cause }) {
      console.log(JSON.stringify({ name, code, errno, cause: { ...cause, message: cause.message } }))
    }`
  const launch = [...NO_SOCKET_AT_ALL, ...NO_PROC]
  const error = parseOutput(t, ns.node([...REGISTER, '-e', script], { launch }))
  t.match(error, { name: 'SystemError', code: 'ERR_SYSTEM_ERROR', errno: 1 })
  t.match(error.cause, {
    code: 'ERR_OSH_IFADDRS_UNAVAILABLE',
    message: /rtnetlink: socket\(AF_NETLINK\) failed with EPERM/,
    syscall: 'socket(AF_NETLINK)',
    errno: 1,
    sources: [{ name: 'rtnetlink' }, { name: 'ioctl' }, { name: 'procfs' }]
  })
})

t.test('register: links named like inherited properties', async (t) => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']
  const inherited = Namespace.create('inherited')
  t.teardown(() => inherited.remove())
  const lines = names.flatMap((name, i) => [
    `link add name ${name} type bridge`,
    `link set ${name} addrgenmode none`,
    `link set ${name} up`,
    `addr add 10.0.${i}.1/24 dev ${name}`
  ])
  await build(inherited, { lines })
  await settleCarriers(inherited)
  const script = `
    const result = os.networkInterfaces()
    console.log(JSON.stringify({
      own: ${JSON.stringify(names)}.map((name) => Object.getOwnPropertyDescriptor(result, name)?.value[0].address),
      polluted: Reflect.ownKeys(Object.prototype).length - before,
      plain: Object.getPrototypeOf(result) === Object.prototype
    }))`
  const count = 'const before = Reflect.ownKeys(Object.prototype).length;'
  const register = [...REGISTER, '-e', count + script]
  const answer = (options) => parseOutput(t, inherited.node(register, options))
  const expected = { own: names.map((_, i) => `10.0.${i}.1`), polluted: 0, plain: true }
  t.strictSame(answer({ launch: NO_NETLINK }), expected, 'in the sandbox')
  t.strictSame(answer({ env: { OSH_IFADDRS_MODE: 'always' } }), expected, 'always')

  // If the native function runs first, Node has already written to Object.prototype.
  inherited.ip('link del __proto__')
  const control = inherited.node(['-e', count + script])
  t.match(control, { status: 1, stderr: /TypeError/ }, 'control: Node throws')
  expected.own[1] = null
  t.strictSame(answer({}), expected, 'native first')
})
