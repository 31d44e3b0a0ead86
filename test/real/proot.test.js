'use strict'

// proot, which traces the programs that it runs. It refuses no netlink, so the doctor must not blame it for what a
// sandbox around it refuses.
//
// The sandbox is firejail, which writes its filters itself: proot 5.1 gives calls that it skips the number -1, for
// which the filters of libseccomp kill the program. Android's refusals, in place of which newer versions of Termux's
// proot reply, cannot be had here.

const t = require('tap')
const { remedyFor } = require('../support/advice')
const { REPORT, diagnose } = require('../support/doctor')
const { PROBE, makeProbeNamespace } = require('../support/probe')
const { requirements, skipWithout } = require('../support/requirements')

skipWithout(t, 'proot')

const { ns, outside, runProbe } = makeProbeNamespace(t, 'proot')

/** @type {string[][]} */
const variants = [[], ['-0'], ['-r', '/', '-b', '/proc']]
for (const options of variants) {
  t.test(['proot', ...options].join(' '), async (t) => {
    const proot = ['proot', ...options]
    t.strictSame(runProbe(t, [...proot, ...PROBE], { cwd: '/' }).native, outside)
    const report = diagnose(t, ns, [...proot, ...REPORT])
    t.match(report, { status: 0, native: { works: true }, evidence: { tracer: /^proot/ } })
    t.strictSame([report.mechanism, report.suspects], [null, []])
  })
}

t.test('in firejail', { skip: requirements('users', 'firejail') }, async (t) => {
  const firejail = (...options) => ['firejail', '--quiet', '--noprofile', ...options, 'proot']
  const withoutNetlink = firejail('--protocol=unix,inet,inet6')

  const before = diagnose(t, ns, [...withoutNetlink, ...REPORT])
  t.match(before, { status: 1, native: { code: 'EOPNOTSUPP' }, evidence: { tracer: /^proot/ } })
  t.match(before.suspects[0], { name: 'firejail', certainty: 'high' })
  t.notOk(
    before.remedies.some(({ owner }) => owner === 'proot'),
    'there is no advice for proot'
  )
  const { change } = remedyFor(t, before, 'firejail')
  const after = diagnose(t, ns, [...firejail(change), ...REPORT])
  t.match(after, { status: 0, evidence: { seccomp: 2 }, suspects: [] })
})
