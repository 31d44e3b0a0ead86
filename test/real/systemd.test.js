'use strict'

// Units of systemd that restrict address families or system calls. The native function must fail as users see
// it, and the drop-in that the doctor advises must be enough. sandboxes.test.js shows that this package answers there.

const os = require('node:os')
const t = require('tap')
const { remedyFor } = require('../support/advice')
const { REPORT, diagnose } = require('../support/doctor')
const { OPEN, makeProbeNamespace } = require('../support/probe')
const { skipWithout } = require('../support/requirements')
const { SYSTEMD, inUnit } = require('../support/systemd')

const { EAFNOSUPPORT } = os.constants.errno
const FAMILIES = 'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6'
const NO_NETLINK = 'RestrictAddressFamilies=~AF_NETLINK'

skipWithout(t, 'users', SYSTEMD)

const { ns } = makeProbeNamespace(t, 'systemd')

/**
 * @typedef {object} Case
 * @property {string[]} settings of the unit
 * @property {string} syscall the refused call
 * @property {string} code
 */

/** @type {Case[]} */
const cases = [
  ...[[FAMILIES], ['RestrictAddressFamilies=none'], [NO_NETLINK], ['User=nobody', FAMILIES]].map(
    (settings) => ({ settings, syscall: 'socket(AF_NETLINK)', code: 'EAFNOSUPPORT' })
  ),
  { settings: ['SystemCallFilter=~socket:EPERM'], syscall: 'socket(AF_NETLINK)', code: 'EPERM' },
  { settings: ['SystemCallFilter=~bind:EPERM'], syscall: 'bind(AF_NETLINK)', code: 'EPERM' },
  {
    settings: ['SystemCallFilter=~bind', 'SystemCallErrorNumber=EACCES'],
    syscall: 'bind(AF_NETLINK)',
    code: 'EACCES'
  },
  {
    settings: ['SystemCallFilter=~@network-io:EPERM'],
    syscall: 'socket(AF_NETLINK)',
    code: 'EPERM'
  },
  {
    settings: [
      'SystemCallFilter=@system-service',
      'SystemCallFilter=~@network-io',
      'SystemCallErrorNumber=EPERM'
    ],
    syscall: 'socket(AF_NETLINK)',
    code: 'EPERM'
  }
]

for (const { settings, syscall, code } of cases) {
  t.test(`advice for a unit with ${settings.join(', ')}`, async (t) => {
    const before = diagnose(t, ns, inUnit(t, settings, null, REPORT))
    t.match(before, { status: 1, native: { code }, refusedCall: { syscall, code } })
    t.equal(before.suspects[0].name, 'systemd')
    if (code === 'EAFNOSUPPORT') t.equal(before.suspects[0].certainty, 'high')
    const { text, change } = remedyFor(t, before, 'systemd')
    t.match(text, 'systemctl edit')
    const after = diagnose(t, ns, inUnit(t, settings, change, REPORT))
    t.match(after, { status: 0, suspects: [] })
  })
}

t.test('the drop-in opens only netlink', async (t) => {
  const sockets = 'print join " ", map { socket(my $socket, $_, 2, 0) ? 0 : $!+0 } 1, 2, 16, 17'
  const settings = ['RestrictAddressFamilies=AF_UNIX']
  const { change } = remedyFor(t, diagnose(t, ns, inUnit(t, settings, null, REPORT)), 'systemd')
  const command = inUnit(t, settings, change, ['perl', '-e', sockets])
  const { stdout } = ns.exec('env', command, { launch: OPEN, cwd: '/' })
  t.equal(stdout, `0 ${EAFNOSUPPORT} 0 ${EAFNOSUPPORT}`)
})
