'use strict'

// gVisor with the host's network. Its netlink works; a seccomp profile inside refuses it. What its sockets and
// its /proc answer differs from Linux: see src/kernel/netdevice.h and src/sources/procfs_parse.c. sandboxes.test.js has
// the profiles with which nothing is missing.
//
// `osh-ifaddrs doctor` must name gVisor; the tests apply its change to the profile, after which the native function
// must work.

const os = require('node:os')
const t = require('tap')
const { remedyFor } = require('../support/advice')
const { REPORT, parseReport } = require('../support/doctor')
const { inGvisor, listSystemCalls } = require('../support/oci')
const { OPEN, PROBE, makeProbeNamespace } = require('../support/probe')
const { skipWithout } = require('../support/requirements')

const { EPERM } = os.constants.errno
const FAMILIES = { netlink: 16, inet: 2, inet6: 10 }

skipWithout(t, 'runsc')

// gVisor lists no labels, and has no route that tells two prefix lengths of one network apart.
const { ns, outside, runProbe } = makeProbeNamespace(t, 'gvisor', {
  links: [
    'link set lo up',
    'addr add 10.0.0.1/20 dev d0',
    'addr add 10.0.0.2/20 dev d0',
    'addr add 10.1.0.1/30 dev d1',
    'addr add fd00::1/64 dev d0'
  ],
  keys: ['d0', 'd1', 'lo']
})

/** The command that runs a program in gVisor with a profile of these rules, until the end of the test. */
function withRules(t, args, syscalls, defaultAction = 'SCMP_ACT_ALLOW') {
  const seccomp = { defaultAction, defaultErrnoRet: EPERM, syscalls }
  return inGvisor(t, { netns: ns.name, args, seccomp })
}

const isFamily = (name) => ({ index: 0, value: FAMILIES[name], op: 'SCMP_CMP_EQ' })
const refuse = (call, ...args) => ({
  names: [call],
  action: 'SCMP_ACT_ERRNO',
  errnoRet: EPERM,
  args
})

t.test('netlink, IPv4 and IPv6 refused', async (t) => {
  const rules = Object.keys(FAMILIES).map((family) => refuse('socket', isFamily(family)))
  const found = runProbe(t, withRules(t, PROBE, rules), { cwd: '/' })
  t.equal(found.native, EPERM, 'the native function fails')
  t.strictSame(found.ours, outside)
  t.strictSame(found.patched, outside)
  t.strictSame(found.missing, ['links'], 'a UNIX socket does not report whether a link is up')
})

t.test('the doctor', async (t) => {
  const diagnose = (t, ...profile) => {
    const command = withRules(t, REPORT, ...profile)
    return parseReport(t, ns.exec('env', command, { launch: OPEN, cwd: '/' }))
  }
  const checkRefused = (t, syscall, ...profile) => {
    const report = diagnose(t, ...profile)
    t.match(report, {
      status: 1,
      native: { code: 'EPERM' },
      refusedCall: { syscall, errno: EPERM, code: 'EPERM' }
    })
    t.match(report.suspects[0], { name: 'gVisor', certainty: 'high' })
    return report
  }
  const checkFixed = (t, ...profile) =>
    t.match(diagnose(t, ...profile), { status: 0, native: { works: true }, refusedCall: null })

  await t.test('a profile that refuses by default', async (t) => {
    const others = listSystemCalls().filter((name) => name !== 'socket')
    const isOther = { ...isFamily('netlink'), op: 'SCMP_CMP_NE' }
    const allow = (names, ...args) => ({ names, action: 'SCMP_ACT_ALLOW', args })
    const rules = [allow(others), allow(['socket'], isOther)]
    const report = checkRefused(t, 'socket(AF_NETLINK)', rules, 'SCMP_ACT_ERRNO')
    const { change } = remedyFor(t, report, 'gVisor', 0)
    checkFixed(t, [...rules, JSON.parse(change)], 'SCMP_ACT_ERRNO')
  })

  await t.test('a profile that refuses netlink', async (t) => {
    const refuseNetlink = (...more) => [refuse('socket', isFamily('netlink'), ...more)]
    const report = checkRefused(t, 'socket(AF_NETLINK)', refuseNetlink())
    const { change } = remedyFor(t, report, 'gVisor', 1)
    checkFixed(t, refuseNetlink(JSON.parse(change)))
  })

  await t.test('nothing refused', async (t) => {
    t.match(diagnose(t, []), { status: 0, suspects: [], remedies: [], refusedCall: null })
  })
})
