'use strict'

// watch() while the network changes without pause, and while workers that watch it are terminated: no crash, no
// starvation, nothing left, and at last the state of interfaces(). The monitor's races, by ThreadSanitizer.

const { spawnSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const readline = require('node:readline')
const { setTimeout } = require('node:timers/promises')
const t = require('tap')
const { Namespace, projectRoot, vethPair } = require('../support/namespace')
const { runChecked } = require('../support/package')
const { skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')
const { SECONDS, TIMEOUT, scale } = require('./duration')
const { isRunning, startStorm } = require('./storm')

skipWithout(t)
t.setTimeout(TIMEOUT)

const STORM_SECONDS = Math.ceil(SECONDS / 12)
const LINKS = 500
const MIB = 2 ** 20
const COUNT = scale(200, 40)
const FEW = scale(40, 10)
const WORKERS = path.join(__dirname, '../support/watch/workers.js')
const ASAN = runChecked(['cc', '-print-file-name=libasan.so']).trim()
const BUILD = path.join(projectRoot, 'test/build')
const OPEN = ['--user', 'keep', '--no-landlock']
const DENIED = [...OPEN, '--deny-family', 'netlink']

// What differs afterwards depends on where ip(8) was stopped.
const COMMANDS = [
  'link set d0 mtu 1400',
  'addr add 10.1.0.1/24 dev d0',
  'addr add fd00::1/64 dev d0 nodad',
  'link set d0 mtu 1401',
  'link set d0 down',
  'addr del 10.1.0.1/24 dev d0',
  'link set d0 up',
  'addr add fd00::2/64 dev d0 nodad',
  'addr del fd00::2/64 dev d0'
]
// Repeated, each of them succeeds: IPv6 addresses go when the link is set down.
const BYTES_PER_COMMAND = COMMANDS.join('\n').length / COMMANDS.length

/**
 * How many commands a storm has read.
 *
 * @param {import('node:child_process').ChildProcess} storm
 */
function countCommands({ pid }) {
  const [, bytes] = /^rchar: (\d+)$/m.exec(fs.readFileSync(`/proc/${pid}/io`, 'utf8')) ?? []
  return Number(bytes) / BYTES_PER_COMMAND
}

/** @param {Namespace} ns */
function addLinks(ns) {
  const pairs = Array.from(
    { length: LINKS / 2 },
    (_, i) => `link add l${i} type veth peer name r${i}`
  )
  ns.batch(pairs)
}

/**
 * Runs under-load.js in a network that changes without pause.
 *
 * @param {import('tap').Test} t
 * @param {Namespace} ns
 * @param {string[]} launch
 * @param {object} options of watch()
 */
async function watchUnderLoad(t, ns, launch, options) {
  const script = path.join(__dirname, 'watch/under-load.js')
  const child = ns.spawn(['--expose-gc', script, JSON.stringify(options)], { launch })
  let stderr = ''
  child.stderr?.on('data', (data) => (stderr += data))
  const ended = once(child, 'close')
  const lines = readline.createInterface({ input: /** @type {any} */ (child.stdout) })
  const output = lines[Symbol.asyncIterator]()
  t.equal((await output.next()).value, 'ready', stderr)
  const storm = startStorm(ns, COMMANDS)
  t.equal((await output.next()).value, 'warm', stderr)
  const before = countCommands(storm)
  const start = performance.now()
  await setTimeout(STORM_SECONDS * 1000)
  const rate = ((countCommands(storm) - before) / (performance.now() - start)) * 1000
  t.ok(await isRunning(storm), 'control: every command has succeeded')
  storm.kill('SIGKILL')
  await once(storm, 'close')
  // Addresses follow a link that was set up.
  ns.settle()
  child.stdin?.write('stop\n')
  const { value } = await output.next()
  const [status] = await ended
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  return { ...JSON.parse(value ?? '{}'), rate }
}

const CASES = {
  'settle 0': { launch: OPEN, options: { settle: 0 }, mode: 'netlink' },
  'the default': { launch: OPEN, options: {}, mode: 'netlink' },
  polling: { launch: DENIED, options: { interval: 1 }, mode: 'polling' },
  [`settle 0, ${LINKS} links`]: {
    launch: OPEN,
    options: { settle: 0 },
    mode: 'netlink',
    links: LINKS
  }
}
let allDropped = 0
for (const [name, { launch, options, mode, links = 0 }] of Object.entries(CASES)) {
  t.test(`changes without pause for ${STORM_SECONDS} s, ${name}`, async (t) => {
    const ns = Namespace.create('watch-load')
    t.teardown(() => ns.remove())
    vethPair(ns, ns, { left: 'd0', right: 'd1' })
    if (links > 0) addLinks(ns)
    const result = await watchUnderLoad(t, ns, launch, options)
    const { rate, seconds, turns, changes, delay, busy, dropped, growth } = result
    t.comment(
      `${Math.round(rate)} commands per second; ${changes} events in ${seconds.toFixed(1)} s; ${turns} turns of the ` +
        `event loop, the longest ${Math.round(delay)} ms, busy for ${Math.round(100 * busy)} % of the time; ${dropped} messages dropped; memory grew by ` +
        `${Math.round(growth / 1024)} KiB`
    )
    t.equal(result.mode, mode)
    t.ok(result.links > links, 'control: it sees every link')
    t.ok(rate > 500, 'control: the network changes often')
    t.ok(changes >= 2 * seconds, 'changes are reported')
    t.ok(turns >= 20 * seconds, 'the event loop turns')
    // A fifth, and what this program and comparisons take.
    t.ok(busy < 0.5, 'most of the time it is idle')
    allDropped += dropped
    t.ok(result.same, 'the last state is that of interfaces()')
    t.ok(growth < 16 * MIB, `memory grew by ${growth} bytes`)
    t.equal(result.descriptors, 0, 'no descriptor is left')
  })
}

t.test('overruns', async (t) => {
  t.ok(allDropped > 0, `control: the kernel dropped ${allDropped} messages`)
})

/**
 * Makes the package with an addon that is compiled with AddressSanitizer.
 *
 * @param {import('tap').Test} t
 * @returns {string} the script that terminates workers, in the package
 */
function makeSanitized(t) {
  const folder = makeTemporaryFolder(t)
  for (const name of ['lib', 'package.json'])
    fs.cpSync(path.join(projectRoot, name), path.join(folder, name), { recursive: true })
  fs.mkdirSync(path.join(folder, 'build/Release'), { recursive: true })
  const addon = path.join(folder, 'build/Release/osh_ifaddrs.node')
  fs.copyFileSync(path.join(BUILD, 'sanitized.node'), addon)
  const script = path.join(folder, 'workers.js')
  fs.copyFileSync(WORKERS, script)
  return script
}

/**
 * Runs support/watch/workers.js in a network that changes without pause, and asserts that nothing is left of the workers.
 *
 * @param {import('tap').Test} t
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
async function terminateWorkers(t, args, env = {}) {
  const ns = Namespace.create('watch-workers')
  t.teardown(() => ns.remove())
  vethPair(ns, ns, { left: 'd0', right: 'd1' })
  const storm = startStorm(ns, COMMANDS)
  const { status, signal, stdout, stderr } = ns.node(['--expose-gc', ...args], {
    env,
    timeout: TIMEOUT
  })
  t.ok(await isRunning(storm), 'control: the network changed all the time')
  t.strictSame({ status, signal }, { status: 0, signal: null }, stderr)
  const { changes, growth, workers, ...left } = JSON.parse(stdout || '{}')
  t.comment(
    `${workers} workers saw ${changes.netlink} changes by netlink, ${changes.polling} by polling; memory grew by ` +
      `${Math.round(growth / 1024)} KiB`
  )
  t.ok(changes.netlink > 0 && changes.polling > 0, 'control: changes were reported in both modes')
  t.strictSame(left, { errors: [], threads: 0, sockets: 0, descriptors: 0 }, 'nothing is left')
  return { growth, stderr }
}

t.test(`${COUNT} workers are terminated at random`, async (t) => {
  const { growth, stderr } = await terminateWorkers(t, [WORKERS, `${COUNT}`])
  t.equal(stderr, '')
  t.ok(growth < 64 * MIB, `memory grew by ${growth} bytes`)
})

t.test(`${COUNT} workers are terminated at random, by AddressSanitizer`, async (t) => {
  const env = { LD_PRELOAD: ASAN, ASAN_OPTIONS: 'detect_leaks=0' }
  const { stderr } = await terminateWorkers(t, [makeSanitized(t), `${COUNT}`], env)
  t.equal(stderr, '')
})

t.test('workers are terminated at random, by LeakSanitizer', async (t) => {
  // Node and V8 leak.
  const env = { LD_PRELOAD: ASAN, ASAN_OPTIONS: 'detect_leaks=1:exitcode=0' }
  const args = [makeSanitized(t), `${FEW}`, 'keep']
  const { stderr } = await terminateWorkers(t, args, env)
  t.match(
    stderr,
    /^SUMMARY: AddressSanitizer: \d+ byte\(s\) leaked/m,
    'control: it looks for leaks'
  )
  t.notMatch(stderr, /ERROR: AddressSanitizer/)
  const leaks = stderr.split('\n\n').filter((text) => /^ +#1 .* \S*\/src\/\w+\/\w+\.c:/m.test(text))
  t.strictSame(leaks, [], 'nothing that the addon has allocated is lost')
})

for (const unit of ['monitor_test', 'monitor_failures_test']) {
  t.test(`${unit}, by ThreadSanitizer`, async (t) => {
    // Its memory layout conflicts with the randomisation of some kernels.
    const command = ['-R', path.join(BUILD, 'threads', unit)]
    const { status, stdout, stderr } = spawnSync('setarch', command, { encoding: 'utf8' })
    t.strictSame({ status, stderr }, { status: 0, stderr: '' })
    t.equal(stdout.match(/^ok /gm)?.length, Number(/^1\.\.(\d+)$/m.exec(stdout)?.[1]), stdout)
  })
}
