'use strict'

// firejail, as each of its options makes os.networkInterfaces() fail. `osh-ifaddrs doctor` must name firejail and
// the refused call; each test does what it advises, on the command line and in a profile, after which the native
// function must work.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { remedyFor } = require('../support/advice')
const { makeDoctor } = require('../support/doctor')
const { DENY_NETLINK, PROBE, makeProbeNamespace } = require('../support/probe')
const { skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')

const { EOPNOTSUPP } = os.constants.errno
const FIREJAIL = ['firejail', '--quiet']
const WITHOUT_NETLINK = '--protocol=unix,inet,inet6'

skipWithout(t, 'users', 'firejail')

const { ns, runProbe, checkAnswers } = makeProbeNamespace(t, 'firejail')
const { diagnose, explain } = makeDoctor(ns)
const withOptions = (...options) => [...FIREJAIL, '--noprofile', ...options]

/** The command that starts firejail with a profile of these lines. */
function withProfile(t, ...lines) {
  const file = path.join(makeTemporaryFolder(t), 'test.profile')
  fs.writeFileSync(file, `${lines.join('\n')}\n`)
  return [...FIREJAIL, `--profile=${file}`]
}

/** What an option is called in a profile. */
function toLine(option) {
  return option.replace(/^--/, '').replace('=', ' ')
}

/** Asserts that the native function works, although a filter is in force. */
function checkFixed(t, sandbox, message) {
  t.match(diagnose(t, sandbox), { status: 0, evidence: { seccomp: 2 }, refusedCall: null }, message)
}

t.test('--protocol', async (t) => {
  checkAnswers(
    t,
    runProbe(t, [...withOptions(WITHOUT_NETLINK), ...PROBE]),
    EOPNOTSUPP,
    'EOPNOTSUPP'
  )
  const before = diagnose(t, withOptions(WITHOUT_NETLINK))
  t.match(before, {
    status: 1,
    native: { code: 'EOPNOTSUPP' },
    refusedCall: { syscall: 'socket(AF_NETLINK)', errno: EOPNOTSUPP, code: 'EOPNOTSUPP' },
    listen: null
  })
  t.match(before.suspects[0], { name: 'firejail', certainty: 'high' })
  const { change } = remedyFor(t, before, 'firejail')
  checkFixed(t, withOptions(change), 'instead of the option')
  checkFixed(t, withOptions(WITHOUT_NETLINK, change), 'after the option')
  checkFixed(t, withProfile(t, toLine(change)), 'in the profile')
  const profile = withProfile(t, toLine(WITHOUT_NETLINK))
  t.match(diagnose(t, profile), { status: 1, native: { code: 'EOPNOTSUPP' } }, 'control')
  checkFixed(t, [...profile, change], 'beside the profile')
})

for (const call of ['socket', 'bind', 'getsockname', 'sendto', 'recvmsg']) {
  t.test(`--seccomp.drop=${call}`, async (t) => {
    const drop = (calls) => `--seccomp.drop=${calls.join()}`
    const dropped = ['mount', call]
    const before = diagnose(t, withOptions(drop(dropped)))
    t.match(before, {
      status: 1,
      native: { code: 'EPERM' },
      refusedCall: { syscall: new RegExp(`^${call}\\b`), code: 'EPERM' },
      listen: ['socket', 'bind'].includes(call) ? { code: 'EPERM' } : null
    })
    t.match(before.suspects[0], { name: 'firejail', certainty: 'high' })
    const { text } = remedyFor(t, before, 'firejail')
    const [, advised] = text.match(/Remove (\w+) from --seccomp\.drop/) ?? []
    const others = dropped.filter((name) => name !== advised)
    checkFixed(t, withOptions(drop(others)), 'as an option')
    t.match(diagnose(t, withProfile(t, toLine(drop(dropped)))), { status: 1 }, 'control')
    checkFixed(t, withProfile(t, toLine(drop(others))), 'in the profile')
  })
}

t.test('--seccomp-error-action: with another errno, too', async (t) => {
  for (const code of ['ENOSYS', 'EACCES']) {
    const sandbox = withOptions('--seccomp.drop=socket', `--seccomp-error-action=${code}`)
    const report = diagnose(t, sandbox)
    t.match(report, { status: 1, refusedCall: { syscall: 'socket(AF_NETLINK)', code } })
    t.equal(report.suspects[0]?.name, 'firejail')
    t.match(remedyFor(t, report, 'firejail').text, 'Remove socket from --seccomp.drop')
  }
})

// --seccomp.drop sees no families: a server could not listen either.
t.test('another filter inside, which refuses only netlink', async (t) => {
  const report = diagnose(t, [...withOptions(), ...DENY_NETLINK])
  t.match(report, { status: 1, refusedCall: { syscall: 'socket(AF_NETLINK)' }, listen: null })
  t.strictSame(
    report.remedies.filter(({ owner }) => owner === 'firejail'),
    [],
    'no change that would not help'
  )
  t.match(remedyFor(t, report, 'seccomp').text, 'is not NETLINK_ROUTE (0)')
})

t.test('--net=none: only lo exists', async (t) => {
  const sandbox = withOptions('--net=none')
  const report = diagnose(t, sandbox)
  t.match(report, { status: 0, native: { works: true }, refusedCall: null, listen: null })
  t.match(report.suspects[0], { name: 'firejail', certainty: 'high' })
  const text = explain(sandbox)
  t.match(text, 'only lo')
  t.match(text, 'no other link')
  t.notMatch(explain(withOptions()), 'only lo', 'control')
})
