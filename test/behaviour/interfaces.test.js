'use strict'

// interfaces(): its form, its arguments and errors, and to whom a result belongs. interfaces-sources.test.js has what
// each source reports, interfaces-links.test.js networks with unusual links.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const vm = require('node:vm')
const t = require('tap')
const { Namespace, projectRoot } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')
const { settleCarriers } = require('../support/topology')

skipWithout(t)

const { EMFILE, ENFILE, ENOBUFS, ENOMEM } = os.constants.errno
const OPEN = ['--user', 'keep', '--no-landlock']
const MODES = {
  'nothing refused': [],
  'netlink refused': ['--deny-family', 'netlink'],
  'netlink and inet refused': ['--deny-family', 'netlink,inet'],
  'every socket() refused': ['--deny-family', 'all'],
  'socketpair() refused, too': ['--deny-family', 'all', '--deny-socketpair']
}
/** @returns {any} what a script prints as JSON */
function run(t, ns, script, denials = [], options = {}) {
  const { status, stdout, stderr } = ns.node(script, { launch: [...OPEN, ...denials], ...options })
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** @returns {import('../../lib/index').Interface[]} */
const interfaces = (t, ns, denials) =>
  run(t, ns, "console.log(JSON.stringify(require('osh-ifaddrs').interfaces()))", denials)

/** The names in a declaration of lib/index.d.ts, in its order. */
function declared(name) {
  const text = fs.readFileSync(path.join(projectRoot, 'lib/index.d.ts'), 'utf8')
  const [, body] = text.split(`export interface ${name} {\n`)
  return [...body.split('\n}')[0].matchAll(/^ {2}(\w+):/gm)].map(([, property]) => property)
}

const ns = makeNamespace(t, 'interfaces')

t.test('the form is that of index.d.ts, whatever is refused', async (t) => {
  const [linkKeys, addressKeys] = [declared('Interface'), declared('InterfaceAddress')]
  t.strictSame([linkKeys.length, addressKeys.length], [12, 12], 'control: the declarations')
  for (const [mode, denials] of Object.entries(MODES)) {
    const links = interfaces(t, ns, denials)
    t.ok(links.length > 1, mode)
    for (const link of links) {
      t.strictSame(Object.keys(link), linkKeys, `${mode}: ${link.name}`)
      for (const address of link.addresses)
        t.strictSame(Object.keys(address), addressKeys, `${mode}: ${address.address}`)
      const families = link.addresses.map(({ family }) => family)
      t.strictSame(families, [...families].sort(), 'IPv4 first')
    }
    const indexes = links.map(({ index }) => index)
    t.strictSame(
      indexes,
      [...indexes].sort((a, b) => a - b),
      'by index'
    )
  }
})

t.test("the document's example", async (t) => {
  const page = fs.readFileSync(path.join(projectRoot, 'docs/interfaces.md'), 'utf8')
  const [, text] = /^```js\n(\{\n[^]*?^\})\n```$/m.exec(page)
  const [example, peer] = [Namespace.create('example'), Namespace.create('example-peer')]
  t.teardown(() => [example, peer].forEach((each) => each.remove()))
  example.batch([
    `link add eth0 address 02:00:00:00:00:01 type veth peer name eth0 netns ${peer.name}`,
    'link set eth0 addrgenmode none',
    'link property add dev eth0 altname uplink',
    'addr add 192.168.1.20/24 broadcast + dev eth0',
    'addr add fd00::20/64 nodad dev eth0',
    'link set eth0 up'
  ])
  peer.ip('link set eth0 up')
  await settleCarriers(example)
  const expected = JSON.stringify(vm.runInNewContext(`(${text})`))
  t.equal(JSON.stringify(interfaces(t, example)[1]), expected)
  const printed = example.node(
    "console.dir(require('osh-ifaddrs').interfaces()[1], { depth: null })"
  )
  t.equal(printed.stdout, `${text}\n`, 'as Node prints it')
})

t.test('invalid arguments: the same errors as those of networkInterfaces()', async (t) => {
  const ifaddrs = require('../..')
  const attempt = (name, options) => {
    try {
      return ifaddrs[name](options)
    } catch (error) {
      return error
    }
  }
  for (const options of [
    ...[null, 7, 'x', { sources: 'ioctl' }, { sources: null }, { sources: [] }],
    ...[{ sources: ['procfs', 'sysfs'] }, { sources: [undefined] }, { sources: [0] }]
  ]) {
    const error = attempt('interfaces', options)
    t.equal(error.name, 'TypeError')
    t.equal(error.message, attempt('networkInterfaces', options).message)
  }
  for (const options of [undefined, {}, { sources: undefined }, { sources: ['rtnetlink'] }])
    t.strictSame(ifaddrs.interfaces(options), ifaddrs.interfaces(), 'valid')
})

// The error of interfaces() and that of networkInterfaces().
const ERRORS = `
  const ifaddrs = require('osh-ifaddrs')
  const errors = ['interfaces', 'networkInterfaces'].map((name) => {
    try {
      return { answer: ifaddrs[name]() }
    } catch (error) {
      return { ...error, name: error.name, message: error.message }
    }
  })
  console.log(JSON.stringify(errors))`

t.test('no source answers', { skip: requirements('landlock') }, async (t) => {
  const launch = [...MODES['socketpair() refused, too'], '--no-path', '/proc']
  const { status, stdout } = ns.node(ERRORS, { launch })
  t.equal(status, 0)
  const [error, expected] = JSON.parse(stdout)
  t.match(error, {
    name: 'Error',
    message: /^cannot read the network interfaces: rtnetlink: socket\(AF_NETLINK\) failed with/,
    code: 'ERR_OSH_IFADDRS_UNAVAILABLE',
    syscall: 'socket(AF_NETLINK)',
    errno: os.constants.errno.EPERM
  })
  t.equal(error.message, expected.message)
  t.strictSame(error.sources, expected.sources)
})

t.test('no socket because of a shortage', async (t) => {
  for (const [code, errno] of Object.entries({ EMFILE, ENFILE, ENOBUFS, ENOMEM })) {
    const denials = [...MODES['socketpair() refused, too'], '--errno', code]
    const [error] = run(t, ns, ERRORS, denials)
    t.match(error, { code: 'ERR_OSH_IFADDRS_UNAVAILABLE', errno, syscall: 'socket(AF_NETLINK)' })
    t.match(error.message, `failed with ${code}. This is a shortage`)
  }
})

// With 0 to 4 free descriptors, and then with all.
const FILL = `
  const { withFewDescriptors } = require('./test/support/fixtures/few-descriptors')
  const { interfaces } = require('osh-ifaddrs')
  const attempt = () => {
    try {
      return { answer: interfaces() }
    } catch ({ code, errno }) {
      return { code, errno }
    }
  }
  const whole = attempt()
  const few = withFewDescriptors(() => Array.from({ length: 20 }, attempt))
  console.log(JSON.stringify({ whole, few, after: attempt() }))`

for (const [mode, denials] of Object.entries(MODES).slice(0, 4)) {
  t.test(`few descriptors, ${mode}: everything or an error`, async (t) => {
    const { whole, few, after } = run(t, ns, FILL, denials)
    t.equal(whole.answer.length, 3, 'control')
    t.strictSame(after, whole)
    const short = { code: 'ERR_OSH_IFADDRS_UNAVAILABLE', errno: EMFILE }
    for (const [free, results] of few.entries()) {
      const enough = mode === 'nothing refused' ? free >= 1 : free >= 2
      for (const result of results) t.strictSame(result, enough ? whole : short, `${free} free`)
    }
  })
}

/** Every object in a result, itself included. */
function objectsIn(value) {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(objectsIn)]
}

t.test('a result belongs to the caller', async (t) => {
  const wreck = (value) => {
    for (const each of objectsIn(value)) {
      for (const key of Object.keys(each)) each[key] = 7
      if (Array.isArray(each)) each.push(7)
    }
  }
  const { interfaces, networkInterfaces, diagnose } = require('../..')
  for (const sources of [undefined, ['ioctl', 'procfs'], ['procfs']]) {
    const results = () => JSON.stringify([interfaces({ sources }), networkInterfaces(), diagnose()])
    const before = results()
    const [first, second] = [interfaces({ sources }), interfaces({ sources })]
    const objects = [...objectsIn(first), ...objectsIn(second)]
    t.ok(objects.length > 10)
    t.equal(new Set(objects).size, objects.length, 'no two results, links or addresses share one')
    wreck(first)
    t.strictSame(second, interfaces({ sources }))
    wreck(second)
    t.equal(results(), before)
  }
})

t.test('a named export for ES modules', async (t) => {
  const program = path.join(t.testdir(), 'program.mjs')
  const index = JSON.stringify(path.join(projectRoot, 'lib/index.js'))
  fs.writeFileSync(
    program,
    `import ifaddrs, { interfaces } from ${index}
    console.log(JSON.stringify([interfaces(), interfaces === ifaddrs.interfaces]))`
  )
  const [links, isSame] = run(t, ns, [program])
  t.ok(isSame)
  t.strictSame(links, interfaces(t, ns))
  t.equal((await import('osh-ifaddrs')).interfaces, require('../..').interfaces)
})

t.test('on other platforms, what os.networkInterfaces() reports', async (t) => {
  const script = `
    Object.defineProperty(process, 'platform', { value: 'darwin' })
    const { interfaces } = require('osh-ifaddrs')
    console.log(JSON.stringify([interfaces(), interfaces({ sources: ['procfs'] }), os.networkInterfaces()]))`
  const [links, same, native] = run(t, ns, script)
  t.strictSame(same, links)
  t.ok(links.length > 1)
  for (const { name, mac, internal, addresses, ...others } of links) {
    const infos = addresses.map(({ address, netmask, family, cidr, scopeid }) => ({
      ...{ address, netmask, family, mac, internal, cidr },
      ...(family === 'IPv6' && { scopeid })
    }))
    t.strictSame(infos, native[name])
    t.strictSame(others, {
      ...{ index: null, state: 'up', type: null, kind: null, mtu: null, flags: null },
      ...{ alternativeNames: null, inferred: [] }
    })
    for (const { prefixLength, cidr, label, scope, broadcast, peer, flags, inferred } of addresses)
      t.strictSame(
        [prefixLength, label, scope, broadcast, peer, flags, inferred],
        [Number(cidr.split('/')[1]), null, null, null, null, null, []]
      )
  }
  t.strictSame(
    links.map(({ name }) => name),
    Object.keys(native)
  )
})
