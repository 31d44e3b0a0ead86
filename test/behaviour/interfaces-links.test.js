'use strict'

// interfaces() in networks with unusual links, with many, and in threads of several namespaces.

const path = require('node:path')
const t = require('tap')
const { Namespace, projectRoot } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { build } = require('../support/topology')
const { ipJson } = require('../support/topology-description')

skipWithout(t)

const OPEN = ['--user', 'keep', '--no-landlock']
const MODES = {
  'nothing refused': [],
  'netlink refused': ['--deny-family', 'netlink'],
  'every socket() refused': ['--deny-family', 'all']
}
// More strings than the addon passes in one call.
const MANY_PAIRS = 400

/** @returns {any} what a script prints as JSON */
function run(t, ns, script, options) {
  const { status, stdout, stderr } = ns.node(script, options)
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  return JSON.parse(stdout)
}

const PRINT = "console.log(JSON.stringify(require('osh-ifaddrs').interfaces()))"

/** @returns {import('../../lib/index').Interface[]} */
const interfaces = (t, ns, mode) => run(t, ns, PRINT, { launch: [...OPEN, ...MODES[mode]] })

/** @param {import('../support/topology').Topology} topology */
async function makeLinks(t, label, topology) {
  const ns = Namespace.create(label)
  t.teardown(() => ns.remove())
  t.teardown(await build(ns, topology))
  return ns
}

t.test('links that are down or have no address', async (t) => {
  const topology = {
    lines: [
      ...['link add d0 type veth peer name d1', 'link add b0 type bridge'],
      'addr add 10.0.0.1/24 dev d0'
    ]
  }
  const ns = await makeLinks(t, 'down', topology)
  const expected = ipJson(ns, ['addr', 'show']).map(({ ifname, address, addr_info: list }) => [
    ...[ifname, 'down', address],
    list.map(({ local }) => local)
  ])
  t.equal(expected.length, 4)
  for (const mode of Object.keys(MODES)) {
    const found = interfaces(t, ns, mode)
    t.strictSame(
      found.map(({ name, state, mac, addresses }) => [
        ...[name, state, mac],
        addresses.map(({ address }) => address)
      ]),
      expected,
      mode
    )
  }
})

// Each character stands for a byte. The last two are the same in UTF-8.
const NAMES = [
  '7',
  'constructor',
  '__proto__',
  'toString',
  '\x01\x1b[31m',
  'a"b\\c',
  'r\xc3\xa9seau',
  '\xff\xfe',
  '\xfe\xff'
]

t.test('links with unusual names', async (t) => {
  const lines = NAMES.flatMap((name, i) => [
    `link add ${name} type veth peer name peer${i}`,
    `link set ${name} addrgenmode none`,
    `link property add dev ${name} altname ${name}-alternative`,
    `link set ${name} up`,
    `addr add 10.0.${i}.1/24 dev ${name}`,
    `addr add fd00:${i + 1}::1/64 nodad dev ${name}`
  ])
  const ns = await makeLinks(t, 'names', { lines })
  const names = NAMES.map((name) => Buffer.from(name, 'latin1').toString())
  for (const mode of Object.keys(MODES)) {
    const found = interfaces(t, ns, mode).filter(({ addresses }) => addresses.length > 0)
    t.strictSame(
      found.map(({ name, addresses }) => [name, addresses.map(({ address }) => address)]),
      names.map((name, i) => [name, [`10.0.${i}.1`, `fd00:${i + 1}::1`]]),
      mode
    )
    const labels = found.map(({ addresses }) => addresses[0].label)
    t.strictSame(labels, names, `${mode}: labels`)
    if (mode !== 'nothing refused') continue
    const others = found.map(({ alternativeNames }) => alternativeNames)
    t.strictSame(
      others,
      names.map((name) => [`${name}-alternative`])
    )
  }
})

t.test('many links', async (t) => {
  const many = Namespace.create('many')
  t.teardown(() => many.remove())
  many.batch(
    (function* () {
      for (let i = 0; i < MANY_PAIRS; i++) {
        yield `link add m${i} type veth peer name n${i}`
        yield `addr add 10.${i >> 8}.${i & 255}.1/24 dev m${i}`
        yield `link property add dev n${i} altname alternative${i}`
      }
    })()
  )
  const summary = (link) => [link.index, link.name, link.mac, link.addresses.length]
  const expected = ipJson(many, ['addr', 'show'])
  t.equal(expected.length, 2 * MANY_PAIRS + 1)
  for (const mode of Object.keys(MODES)) {
    const found = interfaces(t, many, mode)
    t.strictSame(
      found.map(summary),
      expected.map(({ ifindex, ifname, address, addr_info: list }) => [
        ...[ifindex, ifname, address],
        list.length
      ]),
      mode
    )
    if (mode !== 'nothing refused') continue
    const others = found.filter(({ name }) => name.startsWith('n'))
    t.ok(
      others.every((link) => link.alternativeNames[0] === `alternative${link.name.slice(1)}`),
      'each has its own alternative name'
    )
  }
})

// A thread in the namespace at a path, with other threads in others.
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads')
  require('./test/build/setns.node').enter(workerData.path)
  const { interfaces } = require('osh-ifaddrs')
  const results = new Set()
  for (let i = 0; i < 200; i++) results.add(JSON.stringify(interfaces({ sources: workerData.sources })))
  parentPort.postMessage([...results])`
const SOURCES = [undefined, ['ioctl', 'procfs'], ['procfs']]

t.test('threads in several namespaces', async (t) => {
  const [first, second] = await Promise.all(
    ['a', 'b'].map((name, i) =>
      makeLinks(t, `thread-${name}`, {
        lines: [
          `link add ${name}0 type veth peer name ${name}1`,
          `addr add 10.0.${i}.1/24 dev ${name}0`,
          `addr add fd00:${i}::1/64 nodad dev ${name}1`
        ]
      })
    )
  )
  const work = [first, second].flatMap(({ name }) =>
    SOURCES.map((sources) => ({ path: `/run/netns/${name}`, sources }))
  )
  const script = `
    const { Worker } = require('node:worker_threads')
    const { interfaces } = require('osh-ifaddrs')
    const before = JSON.stringify(interfaces())
    const run = (workerData) =>
      new Promise((resolve, reject) =>
        new Worker(${JSON.stringify(THREAD)}, { eval: true, workerData })
          .once('message', resolve)
          .once('error', reject))
    Promise.all(${JSON.stringify(work)}.map(run)).then((found) =>
      console.log(JSON.stringify([JSON.stringify(interfaces()) === before, found])))`
  const [isSame, found] = run(t, first, script, { cwd: projectRoot })
  t.ok(isSame, 'the main thread is still in its own')
  const read = (ns, sources) =>
    ns.node(`console.log(JSON.stringify(require('osh-ifaddrs').interfaces(${sources})))`).stdout
  const expected = [first, second].flatMap((ns) =>
    SOURCES.map((sources) => [read(ns, sources && JSON.stringify({ sources })).trim()])
  )
  t.strictSame(found, expected)
  t.equal(new Set(expected.flat()).size, 6, 'control: they differ')
})
