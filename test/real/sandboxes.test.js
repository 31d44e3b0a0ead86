'use strict'

// firejail, bubblewrap and runc. In the sandboxes that they make, the native function must fail as users see it,
// and this package must answer what the native function answers outside. `osh-ifaddrs doctor` must name the
// sandbox; each test follows its advice exactly, after which the native function must work.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { launcher, projectRoot } = require('../support/namespace')
const { makeBundle } = require('../support/oci')
const { AS_USER, OPEN, PROBE, makeProbeNamespace } = require('../support/probe')
const { requirements, skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')

const { EACCES, EAFNOSUPPORT, EOPNOTSUPP, EPERM } = os.constants.errno
const NODE = process.execPath
const DOCTOR = [NODE, path.join(projectRoot, 'lib/command-line/cli.js'), 'doctor', '--json']

skipWithout(t)

const { ns, runProbe, checkAnswers, checkIPv4Only } = makeProbeNamespace(t, 'sandboxes')

/** Runs a command that runs the doctor, and returns the report. */
function diagnose(t, command, options) {
  const result = ns.exec('env', command, { launch: OPEN, ...options })
  t.equal(result.stderr, '')
  const report = JSON.parse(result.stdout)
  t.equal(result.status, report.status)
  return report
}

/** Returns the report's remedy for a suspect. */
function remedyFor(t, report, owner) {
  const remedy = report.remedies.find((remedy) => remedy.owner === owner)
  t.ok(remedy, `the report has advice for ${owner}`)
  return remedy
}

t.test('firejail', { skip: requirements('users', 'firejail') }, async (t) => {
  const firejail = ['firejail', '--quiet', '--noprofile']
  const withoutNetlink = [...firejail, '--protocol=unix,inet,inet6']

  await t.test('--protocol=unix,inet,inet6', async (t) => {
    checkAnswers(t, runProbe(t, [...withoutNetlink, ...PROBE]), EOPNOTSUPP, 'EOPNOTSUPP')
  })

  await t.test('advice', async (t) => {
    const before = diagnose(t, [...withoutNetlink, ...DOCTOR])
    t.match(before, { status: 1, native: { code: 'EOPNOTSUPP' } })
    t.match(before.suspects[0], { name: 'firejail', certainty: 'high' })
    const { change } = remedyFor(t, before, 'firejail')
    const after = diagnose(t, [...firejail, change, ...DOCTOR])
    t.match(after, { status: 0, evidence: { seccomp: 2 } }, 'a filter is still in force')
  })
})

t.test('bubblewrap', { skip: requirements('bwrap') }, async (t) => {
  const bwrap = 'bwrap --unshare-all --share-net --ro-bind / / --proc /proc --dev /dev --seccomp 9'
  const filterProgram = path.join(path.dirname(launcher), 'filter')

  /** The command that runs another in bubblewrap, as a user, under the filter of test/support/sandbox/filter.c. */
  const inBubblewrap = (t, filter, ...command) => {
    const file = path.join(makeTemporaryFolder(t), 'filter')
    const script = `"$1" ${filter} >"$2"; exec 9<"$2"; shift 2; exec "$@"`
    const start = ['sh', '-eu', '-c', script, 'sh', filterProgram, file, ...AS_USER]
    return [...start, ...bwrap.split(' '), ...command]
  }

  await t.test('with a filter that refuses netlink', async (t) => {
    for (const [code, errno] of Object.entries({ EPERM, EACCES })) {
      checkAnswers(t, runProbe(t, inBubblewrap(t, errno, ...PROBE)), errno, code)
    }
  })

  await t.test('advice for OpenShell, whose filter is like this one', async (t) => {
    const inOpenShell = { env: { OPENSHELL_SANDBOX: '1' } }
    const before = diagnose(t, inBubblewrap(t, EPERM, ...DOCTOR), inOpenShell)
    t.match(before, { status: 1, native: { code: 'EPERM' } })
    t.match(before.suspects[0], { name: 'OpenShell', certainty: 'medium' })
    t.match(remedyFor(t, before, 'OpenShell').text, 'is not NETLINK_ROUTE (0)')
    const exceptRoute = `${EPERM} route`
    const after = diagnose(t, inBubblewrap(t, exceptRoute, ...DOCTOR), inOpenShell)
    t.match(after, { status: 0, evidence: { seccomp: 2 }, suspects: [] })

    // The filter still refuses other protocols, such as NETLINK_GENERIC (16).
    const probe = 'print join " ", map { socket(my $s, 16, 3, $_) ? 0 : $!+0 } 0, 16'
    const { stdout } = ns.exec('env', inBubblewrap(t, exceptRoute, 'perl', '-e', probe), {
      launch: OPEN
    })
    t.equal(stdout, `0 ${EPERM}`)
  })
})

/** Returns the names of all system calls in this machine's headers. */
function listSystemCalls() {
  const args = ['-dM', '-E', '-x', 'c', '-include', 'sys/syscall.h', '/dev/null']
  const { stdout } = spawnSync('gcc', args, { encoding: 'utf8' })
  return [...stdout.matchAll(/^#define __NR_(\w+) /gm)].map(([, name]) => name)
}

t.test('an OCI container by runc', { skip: requirements('users', 'runc') }, async (t) => {
  const prefix = path.dirname(path.dirname(fs.realpathSync(NODE)))
  const paths = prefix === '/usr' ? [projectRoot] : [projectRoot, prefix]

  /** The command that runs a program in a new container, until the end of the test. */
  const inContainer = (t, args, options) => {
    const bundle = makeTemporaryFolder(t)
    const id = path.basename(bundle)
    makeBundle(bundle, { netns: ns.name, args, paths, errno: EPERM, ...options })
    t.teardown(() => ns.exec('runc', ['delete', '--force', id], { launch: OPEN }))
    return ['runc', 'run', '--bundle', bundle, id]
  }
  const probe = (t, options) => runProbe(t, inContainer(t, PROBE, options), { cwd: '/' })

  await t.test('whose seccomp profile answers EPERM', async (t) => {
    checkAnswers(t, probe(t, { errno: EPERM }), EPERM, 'EPERM')
  })
  await t.test('whose seccomp profile answers EAFNOSUPPORT, as systemd does', async (t) => {
    checkAnswers(t, probe(t, { errno: EAFNOSUPPORT }), EAFNOSUPPORT, 'EAFNOSUPPORT')
  })
  await t.test('that masks /proc/net, but not that of the thread', async (t) => {
    checkAnswers(t, probe(t, { maskedPaths: ['/proc/net'] }), EPERM, 'EPERM')
  })
  await t.test('that also masks the net directory of the thread', async (t) => {
    checkIPv4Only(t, probe(t, { maskedPaths: ['/proc/net', '/proc/thread-self/net'] }))
  })

  // runc leaves no mark in a container. Podman, which calls it, sets this variable.
  const PODMAN = ['container=podman']
  const isNetlink = { index: 0, value: 16, op: 'SCMP_CMP_EQ' }

  const adviceIn = (t, seccomp) => {
    const report = diagnose(t, inContainer(t, DOCTOR, { env: PODMAN, seccomp }), { cwd: '/' })
    t.match(report, { status: 1, native: { code: 'EPERM' }, mechanism: { name: 'seccomp' } })
    t.match(report.suspects[0], { name: 'container', certainty: 'medium' })
    return remedyFor(t, report, 'container')
  }
  const checkFixed = (t, seccomp) => {
    const report = diagnose(t, inContainer(t, DOCTOR, { env: PODMAN, seccomp }), { cwd: '/' })
    t.match(report, { status: 0, evidence: { seccomp: 2 } })
  }

  await t.test('advice for a profile that refuses by default', async (t) => {
    const others = listSystemCalls().filter((name) => name !== 'socket')
    t.ok(others.length > 200, 'the system calls are found')
    const isOther = { ...isNetlink, op: 'SCMP_CMP_NE' }
    const syscalls = [
      { names: others, action: 'SCMP_ACT_ALLOW' },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [isOther] }
    ]
    const profile = { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: EPERM, syscalls }
    const { text, change } = adviceIn(t, profile)
    t.match(text, 'If the seccomp profile refuses socket by default, add this to "syscalls".')
    checkFixed(t, { ...profile, syscalls: [...syscalls, JSON.parse(change)] })
  })

  await t.test('advice for a profile that refuses netlink', async (t) => {
    const refusing = (...more) => ({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        { names: ['socket'], action: 'SCMP_ACT_ERRNO', errnoRet: EPERM, args: [isNetlink, ...more] }
      ]
    })
    const { text } = adviceIn(t, refusing())
    t.match(text, 'add a condition to that rule: the argument with index 2 is not 0.')
    checkFixed(t, refusing({ index: 2, value: 0, op: 'SCMP_CMP_NE' }))
  })

  await t.test('without a mark, the doctor advises on the filter', async (t) => {
    const report = diagnose(t, inContainer(t, DOCTOR), { cwd: '/' })
    t.match(report, { status: 1, mechanism: { name: 'seccomp' }, suspects: [] })
    t.match(remedyFor(t, report, 'seccomp').text, 'is not NETLINK_ROUTE (0)')
  })
})
