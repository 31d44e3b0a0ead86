'use strict'

// `osh-ifaddrs watch`: what it prints for each change, and when it ends.

const { once } = require('node:events')
const path = require('node:path')
const t = require('tap')
const { describeChange } = require('../../lib/command-line/changes')
const { becomes } = require('../support/becomes')
const { Namespace } = require('../support/namespace')
const { runNode } = require('../support/node')
const { skipWithout } = require('../support/requirements')

skipWithout(t)

const CLI = path.join(__dirname, '../../lib/command-line/cli.js')
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const TRY_MS = 200
const NO_NETLINK = ['--deny-family', 'netlink']

/** @param {import('tap').Test} t */
function makeNamespace(t) {
  const ns = Namespace.create('watch-command')
  t.teardown(() => ns.remove())
  // They have no carrier, so no address follows later.
  ns.batch(['link add d0 type bridge', 'link add d1 type bridge'])
  return ns
}

/**
 * Collects the output of a command that watches, and waits until it does: until it prints a change.
 *
 * @param {Namespace} ns
 * @param {import('node:child_process').ChildProcess} child
 */
async function started(ns, child) {
  const output = { stdout: '', stderr: '' }
  for (const name of /** @type {const} */ (['stdout', 'stderr']))
    child[name]?.on('data', (chunk) => (output[name] += chunk))
  let mtu = 1400
  do ns.ip(`link set d1 mtu ${++mtu}`)
  while (mtu < 1500 && !(await becomes(() => output.stdout !== '', TRY_MS)))
  await becomes(() => output.stdout.includes(`${mtu}`))
  const lines = () => output.stdout.split('\n').slice(0, -1)
  return { output, lines, first: lines().length }
}

/** @type {[string[], RegExp][]} commands for ip(8), and what the line says */
const CHANGES = [
  [['link add d2 type veth peer name p2'], /^p2: added, down; d2: added, down$/],
  [['link set d2 up'], /^d2: state down -> no-carrier$/],
  [['addr add 10.0.0.9/24 broadcast + dev d2'], /^d2: \+10\.0\.0\.9\/24$/],
  [['addr add fd00::9/64 dev d2 nodad'], /^d2: \+fd00::9\/64$/],
  [['link set d2 mtu 1350'], /^d2: mtu 1500 -> 1350$/],
  [['link set d2 address 02:00:00:00:00:09'], /^d2: mac [\da-f:]+ -> 02:00:00:00:00:09$/],
  [['link property add dev d2 altname uplink'], /^d2: alternative name \+uplink$/],
  [['link set d2 promisc on'], /^d2: flags \+promisc$/],
  [['link set d2 down'], /^d2: state no-carrier -> down, -fd00::9\/64$/],
  [['link set d2 name d3'], /^d3: name d2 -> d3, 10\.0\.0\.9\/24 label d2 -> d3$/],
  [['link set d0 mtu 1300', 'link del d3'], /^p2: removed; d3: removed; d0: mtu 1500 -> 1300$/]
]

t.test('a line for each change', async (t) => {
  const ns = makeNamespace(t)
  const child = ns.spawn([CLI, 'watch'])
  const { output, lines, first } = await started(ns, child)
  for (const [i, [commands, expected]] of CHANGES.entries()) {
    ns.batch(commands)
    await becomes(() => lines().length > first + i)
    const [time, text] = (lines()[first + i] ?? '').split('  ')
    t.match(time, TIME)
    t.match(text, expected, commands.join())
  }
  child.kill('SIGINT')
  const [, signal] = await once(child, 'exit')
  t.equal(signal, 'SIGINT')
  t.equal(output.stderr, '', 'silently')
  t.equal(lines().length, first + CHANGES.length, 'one line each')
})

t.test('without netlink, as JSON', async (t) => {
  const ns = makeNamespace(t)
  const child = ns.spawn([CLI, 'watch', '--json'], { launch: NO_NETLINK })
  const { output, lines, first } = await started(ns, child)
  ns.ip('addr add 10.0.0.9/24 dev d0')
  await becomes(() => lines().length > first)
  const { time, ...change } = JSON.parse(lines()[first])
  t.match(time, TIME)
  t.match(change, { added: [], removed: [], changed: [{ before: { name: 'd0', addresses: [] } }] })
  t.match(change.changed[0].after.addresses, [{ cidr: '10.0.0.9/24' }])
  const listed = ns.node([CLI, '--json'], { launch: NO_NETLINK }).stdout
  t.strictSame(change.interfaces, JSON.parse(listed))
  child.stdout?.destroy()
  const [status] = await once(child, 'exit')
  t.strictSame({ status, stderr: output.stderr }, { status: 0, stderr: '' }, 'the reader is gone')
})

t.test('a reader that closes the pipe, before another change', async (t) => {
  const ns = makeNamespace(t)
  const script = `"$0" "$@" | head -n 1; echo ended`
  const child = ns.spawnCommand('/bin/sh', ['-c', script, process.execPath, CLI, 'watch'])
  const { output } = await started(ns, child)
  t.ok(await becomes(() => output.stdout.endsWith('ended\n')))
  t.match(output, { stdout: /^\S+ {2}d1: mtu .*\nended\n$/, stderr: '' })
})

t.test('failures', async (t) => {
  const ns = makeNamespace(t)
  /** @param {Record<string, string>} [env] */
  const run = (args = [], env = {}) => ns.node([CLI, 'watch', ...args], { launch: NO_NETLINK, env })
  const none = run([], { OSH_IFADDRS_SOURCES: 'rtnetlink' })
  t.match(none, { status: 2, stdout: '', stderr: /^osh-ifaddrs: cannot read the .* EPERM.*\n$/ })
  const invalid = run([], { OSH_IFADDRS_SOURCES: 'frob' })
  t.match(invalid, { status: 64, stdout: '', stderr: 'OSH_IFADDRS_SOURCES must be' })
  t.match(run(['--jsn']), { status: 64, stderr: 'Unknown option: --jsn. Did you mean --json?' })
  t.match(run(['eth0']), { status: 64, stderr: 'Unexpected argument: eth0' })
  t.match(runNode([CLI, 'wach']), { status: 64, stderr: 'Did you mean watch?' })
})

t.test('what a namespace of the test cannot show', async (t) => {
  const address = {
    cidr: null,
    address: '10.0.0.1',
    label: 'a\u001b[2J',
    scope: 'link',
    broadcast: null,
    peer: null,
    flags: ['permanent']
  }
  const link = {
    name: 'a\u202eb',
    state: null,
    type: 'ether',
    kind: null,
    mac: null,
    mtu: 1,
    internal: false,
    flags: ['up'],
    alternativeNames: null,
    addresses: [address]
  }
  /** @param {object} change */
  const describe = (change) =>
    describeChange(/** @type {any} */ ({ added: [], removed: [], changed: [], ...change }))
  t.equal(describe({ added: [link] }), 'a\\u{202e}b: added, state unknown, 10.0.0.1')
  const after = {
    ...link,
    flags: null,
    mac: '02:00:00:00:00:01',
    addresses: [{ ...address, label: 'b', broadcast: '10.0.0.9', flags: null }]
  }
  t.equal(
    describe({ changed: [{ before: link, after }] }),
    'a\\u{202e}b: mac none -> 02:00:00:00:00:01, 10.0.0.1 label a\\u{1b}[2J -> b, ' +
      '10.0.0.1 broadcast none -> 10.0.0.9, 10.0.0.1 flags -permanent'
  )
  const peers = ['10.0.0.8', '10.0.0.9'].map((peer) => ({ ...address, peer }))
  const [one, two] = [
    { ...link, addresses: peers },
    { ...link, addresses: peers.slice(1) }
  ]
  t.equal(
    describe({ changed: [{ before: one, after: two }] }),
    'a\\u{202e}b: -10.0.0.1 peer 10.0.0.8'
  )
  const reordered = { ...link, index: 7 }
  t.equal(describe({ changed: [{ before: link, after: reordered }] }), 'a\\u{202e}b: other details')
})
