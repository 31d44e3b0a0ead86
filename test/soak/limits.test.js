'use strict'

// Extreme conditions: no free descriptor, threads that end during a call, continuous changes, and a rename at
// the worst moment.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { launcher, projectRoot } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { CALLER, makeNamespace } = require('../support/sandbox')
const { TIMEOUT, scale } = require('./duration')
const { isRunning, startStorm } = require('./storm')

skipWithout(t)

const WORKERS = scale(1000, 200)
const ADDRESSES = 200
const MANY_ADDRESSES = 8000
const MIB = 2 ** 20
// How many milliseconds to wait for a dump that is interrupted often enough.
const PATIENCE = 5 * 60_000
const OPEN = ['--user', 'keep', '--no-landlock']
const MODES = { rtnetlink: [], denied: ['--deny-family', 'netlink'] }
const KEYS = ['d0', 'd1', 'lo']

t.setTimeout(TIMEOUT)

const ns = makeNamespace(t, 'limits')

/** Runs a script in a sandbox and returns the JSON that it prints. */
function evaluate(t, launch, script, { env = {}, shell = '', namespace = ns } = {}) {
  const args = ['-euc', `${shell} exec "$@"`, 'sh', process.execPath, '--expose-gc', '-e', script]
  const options = { launch: [...OPEN, ...launch], timeout: TIMEOUT, env }
  const { status, signal, stdout, stderr } = namespace.exec('sh', args, options)
  t.strictSame({ status, signal }, { status: 0, signal: null }, `it runs ${stderr}`)
  return JSON.parse(stdout)
}

// Calls with every descriptor in use, then closes them and calls again. behaviour/shortage.test.js does so after the
// addon was loaded.
const EXHAUST = `
  require('osh-ifaddrs/register')
  const { networkInterfaces } = require('osh-ifaddrs')
  const keysOrError = (read) => {
    try {
      return Object.keys(read()).sort()
    } catch ({ code, errno, cause }) {
      return { code, errno, cause: cause?.code }
    }
  }
  process.removeAllListeners('warning')
  const opened = []
  try {
    for (;;) opened.push(fs.openSync('/dev/null'))
  } catch ({ code }) {
    if (code !== 'EMFILE') throw code
  }
  const exhausted = [keysOrError(networkInterfaces), keysOrError(os.networkInterfaces)]
  opened.splice(0).forEach(fs.closeSync)
  const free = [keysOrError(networkInterfaces), keysOrError(os.networkInterfaces)]
  console.log(JSON.stringify({ exhausted, free }))`

for (const [mode, denials] of Object.entries(MODES)) {
  t.test(`no descriptor left before the addon was loaded, ${mode}`, async (t) => {
    const { exhausted, free } = evaluate(t, denials, EXHAUST, { shell: 'ulimit -n 64;' })
    t.notOk(exhausted.some(Array.isArray), 'both throw')
    t.strictSame(free, [KEYS, KEYS], 'with free descriptors both work')
  })
}

t.test(`${WORKERS} workers are terminated during a call`, async (t) => {
  const script = `
    const { once } = require('node:events')
    const { Worker } = require('node:worker_threads')
    const { networkInterfaces } = require('osh-ifaddrs')
    const { measureResources } = require('./test/soak/resources')
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
    const main = async () => {
      await runWorkers(40)
      const warm = measureResources()
      await runWorkers(${WORKERS / 2})
      const after = measureResources()
      console.log(JSON.stringify({
        descriptors: after.descriptors - warm.descriptors,
        growth: after.resident - warm.resident,
        answer: Object.keys(networkInterfaces())
      }))
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
  const storm = startStorm(stormy, ['addr add 10.3.0.1 dev d1', 'addr del 10.3.0.1 dev d1'])
  const script = `
    const { diagnose, networkInterfaces } = require('osh-ifaddrs')
    const end = Date.now() + ${PATIENCE}
    let diagnosis
    do diagnosis = diagnose()
    while (diagnosis.complete && Date.now() < end)
    console.log(JSON.stringify({ ...diagnosis, found: networkInterfaces().d1.length }))`
  const { complete, sources, found, omitted } = evaluate(t, [], script, { namespace: stormy })
  const end = Date.now() + PATIENCE
  let listing
  do listing = stormy.node([path.join(projectRoot, 'lib/command-line/cli.js')]).stdout
  while (!listing.includes('changed during each read') && Date.now() < end)
  t.match(listing, /^The addresses changed during each read\. Some may be missing\.$/m)
  t.ok(await isRunning(storm), 'the changes went on during all reads')
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

// This race is too rare to reproduce, so a shim (test/support/sandbox/renamed.c) reports an old name.
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
