'use strict'

// LXC, with a seccomp profile that refuses netlink. The native function must fail as users see it, and the doctor's
// advice must fix the profile. sandboxes.test.js shows that this package answers there.

const os = require('node:os')
const t = require('tap')
const { remedyFor } = require('../support/advice')
const { inControlGroup } = require('../support/control-group')
const { REPORT, TRY_PROTOCOLS, checkOnlyRoute, diagnose } = require('../support/doctor')
const { makeContainer } = require('../support/lxc')
const { AS_USER, makeProbeNamespace } = require('../support/probe')
const { skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')

const { EPERM } = os.constants.errno
const NO_NETLINK = `socket errno ${EPERM} [0,16,SCMP_CMP_EQ]`

skipWithout(t, 'users', 'lxc-execute')

const { ns } = makeProbeNamespace(t, 'lxc')

/** The command that runs a program in a new container, until the end of the test. */
function inContainer(t, rule, args) {
  return inControlGroup(t, 'lxc', makeContainer(makeTemporaryFolder(t), [rule], args))
}

/** @type {Record<string, string[]>} */
const programs = {
  'a program of root': REPORT,
  "a user's program": [...AS_USER, ...REPORT],
  'a program without the variables of LXC': ['env', '--unset=container', ...REPORT]
}
for (const [name, doctor] of Object.entries(programs)) {
  t.test(`advice for ${name}`, async (t) => {
    const before = diagnose(t, ns, inContainer(t, NO_NETLINK, doctor))
    const refusedCall = { syscall: 'socket(AF_NETLINK)', code: 'EPERM' }
    t.match(before, { status: 1, native: { code: 'EPERM' }, refusedCall })
    t.match(before.suspects[0], { name: 'LXC', certainty: 'high' })
    const { change } = remedyFor(t, before, 'LXC')
    const after = diagnose(t, ns, inContainer(t, change, doctor))
    t.match(after, { status: 0, evidence: { seccomp: 2 }, suspects: [] })
    checkOnlyRoute(t, ns, inContainer(t, change, TRY_PROTOCOLS), EPERM)
  })
}
