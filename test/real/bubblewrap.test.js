'use strict'

// bubblewrap: with a filter that refuses netlink the native function must fail as users see it, and this package must
// answer what it answers outside; in a network namespace of bubblewrap's both see only lo. `osh-ifaddrs doctor` must
// tell these apart; the tests do what it advises, after which the native function must work.

const os = require('node:os')
const t = require('tap')
const { remedyFor } = require('../support/advice')
const { BWRAP, withFilter } = require('../support/bubblewrap')
const { makeDoctor } = require('../support/doctor')
const { OPEN, PROBE, makeProbeNamespace } = require('../support/probe')
const { skipWithout } = require('../support/requirements')

const { EACCES, EPERM } = os.constants.errno

skipWithout(t, 'bwrap')

const { ns, outside, runProbe, checkAnswers } = makeProbeNamespace(t, 'bubblewrap')
const { diagnose, explain } = makeDoctor(ns)

t.test('a filter that refuses netlink', async (t) => {
  for (const [code, errno] of Object.entries({ EPERM, EACCES })) {
    const refusing = withFilter(t, `${errno}`)
    checkAnswers(t, runProbe(t, [...refusing, ...PROBE]), errno, code)

    const before = diagnose(t, refusing)
    t.match(before, {
      status: 1,
      native: { code },
      mechanism: { name: 'seccomp', certainty: 'high' },
      refusedCall: { syscall: 'socket(AF_NETLINK)', errno, code },
      listen: null
    })
    t.match(before.suspects[0], { name: 'bubblewrap', certainty: 'medium' })
    t.match(remedyFor(t, before, 'bubblewrap').text, /--seccomp.* is not NETLINK_ROUTE \(0\)/)
    const advised = withFilter(t, `${errno} route`)
    t.match(diagnose(t, advised), { status: 0, evidence: { seccomp: 2 }, suspects: [] })

    // The filter still refuses other protocols, such as NETLINK_GENERIC (16).
    const probe = 'print join " ", map { socket(my $s, 16, 3, $_) ? 0 : $!+0 } 0, 16'
    const { stdout } = ns.exec('env', [...advised, 'perl', '-e', probe], { launch: OPEN })
    t.equal(stdout, `0 ${errno}`)
  }
})

t.test('OpenShell, whose filter is like this one', async (t) => {
  const inOpenShell = { env: { OPENSHELL_SANDBOX: '1' } }
  const report = diagnose(t, withFilter(t, `${EPERM}`), inOpenShell)
  t.match(
    report.remedies.find(({ owner }) => owner === 'OpenShell')?.text,
    'is not NETLINK_ROUTE (0)'
  )
  t.match(diagnose(t, withFilter(t, `${EPERM} route`), inOpenShell), { status: 0, suspects: [] })
})

t.test('a network namespace of its own: only lo exists', async (t) => {
  for (const option of ['--unshare-all', '--unshare-net']) {
    const sandbox = [...BWRAP, option]
    const found = runProbe(t, [...sandbox, ...PROBE])
    t.strictSame(Object.keys(found.native), ['lo'], option)
    t.strictSame(found.ours, found.native)

    const report = diagnose(t, sandbox)
    t.match(report, { status: 0, native: { works: true }, refusedCall: null, listen: null })
    // Without a process namespace, only the parent is bubblewrap.
    t.match(report.suspects[0], { name: 'bubblewrap', certainty: 'high' }, option)
    const text = explain(sandbox)
    t.match(text, 'only lo')
    t.match(text, 'no other link to report')
  }
  const shared = [...BWRAP, '--unshare-all', '--share-net']
  t.strictSame(runProbe(t, [...shared, ...PROBE]).native, outside, 'the namespace is the cause')
  t.match(diagnose(t, shared), { status: 0, suspects: [] }, 'control')
})
