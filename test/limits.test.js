'use strict'

// Extreme conditions: no free descriptor, threads that end during a call, continuous changes, and a rename at
// the worst moment.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setImmediate } = require('node:timers/promises')
const t = require('tap')
const { CALLER, makeNamespace } = require('./support/sandbox')
const { launcher, projectRoot, requirements } = require('./support/namespace')

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

const { EMFILE, EPERM } = os.constants.errno
const WORKERS = 1000
const ADDRESSES = 200
const MANY_ADDRESSES = 8000
const MIB = 2 ** 20
// Ends a test that hangs, on a machine with any load. No test measures time.
const TIMEOUT = 10 * 60_000
const OPEN = ['--user', 'keep', '--no-landlock']
const MODES = { rtnetlink: [], denied: ['--deny-family', 'netlink'] }
const KEYS = ['d0', 'd1', 'lo']

t.setTimeout(TIMEOUT)

const ns = makeNamespace(t, 'limits')

/** Runs a script in a sandbox and returns the JSON that it prints. */
function evaluate(t, launch, script, { env = {}, shell = '', namespace = ns } = {}) {
  const args = ['-euc', `${shell} exec "$@"`, 'sh', process.execPath, '-e', script]
  const options = { launch: [...OPEN, ...launch], timeout: TIMEOUT, env }
  const { status, signal, stdout, stderr } = namespace.exec('sh', args, options)
  t.strictSame({ status, signal }, { status: 0, signal: null }, `it runs ${stderr}`)
  return JSON.parse(stdout)
}

// Calls with every descriptor in use, then closes them and calls again.
const EXHAUST = `
  const native = os.networkInterfaces
  require('osh-ifaddrs/register')
  const { networkInterfaces, diagnose } = require('osh-ifaddrs')
  const loadFirst = process.env.LOAD_FIRST === 'true'
  const keysOrError = (read) => {
    try {
      return Object.keys(read()).sort()
    } catch ({ code, errno, cause }) {
      return { code, errno, cause: cause?.code }
    }
  }
  process.removeAllListeners('warning')
  if (loadFirst) networkInterfaces()
  const opened = []
  try {
    for (;;) opened.push(fs.openSync('/dev/null'))
  } catch ({ code }) {
    if (code !== 'EMFILE') throw code
  }
  const exhausted = [keysOrError(networkInterfaces), keysOrError(os.networkInterfaces)]
  const sources = loadFirst ? diagnose().sources.map(({ status, code }) => status + ' ' + code) : []
  opened.splice(0).forEach(fs.closeSync)
  const free = [networkInterfaces, os.networkInterfaces, native].map(keysOrError)
  console.log(JSON.stringify({ exhausted, sources, free }))`

t.test('no descriptor left', async (t) => {
  const exhaust = (t, denials, loadFirst) =>
    evaluate(t, denials, EXHAUST, { env: { LOAD_FIRST: `${loadFirst}` }, shell: 'ulimit -n 64;' })
  for (const [mode, denials] of Object.entries(MODES)) {
    const denied = mode === 'denied'
    await t.test(`after the addon was loaded, ${mode}`, async (t) => {
      const { exhausted, sources, free } = exhaust(t, denials, true)
      const ours = 'ERR_OSH_IFADDRS_UNAVAILABLE'
      const errno = denied ? EPERM : EMFILE
      t.match(exhausted, [
        { code: ours, errno },
        { errno, cause: ours }
      ])
      const failed = 'failed EMFILE'
      t.strictSame(sources, [denied ? 'denied EPERM' : failed, failed, failed])
      const native = denied ? { code: 'ERR_SYSTEM_ERROR', errno: EPERM } : KEYS
      t.strictSame(free, [KEYS, KEYS, native], 'with free descriptors it works')
    })
    await t.test(`before the addon was loaded, ${mode}`, async (t) => {
      const { exhausted, free } = exhaust(t, denials, false)
      t.notOk(exhausted.some(Array.isArray), 'both throw')
      t.strictSame(free.slice(0, 2), [KEYS, KEYS], 'with free descriptors both work')
    })
  }
})

t.test(`${WORKERS} workers are terminated during a call`, async (t) => {
  const script = `
    const { once } = require('node:events')
    const { Worker } = require('node:worker_threads')
    const { networkInterfaces } = require('osh-ifaddrs')
    const runWorker = async () => {
      const worker = new Worker(${JSON.stringify(CALLER)}, { eval: true })
      await once(worker, 'message')
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
      return worker.terminate()
    }
    const runWorkers = async (count) => {
      for (let done = 0; done < count; done += 4)
        await Promise.all([runWorker(), runWorker(), runWorker(), runWorker()])
    }
    const measure = () => ({
      fds: fs.readdirSync('/proc/self/fd').length,
      rss: process.memoryUsage.rss()
    })
    const main = async () => {
      await runWorkers(40)
      const warm = measure()
      await runWorkers(${WORKERS / 2})
      const { fds, rss } = measure()
      const answer = Object.keys(networkInterfaces())
      console.log(JSON.stringify({ descriptors: fds - warm.fds, growth: rss - warm.rss, answer }))
    }
    main()`
  // With so many addresses, a worker spends most of its time in the call.
  ns.batch(Array.from({ length: ADDRESSES }, (_, i) => `addr add 10.1.0.${i + 1}/24 dev d1`))
  t.teardown(() => ns.ip('addr flush dev d1 to 10.1.0.0/24'))
  for (const [mode, denials] of Object.entries(MODES)) {
    const { descriptors, growth, answer } = evaluate(t, denials, script)
    t.comment(`${mode}: memory grew by ${Math.round(growth / 1024)} KiB`)
    t.equal(descriptors, 0, `no descriptor is left, ${mode}`)
    t.ok(growth < 32 * MIB, `memory grew by ${growth} bytes after warm-up`)
    t.strictSame(answer.sort(), KEYS, 'a later call works')
  }
})

// The kernel marks a dump with NLM_F_DUMP_INTR if something changed between two of its parts.
t.test('if every dump is interrupted, the last one is used and marked', async (t) => {
  const stormy = makeNamespace(t, 'storm')
  const addresses = Array.from({ length: MANY_ADDRESSES }, (_, i) => `10.2.${i >> 8}.${i & 255}`)
  stormy.batch(addresses.map((address) => `addr add ${address}/32 dev d1`))
  const commands = path.join(t.testdir(), 'commands')
  fs.writeFileSync(commands, 'addr add 10.3.0.1 dev d1\naddr del 10.3.0.1 dev d1\n'.repeat(500_000))
  const storm = stormy.spawnCommand('ip', ['-batch', commands], { stdio: 'ignore' })
  const script = `
    const { diagnose, networkInterfaces } = require('osh-ifaddrs')
    const end = Date.now() + ${TIMEOUT} / 2
    let diagnosis
    do diagnosis = diagnose()
    while (diagnosis.complete && Date.now() < end)
    console.log(JSON.stringify({ ...diagnosis, found: networkInterfaces().d1.length }))`
  const { complete, sources, found, omitted } = evaluate(t, [], script, { namespace: stormy })
  let listing
  do {
    listing = stormy.node([path.join(projectRoot, 'lib/command-line/cli.js')]).stdout
    // `exitCode` is updated only between two turns of the event loop.
    await setImmediate()
  } while (storm.exitCode === null && !listing.includes('changed during each read'))
  t.match(listing, /^The addresses changed during each read\. Some may be missing\.$/m)
  t.equal(storm.exitCode, null, 'it still goes on')
  t.equal(complete, false)
  t.match(sources[0], {
    status: 'partial',
    syscall: 'recvmsg(RTM_GETADDR)',
    code: 'EINTR',
    facts: ['links', 'ipv4', 'ipv6']
  })
  t.strictSame(omitted, [])
  t.ok(found >= addresses.length, `${found} addresses`)
})

// This race is too rare to reproduce, so a shim (test/sandbox/renamed.c) reports an old name.
t.test('a link is renamed right after the list of addresses was read, imitated', async (t) => {
  const script = `
    const { diagnose, networkInterfaces } = require('osh-ifaddrs')
    const first = networkInterfaces()
    console.log(JSON.stringify({ first, second: networkInterfaces(), ...diagnose() }))`
  const shim = path.join(path.dirname(launcher), 'renamed.so')
  t.ok(fs.existsSync(shim))
  for (const denied of ['netlink', 'netlink,inet', 'netlink,inet,inet6', 'all']) {
    for (const [now, before] of [
      ['d0', 'gone'],
      ['d0', 'd1'],
      ['lo', 'd0']
    ]) {
      const env = { LD_PRELOAD: shim, OSH_RENAMED: now, OSH_BEFORE: before }
      const { first, second } = evaluate(t, ['--deny-family', denied], script, { env })
      t.strictSame(Object.keys(second), ['lo', 'd0', 'd1'])
      t.strictSame(first, second, `${now} was ${before}, ${denied} denied`)
    }
  }
})
