'use strict'

// Under load no call throws, no answer is torn, and neither memory nor descriptors leak. Each mode takes a
// minute, or ten seconds in CI. LOAD_SECONDS and LOAD_CALLS override that; LOAD_CHANGES sets the number of
// changes a second (default: 200).

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { makeNamespace } = require('./support/sandbox')
const { Namespace, launcher, requirements, vethPair } = require('./support/namespace')

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

const SECONDS = Number(process.env.LOAD_SECONDS ?? (process.env.CI ? 10 : 60))
const CALLS = Number(process.env.LOAD_CALLS ?? 1_000_000)
const MIB = 2 ** 20
// Ends a test that hangs, on a machine with any load. No test measures time.
const TIMEOUT = 30 * 60_000
const OPEN = ['--user', 'keep', '--no-landlock']

t.setTimeout(TIMEOUT)

// ip(8) changes the namespace from outside the sandbox; see test/load/churn.js.
const CHURN = `
  netns=$1 pipes=$2
  shift 2
  mkfifo "$pipes/in" "$pipes/out"
  nice -n -15 ip -n "$netns" -batch - <"$pipes/in" >"$pipes/out" &
  exec 3>"$pipes/in" 4<"$pipes/out"
  exec "$@"`

const MODES = { rtnetlink: [], denied: ['--deny-family', 'netlink'] }

for (const [mode, denials] of Object.entries(MODES)) {
  t.test(`8 workers call for ${SECONDS} s while links and addresses change, ${mode}`, async (t) => {
    const ns = Namespace.create('load')
    t.teardown(() => ns.remove())
    ns.ip('link set lo up')
    const pipes = fs.mkdtempSync(path.join(os.tmpdir(), 'osh-load-'))
    t.teardown(() => fs.rmSync(pipes, { recursive: true }))
    const node = [
      process.execPath,
      '--expose-gc',
      path.join(__dirname, 'load', 'run.js'),
      `${SECONDS}`
    ]
    const sandboxed = [launcher, ...OPEN, ...denials, '--', ...node]
    const args = ['-euc', CHURN, 'sh', ns.name, pipes, ...sandboxed]
    const { status, stdout, stderr } = ns.exec('sh', args, { launch: OPEN, timeout: TIMEOUT })
    t.equal(status, 0, stderr)
    const result = JSON.parse(stdout)
    const { wrong, mixed, inferred, interrupted, undisturbed } = result
    const { calls, changes, growth, descriptors } = result
    t.comment(
      `${calls} calls during ${changes} changes, ${undisturbed} of them undisturbed, ${interrupted} reported ` +
        `as interrupted; ${mixed} entries mix several states, ${inferred} have an inferred prefix length; ` +
        `memory grew by ${Math.round(growth / 1024)} KiB`
    )
    t.strictSame(wrong, [], 'no exception, nothing torn, nothing lost without a report')
    t.ok(interrupted < (calls - undisturbed) / 100, 'few reads are interrupted four times')
    t.ok(changes >= 20 * SECONDS, 'links and addresses changed often enough')
    t.ok(calls - undisturbed >= 20 * SECONDS, 'enough calls were disturbed by a change')
    t.ok(growth < 16 * MIB, `memory grew by ${growth} bytes after warm-up`)
    t.equal(descriptors, 0, 'no descriptor is left')
  })
}

t.test('a link that is renamed without pause is never missed', async (t) => {
  const ns = Namespace.create('renames')
  t.teardown(() => ns.remove())
  vethPair(ns, ns, { left: 'n0', right: 'peer' })
  ns.batch(['addr add fd00::1/64 dev n0 nodad'])
  const commands = path.join(t.testdir(), 'commands')
  fs.writeFileSync(commands, 'link set n0 name n1\nlink set n1 name n0\n'.repeat(500_000))
  const renames = ns.spawnCommand('ip', ['-batch', commands], { stdio: 'ignore' })
  const script = `
    const { networkInterfaces } = require('osh-ifaddrs')
    const names = new Set()
    let missed = 0
    for (const end = Date.now() + 2000; Date.now() < end;) {
      const found = Object.entries(networkInterfaces())
        .filter(([, addresses]) => addresses.some(({ cidr }) => cidr === 'fd00::1/64'))
      if (found.length !== 1) missed++
      found.forEach(([name]) => names.add(name))
    }
    console.log(JSON.stringify({ missed, names: [...names].sort() }))`
  for (const [mode, denials] of Object.entries(MODES)) {
    const { stdout, stderr } = ns.node(script, { launch: [...OPEN, ...denials] })
    t.strictSame(
      JSON.parse(stdout || '{}'),
      { missed: 0, names: ['n0', 'n1'] },
      `${mode} ${stderr}`
    )
  }
  t.equal(renames.exitCode, null, 'the renames went on during all calls')
})

t.test(`${CALLS} calls in one process, every other one without netlink`, async (t) => {
  const ns = makeNamespace(t, 'calls')
  const script = `
    const { networkInterfaces } = require('osh-ifaddrs')
    const denied = { sources: ['ioctl', 'procfs'] }
    const expected = JSON.stringify(networkInterfaces())
    const call = (times) => {
      for (let i = 0; i < times; i += 2) {
        networkInterfaces()
        networkInterfaces(denied)
      }
    }
    const measure = () => {
      gc()
      return { rss: process.memoryUsage.rss(), fds: fs.readdirSync('/proc/self/fd').length }
    }
    call(${CALLS / 10})
    const warm = measure()
    call(${CALLS})
    const { rss, fds } = measure()
    const same = [undefined, denied].every((options) => JSON.stringify(networkInterfaces(options)) === expected)
    console.log(JSON.stringify({ growth: rss - warm.rss, descriptors: fds - warm.fds, same }))`
  const node = ['--expose-gc', '-e', script]
  const { status, stdout, stderr } = ns.exec(process.execPath, node, {
    launch: OPEN,
    timeout: TIMEOUT
  })
  t.equal(status, 0, stderr)
  const { growth, descriptors, same } = JSON.parse(stdout)
  t.comment(`memory grew by ${Math.round(growth / 1024)} KiB`)
  t.ok(growth < 4 * MIB, `memory grew by ${growth} bytes after warm-up`)
  t.equal(descriptors, 0, 'no descriptor is left')
  t.ok(same, 'the last answers equal the first')
})
