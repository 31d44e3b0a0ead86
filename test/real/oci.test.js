'use strict'

// Containers by runc and crun, which Docker, Podman and Kubernetes call. In them the native function must fail as
// users see it, and this package must answer what the native function answers outside. Each test of advice
// changes the seccomp profile exactly as the doctor says, after which the native function must work.

const os = require('node:os')
const t = require('tap')
const { remedyFor } = require('../support/advice')
const { REPORT, TRY_PROTOCOLS, checkOnlyRoute, diagnose } = require('../support/doctor')
const { inOci, listSystemCalls } = require('../support/oci')
const { PROBE, makeProbeNamespace } = require('../support/probe')
const { requirements, skipWithout } = require('../support/requirements')

const { EAFNOSUPPORT, ENOSYS, EPERM } = os.constants.errno

skipWithout(t, 'users', 'gcc')

const { ns, runProbe, checkAnswers, checkIPv4Only } = makeProbeNamespace(t, 'oci')

const IS_NETLINK = { index: 0, value: 16, op: 'SCMP_CMP_EQ' }

const SYSTEM_CALLS = listSystemCalls()

/** @param {string} call */
const allOthers = (call) => ({
  names: SYSTEM_CALLS.filter((name) => name !== call),
  action: 'SCMP_ACT_ALLOW'
})

/**
 * Profiles whose default action refuses.
 *
 * @type {Record<string, (errno: number, ...more: object[]) => object>}
 */
const refuseByDefault = {
  socket: (errno, ...more) => ({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: errno,
    syscalls: [
      allOthers('socket'),
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ ...IS_NETLINK, op: 'SCMP_CMP_NE' }] },
      ...more
    ]
  }),
  bind: (errno, ...more) => ({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: errno,
    syscalls: [allOthers('bind'), ...more]
  })
}

/**
 * @param {number} errno
 * @param {object[]} more conditions
 */
const refuseByRule = (errno, ...more) => ({
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [
    { names: ['socket'], action: 'SCMP_ACT_ERRNO', errnoRet: errno, args: [IS_NETLINK, ...more] }
  ]
})

// Neither leaves a mark in a container. Podman, which calls them, sets this variable.
const PODMAN = ['container=podman']

for (const runtime of ['runc', 'crun']) {
  t.test(`a container by ${runtime}`, { skip: requirements(runtime) }, async (t) => {
    const inContainer = (t, args, options) =>
      inOci(t, runtime, { netns: ns.name, args, ...options })
    const probe = (t, options) => runProbe(t, inContainer(t, PROBE, options), { cwd: '/' })

    await t.test('whose seccomp profile answers EPERM', async (t) => {
      checkAnswers(t, probe(t, { errno: EPERM }), EPERM, 'EPERM')
    })
    await t.test('whose seccomp profile answers EAFNOSUPPORT, as systemd does', async (t) => {
      checkAnswers(t, probe(t, { errno: EAFNOSUPPORT }), EAFNOSUPPORT, 'EAFNOSUPPORT')
    })
    await t.test('that masks /proc/net, but not that of the thread', async (t) => {
      checkAnswers(t, probe(t, { errno: EPERM, maskedPaths: ['/proc/net'] }), EPERM, 'EPERM')
    })
    await t.test('that also masks the net directory of the thread', async (t) => {
      const maskedPaths = ['/proc/net', '/proc/thread-self/net']
      checkIPv4Only(t, probe(t, { errno: EPERM, maskedPaths }))
    })

    const diagnoseIn = (t, seccomp) =>
      diagnose(t, ns, inContainer(t, REPORT, { env: PODMAN, seccomp }))

    /** Asserts that a profile refuses a call, and returns what the doctor says about the container. */
    const advise = (t, seccomp, refusedCall, place) => {
      const report = diagnoseIn(t, seccomp)
      const native = { code: refusedCall.code }
      t.match(report, { status: 1, native, refusedCall, mechanism: { name: 'seccomp' } })
      t.match(report.suspects[0], { name: 'container', certainty: 'medium' })
      return remedyFor(t, report, 'container', place)
    }
    const checkFixed = (t, seccomp) => {
      t.match(diagnoseIn(t, seccomp), { status: 0, evidence: { seccomp: 2 }, suspects: [] })
    }

    for (const [code, errno] of Object.entries({ EPERM, ENOSYS })) {
      await t.test(`advice for a profile that by default answers ${code}`, async (t) => {
        const call = { syscall: 'socket(AF_NETLINK)', code }
        const { text, change } = advise(t, refuseByDefault.socket(errno), call)
        t.match(text, /by default.*"syscalls"/)
        const fixed = refuseByDefault.socket(errno, JSON.parse(change))
        checkFixed(t, fixed)
        checkOnlyRoute(t, ns, inContainer(t, TRY_PROTOCOLS, { seccomp: fixed }), errno)
      })

      await t.test(`advice for a rule that answers ${code}`, async (t) => {
        const call = { syscall: 'socket(AF_NETLINK)', code }
        const { text, change } = advise(t, refuseByRule(errno), call, 1)
        t.match(text, /rule.*"args"/)
        const fixed = refuseByRule(errno, JSON.parse(change))
        checkFixed(t, fixed)
        checkOnlyRoute(t, ns, inContainer(t, TRY_PROTOCOLS, { seccomp: fixed }), errno)
      })

      await t.test(`advice for a profile that answers ${code} only to bind`, async (t) => {
        const call = { syscall: 'bind(AF_NETLINK)', code }
        const { change } = advise(t, refuseByDefault.bind(errno), call)
        checkFixed(t, refuseByDefault.bind(errno, JSON.parse(change)))
      })
    }

    await t.test('without a mark, the doctor advises on the filter', async (t) => {
      const report = diagnose(t, ns, inContainer(t, REPORT, { errno: EPERM }))
      t.match(report, { status: 1, mechanism: { name: 'seccomp' }, suspects: [] })
      t.match(remedyFor(t, report, 'seccomp').text, 'is not NETLINK_ROUTE (0)')
    })
  })
}
