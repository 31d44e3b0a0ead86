'use strict'

// Under load no call throws, no answer is torn, and neither memory nor descriptors leak.

const path = require('node:path')
const t = require('tap')
const { Namespace, launcher, vethPair } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')
const { makeTemporaryFolder } = require('../support/temporary-folder')
const { SECONDS, TIMEOUT, scale } = require('./duration')
const { isRunning, startStorm } = require('./storm')

skipWithout(t)

// With fewer calls, the limit on memory would allow a leak of over 42 bytes in each.
const CALLS = scale(1_000_000, 100_000)
const MIB = 2 ** 20
const OPEN = ['--user', 'keep', '--no-landlock']

t.setTimeout(TIMEOUT)

// ip(8) changes the namespace from outside the sandbox; see load/churn.js.
const CHURN = `
  netns=$1 pipes=$2
  shift 2
  mkfifo "$pipes/in" "$pipes/out"
  nice -n -15 ip -n "$netns" -batch - <"$pipes/in" >"$pipes/out" &
  exec 3>"$pipes/in" 4<"$pipes/out"
  exec "$@"`

const MODES = { rtnetlink: [], denied: ['--deny-family', 'netlink'] }

for (const [mode, denials] of Object.entries(MODES)) {
  const name = `8 workers call for ${SECONDS} s while links and addresses change, ${mode}`
  t.test(name, { skip: requirements('priorities') }, async (t) => {
    const ns = Namespace.create('load')
    t.teardown(() => ns.remove())
    ns.ip('link set lo up')
    const pipes = makeTemporaryFolder(t)
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

t.test(`a link that is renamed without pause for ${SECONDS} s is never missed`, async (t) => {
  const ns = Namespace.create('renames')
  t.teardown(() => ns.remove())
  vethPair(ns, ns, { left: 'n0', right: 'peer' })
  ns.batch(['addr add fd00::1/64 dev n0 nodad'])
  const storm = startStorm(ns, ['link set n0 name n1', 'link set n1 name n0'])
  const script = `
    const { networkInterfaces } = require('osh-ifaddrs')
    const names = new Set()
    let missed = 0
    for (const end = Date.now() + ${SECONDS * 1000}; Date.now() < end;) {
      const found = Object.entries(networkInterfaces())
        .filter(([, addresses]) => addresses.some(({ cidr }) => cidr === 'fd00::1/64'))
      if (found.length !== 1) missed++
      found.forEach(([name]) => names.add(name))
    }
    console.log(JSON.stringify({ missed, names: [...names].sort() }))`
  for (const [mode, denials] of Object.entries(MODES)) {
    const { stdout, stderr } = ns.node(script, {
      launch: [...OPEN, ...denials],
      timeout: TIMEOUT
    })
    t.strictSame(
      JSON.parse(stdout || '{}'),
      { missed: 0, names: ['n0', 'n1'] },
      `${mode} ${stderr}`
    )
  }
  t.ok(await isRunning(storm), 'the renames went on during all calls')
})

t.test(`${CALLS} calls in one process, every other one without netlink`, async (t) => {
  const ns = makeNamespace(t, 'calls')
  const script = `
    const { networkInterfaces } = require('osh-ifaddrs')
    const { measureResources } = require('./test/soak/resources')
    const denied = { sources: ['ioctl', 'procfs'] }
    const expected = JSON.stringify(networkInterfaces())
    const call = (times) => {
      for (let i = 0; i < times; i += 2) {
        networkInterfaces()
        networkInterfaces(denied)
      }
    }
    call(${CALLS / 10})
    const warm = measureResources()
    call(${CALLS})
    const after = measureResources()
    const same = [undefined, denied].every((options) => JSON.stringify(networkInterfaces(options)) === expected)
    console.log(JSON.stringify({
      growth: after.resident - warm.resident,
      descriptors: after.descriptors - warm.descriptors,
      same
    }))`
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
