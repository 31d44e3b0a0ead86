'use strict'

// Under load and at the limits: nothing is thrown that should not be, no answer is torn, and neither
// memory nor descriptors are lost. LOAD_SECONDS and LOAD_CALLS say how long; CI takes less.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { Namespace, launcher, requirements, vethPair } = require('./support/namespace')

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

const { EMFILE, EPERM } = os.constants.errno
const SECONDS = Number(process.env.LOAD_SECONDS ?? (process.env.CI ? 10 : 60))
const CALLS = Number(process.env.LOAD_CALLS ?? (process.env.CI ? 100_000 : 1_000_000))
const WORKERS = process.env.CI ? 100 : 1000
const CHILDREN = process.env.CI ? 30 : 200
const MIB = 2 ** 20
// No test here may take longer than that, however loaded the machine; none is judged by it.
const PATIENCE = 30 * 60_000

const OPEN = ['--user', 'keep', '--no-landlock']
// tap has whatever node it spawns load its own modules, which are larger than what is measured here.
const CLEAN = ['--unset=NODE_OPTIONS', '--unset=NODE_EXTRA_CA_CERTS']
const MODES = { rtnetlink: [], denied: ['--deny-family', 'netlink'] }

t.setTimeout(PATIENCE)

/** A namespace with a link of every usual kind of address. */
function makeNamespace(t) {
  const ns = Namespace.create('load')
  t.teardown(() => ns.remove())
  vethPair(ns, ns, { left: 'd0', right: 'd1' })
  ns.batch(['link set lo up', 'addr add 10.0.0.1/24 dev d0', 'addr add fd00::1/64 dev d0'])
  ns.settle()
  return ns
}

/** What a script prints as JSON, in a mode. */
function evaluate(t, ns, launch, script, flags = [], shell = '', env = {}) {
  const node = [process.execPath, ...flags, '-e', script]
  const args = [...CLEAN, 'sh', '-euc', `${shell} exec "$@"`, 'sh', ...node]
  const options = { launch: [...OPEN, ...launch], timeout: PATIENCE, env }
  const { status, signal, stdout, stderr } = ns.exec('env', args, options)
  t.strictSame({ status, signal }, { status: 0, signal: null }, `it runs ${stderr}`)
  return JSON.parse(stdout)
}

// ip(8) changes the namespace from outside of the cage; see test/support/load.js.
const CHURN = `
  netns=$1 pipes=$2
  shift 2
  mkfifo "$pipes/in" "$pipes/out"
  ip -n "$netns" -batch - <"$pipes/in" >"$pipes/out" &
  exec 3>"$pipes/in" 4<"$pipes/out"
  exec "$@"`

for (const [mode, denials] of Object.entries(MODES)) {
  t.test(`8 workers call for ${SECONDS} s while links and addresses change, ${mode}`, async (t) => {
    const ns = Namespace.create('churn')
    t.teardown(() => ns.remove())
    const pipes = fs.mkdtempSync(path.join(os.tmpdir(), 'osh-load-'))
    t.teardown(() => fs.rmSync(pipes, { recursive: true }))
    const work = [process.execPath, path.join(__dirname, 'support', 'load.js'), `${SECONDS}`]
    const cage = [launcher, ...OPEN, ...denials, '--', ...work]
    const args = [...CLEAN, 'sh', '-euc', CHURN, 'sh', ns.name, pipes, ...cage]
    const { status, stdout, stderr } = ns.exec('env', args, { launch: OPEN, timeout: PATIENCE })
    t.equal(status, 0, stderr)
    const { wrong, calls, changes, growth, descriptors } = JSON.parse(stdout)
    t.comment(`${calls} calls during ${changes} changes, ${Math.round(growth / 1024)} KiB more`)
    t.strictSame(wrong, [], 'no exception, nothing torn, nothing lost')
    t.ok(changes >= 100, 'there was something to tear')
    t.ok(calls > 100)
    t.ok(growth < 64 * MIB, `${growth} bytes more than when it was warm`)
    t.equal(descriptors, 0, 'no descriptor is left')
  })
}

for (const [mode, denials] of Object.entries(MODES)) {
  t.test(`${CALLS} calls in one process, ${mode}`, async (t) => {
    const { growth, descriptors } = evaluate(
      t,
      makeNamespace(t),
      denials,
      `
      const { networkInterfaces } = require('osh-ifaddrs')
      const measure = () => {
        gc()
        return { rss: process.memoryUsage.rss(), fds: fs.readdirSync('/proc/self/fd').length }
      }
      for (let i = 0; i < ${CALLS / 10}; i++) networkInterfaces()
      const warm = measure()
      for (let i = 0; i < ${CALLS}; i++) networkInterfaces()
      const { rss, fds } = measure()
      console.log(JSON.stringify({ growth: rss - warm.rss, descriptors: fds - warm.fds }))`,
      ['--expose-gc']
    )
    t.comment(`${Math.round(growth / 1024)} KiB more`)
    t.ok(growth < 8 * MIB, `${growth} bytes more than when it was warm`)
    t.equal(descriptors, 0, 'no descriptor is left')
  })
}

t.test(
  'a link is renamed between the list of addresses and what is asked about them',
  async (t) => {
    const ns = makeNamespace(t)
    const launch = MODES.denied
    const script = `
    const { diagnose, networkInterfaces } = require('osh-ifaddrs')
    const first = networkInterfaces()
    console.log(JSON.stringify({ first, second: networkInterfaces(), ...diagnose() }))`
    const shim = path.join(path.dirname(launcher), 'renamed.so')
    for (const name of ['d0', 'lo']) {
      const env = { LD_PRELOAD: shim, OSH_RENAMED: name }
      const { first, second, complete } = evaluate(t, ns, launch, script, [], '', env)
      t.strictSame(Object.keys(first), ['lo', 'd0', 'd1'])
      t.strictSame(first, second, 'the list is asked for again')
      t.ok(complete)
    }
  }
)

t.test('no descriptor left', async (t) => {
  const ns = makeNamespace(t)
  const exhaust = (loadFirst) => `
    const native = os.networkInterfaces
    require('osh-ifaddrs/register')
    const { networkInterfaces, diagnose } = require('osh-ifaddrs')
    const attempt = (ask) => {
      try {
        return Object.keys(ask())
      } catch ({ code, errno, cause }) {
        return { code, errno, cause: cause?.code }
      }
    }
    process.removeAllListeners('warning')
    ${loadFirst ? 'networkInterfaces()' : ''}
    const taken = []
    try {
      for (;;) taken.push(fs.openSync('/dev/null'))
    } catch ({ code }) {
      if (code !== 'EMFILE') throw code
    }
    const none = [attempt(networkInterfaces), attempt(os.networkInterfaces)]
    const sources = ${loadFirst} ? diagnose().sources.map(({ status, code }) => status + ' ' + code) : []
    taken.splice(0).forEach(fs.closeSync)
    const free = [attempt(networkInterfaces), attempt(os.networkInterfaces), attempt(native)]
    console.log(JSON.stringify({ none, sources, free }))`
  const keys = ['lo', 'd0', 'd1']
  const sorted = (found) => (Array.isArray(found) ? found.sort() : found)
  for (const [mode, denials] of Object.entries(MODES)) {
    await t.test(`after the addon was loaded, ${mode}`, async (t) => {
      const { none, sources, free } = evaluate(t, ns, denials, exhaust(true), [], 'ulimit -n 64;')
      const denied = mode === 'denied'
      const ours = 'ERR_OSH_IFADDRS_UNAVAILABLE'
      t.match(none, [
        { code: ours, errno: denied ? EPERM : EMFILE },
        { errno: denied ? EPERM : EMFILE, cause: ours }
      ])
      const failed = 'failed EMFILE'
      t.strictSame(sources, [denied ? 'denied EPERM' : failed, failed, failed])
      const native = denied ? { code: 'ERR_SYSTEM_ERROR', errno: EPERM } : [...keys].sort()
      t.strictSame(free.map(sorted), [[...keys].sort(), [...keys].sort(), native], 'then it works')
    })
    await t.test(`before the addon was loaded, ${mode}`, async (t) => {
      const { none, free } = evaluate(t, ns, denials, exhaust(false), [], 'ulimit -n 64;')
      t.notOk(none.some(Array.isArray), 'both throw')
      t.strictSame(
        free.slice(0, 2).map(sorted),
        [[...keys].sort(), [...keys].sort()],
        'then both work'
      )
    })
  }
})

t.test('a child process inherits no descriptor, started while threads call', async (t) => {
  const ns = makeNamespace(t)
  const script = `
    const { Worker } = require('worker_threads')
    const { spawnSync } = require('child_process')
    const code = 'const { networkInterfaces } = require("osh-ifaddrs"); networkInterfaces();' +
      'require("worker_threads").parentPort.postMessage(0); for (;;) networkInterfaces()'
    const workers = [1, 2, 3].map(() => new Worker(code, { eval: true }))
    const started = Promise.all(
      workers.map((worker) => new Promise((resolve) => worker.once('message', resolve)))
    )
    // A line of ls: … 3 -> socket:[12345]
    const inherited = () =>
      spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' }).stdout
        .split('\\n')
        .map((line) => line.split(' ').slice(-3))
        .filter(([fd, arrow]) => arrow === '->' && fd > 2)
        .map(([, , file]) => file.replace(/\\d+/g, 'N'))
    started.then(() => {
      const seen = new Set()
      for (let i = 0; i < ${CHILDREN}; i++) inherited().forEach((file) => seen.add(file))
      console.log(JSON.stringify([...seen]))
      process.exit()
    })`
  for (const [mode, denials] of Object.entries(MODES)) {
    const seen = evaluate(t, ns, denials, script)
    t.ok(seen.includes('/proc/N/fd'), 'the list itself')
    t.strictSame(
      seen.filter((name) => /^socket|\/net\//.test(name)),
      [],
      mode
    )
  }
})

t.test(`${WORKERS} workers are terminated in mid-call`, async (t) => {
  const ns = makeNamespace(t)
  const script = `
    const { Worker } = require('worker_threads')
    const code = 'const { networkInterfaces } = require("osh-ifaddrs"); networkInterfaces();' +
      'require("worker_threads").parentPort.postMessage(0); for (;;) networkInterfaces()'
    const one = async () => {
      const worker = new Worker(code, { eval: true })
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
      return worker.terminate()
    }
    const some = async (count) => {
      for (let done = 0; done < count; done += 4) await Promise.all([one(), one(), one(), one()])
    }
    const descriptors = () => fs.readdirSync('/proc/self/fd').length
    const main = async () => {
      await some(20)
      const warm = { fds: descriptors(), rss: process.memoryUsage.rss() }
      await some(${WORKERS})
      const { networkInterfaces } = require('osh-ifaddrs')
      console.log(JSON.stringify({
        descriptors: descriptors() - warm.fds,
        growth: process.memoryUsage.rss() - warm.rss,
        answer: Object.keys(networkInterfaces()).length
      }))
    }
    main()`
  for (const [mode, denials] of Object.entries(MODES)) {
    const { descriptors, growth, answer } = evaluate(t, ns, denials, script)
    t.comment(`${mode}: ${Math.round(growth / 1024)} KiB more`)
    t.equal(descriptors, 0, `no descriptor is left, ${mode}`)
    t.ok(growth < 64 * MIB, `${growth} bytes more than when it was warm`)
    t.equal(answer, 3, 'and it still answers')
  }
})
