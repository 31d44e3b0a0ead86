'use strict'

// The doctor where other code in the process hides that the native function fails. What it advises must work,
// whatever the other code returns.

const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('../..')
const { remedyFor } = require('../support/advice')
const { REPORT_ARGS, parseReport } = require('../support/doctor')
const { projectRoot } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')

const PRINT = path.join(projectRoot, 'test/support/fixtures/print.js')
const REGISTER = ['-r', 'osh-ifaddrs/register']
const NETLINK = ['--deny-family', 'netlink']

skipWithout(t)

const ns = makeNamespace(t, 'doctor-guards')
const print = (launch, args, command = []) => {
  const { stdout } = ns.exec('env', [...command, process.execPath, ...args, PRINT], { launch })
  return JSON.parse(stdout)
}
const outside = print([], [])

for (const name of ['empty', 'loopback', 'invent']) {
  t.test(name, async (t) => {
    const guard = ['-r', path.join(projectRoot, `test/support/guards/${name}.js`)]
    const diagnose = (launch, args = guard, env = {}) =>
      parseReport(t, ns.node([...args, ...REPORT_ARGS], { launch, env }))
    t.strictNotSame(print(NETLINK, guard), outside, 'control: the guard hides the failure')

    const report = diagnose(NETLINK)
    t.match(report, {
      status: 1,
      native: {
        works: false,
        code: 'EPERM',
        message: 'other code hides that socket(AF_NETLINK) fails'
      },
      active: { register: false },
      replaced: false,
      mechanism: { name: 'seccomp', certainty: 'high' },
      refusedCall: { syscall: 'socket(AF_NETLINK)', errno: 1, code: 'EPERM' }
    })
    t.match(report.suspects[0], { name: 'guard', certainty: 'high' })
    const { change } = remedyFor(t, report, 'guard')
    t.strictSame(print(NETLINK, [...guard, ...REGISTER], [change]), outside, change)
    if (name === 'invent') {
      t.strictNotSame(print(NETLINK, [...guard, ...REGISTER]), outside, 'control: it is needed')
    }
    t.match(diagnose([]), { status: 0, suspects: [] }, 'nothing refused')

    // register sees through the others by itself.
    const isEnough = name !== 'invent'
    const before = diagnose(NETLINK, [...guard, ...REGISTER])
    t.match(before, { status: 1, active: { register: true }, replaced: isEnough })
    t.equal(before.remedies[0].change.startsWith('OSH_IFADDRS_MODE=always node -r '), !isEnough)
    const NODE_OPTIONS = `-r osh-ifaddrs/register -r ${guard[1]}`
    const after = diagnose(NETLINK, [], { NODE_OPTIONS })
    t.match(after, { status: 1, active: { register: true }, replaced: isEnough })
    if (name === 'invent')
      t.match(after.remedies[0], { text: /^Load register last/, change: null, tested: false })
    const always = { NODE_OPTIONS, OSH_IFADDRS_MODE: 'always' }
    const replaced = diagnose(NETLINK, [], always).replaced
    t.equal(replaced, isEnough, 'nothing helps against a list that is invented after register')
    // The preload library makes the native function work, which only one of them does not call.
    const preloaded = diagnose(NETLINK, guard, { LD_PRELOAD: preloadPath })
    t.match(preloaded, { status: 1, replaced: name !== 'invent' })
    const env = { OSH_IFADDRS_MODE: 'always' }
    t.match(diagnose(NETLINK, [...guard, ...REGISTER], env), { status: 1, replaced: true })
  })
}
