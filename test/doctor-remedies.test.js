'use strict'

// Third-party sandboxes: the doctor names each. Each test then follows its advice exactly, after which the
// native function must work. systemd, snap and Android cannot run here; test/docs.test.js imitates systemd's
// filter.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { launcher, projectRoot, requirements } = require('./support/namespace')
const { makeNamespace } = require('./support/sandbox')
const { makeBundle } = require('./support/oci')

const { EPERM } = os.constants.errno
const NODE = process.execPath
const DOCTOR = [NODE, path.join(projectRoot, 'lib/command-line/cli.js'), 'doctor', '--json']
const OPEN = ['--user', 'keep', '--no-landlock']

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

const ns = makeNamespace(t, 'remedies')

/** Runs a command that runs the doctor, and returns the report. */
function diagnose(t, command, options) {
  const result = ns.exec('env', command, { launch: OPEN, ...options })
  t.equal(result.stderr, '')
  const report = JSON.parse(result.stdout)
  t.equal(result.status, report.status)
  return report
}

function adviceFor(t, report, owner) {
  const advice = report.remedies.find((remedy) => remedy.owner === owner)
  t.type(advice?.change, 'string', `the report has advice for ${owner}`)
  return advice.change
}

const makeTemporaryFolder = (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'osh-remedies-'))
  fs.chmodSync(directory, 0o755)
  t.teardown(() => fs.rmSync(directory, { recursive: true, force: true }))
  return directory
}

t.test('firejail', async (t) => {
  const firejail = ['firejail', '--quiet', '--noprofile']
  const before = diagnose(t, [...firejail, '--protocol=unix,inet,inet6', ...DOCTOR])
  t.match(before, { status: 1, native: { code: 'EOPNOTSUPP' } })
  t.match(before.suspects[0], { name: 'firejail', certainty: 'high' })
  const after = diagnose(t, [...firejail, adviceFor(t, before, 'firejail'), ...DOCTOR])
  t.match(after, { status: 0, evidence: { seccomp: 2 } }, 'a filter is still in force')
})

/** Returns the names of all system calls in this machine's headers. */
function listSystemCalls() {
  const args = ['-dM', '-E', '-x', 'c', '-include', 'sys/syscall.h', '/dev/null']
  const { stdout } = spawnSync('gcc', args, { encoding: 'utf8' })
  return [...stdout.matchAll(/^#define __NR_(\w+) /gm)].map(([, name]) => name)
}

t.test('an OCI container', async (t) => {
  const prefix = path.dirname(path.dirname(fs.realpathSync(NODE)))
  const paths = prefix === '/usr' ? [projectRoot] : [projectRoot, prefix]
  const diagnoseContainer = (t, seccomp) => {
    const bundle = makeTemporaryFolder(t)
    const id = path.basename(bundle)
    makeBundle(bundle, { netns: ns.name, args: DOCTOR, paths, errno: EPERM, seccomp })
    t.teardown(() => ns.exec('runc', ['delete', '--force', id], { launch: OPEN }))
    return diagnose(t, ['runc', 'run', '--bundle', bundle, id], { cwd: '/' })
  }
  const isNetlink = { index: 0, value: 16, op: 'SCMP_CMP_EQ' }

  await t.test('whose profile refuses by default', async (t) => {
    const others = listSystemCalls().filter((name) => name !== 'socket')
    t.ok(others.length > 200, 'the system calls are found')
    const profile = {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: EPERM,
      syscalls: [
        { names: others, action: 'SCMP_ACT_ALLOW' },
        {
          names: ['socket'],
          action: 'SCMP_ACT_ALLOW',
          args: [{ ...isNetlink, op: 'SCMP_CMP_NE' }]
        }
      ]
    }
    const before = diagnoseContainer(t, profile)
    t.match(before, { status: 1, native: { code: 'EPERM' }, mechanism: { name: 'seccomp' } })
    // runc leaves no mark of a container in it; the rule is the same wherever it is found.
    const { OCI_RULE } = require('../lib/doctor/remedies')
    const after = diagnoseContainer(t, { ...profile, syscalls: [...profile.syscalls, OCI_RULE] })
    t.match(after, { status: 0, evidence: { seccomp: 2 } })
  })

  await t.test('whose profile refuses netlink', async (t) => {
    const rule = (...more) => ({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        { names: ['socket'], action: 'SCMP_ACT_ERRNO', errnoRet: EPERM, args: [isNetlink, ...more] }
      ]
    })
    t.match(diagnoseContainer(t, rule()), { status: 1, native: { code: 'EPERM' } })
    const after = diagnoseContainer(t, rule({ index: 2, value: 0, op: 'SCMP_CMP_NE' }))
    t.match(after, { status: 0, evidence: { seccomp: 2 } })
  })
})

t.test('a filter that allows NETLINK_ROUTE alone, as OpenShell’s does', async (t) => {
  const filter = path.join(makeTemporaryFolder(t), 'filter')
  const bwrap = 'bwrap --unshare-all --share-net --ro-bind / / --proc /proc --dev /dev --seccomp 9'
  const inBwrap = (exception, ...command) => {
    const script = `"$1" ${EPERM} ${exception} >"$2"; exec 9<"$2"; shift 2; exec "$@"`
    const filterProgram = path.join(path.dirname(launcher), 'filter')
    return ['sh', '-eu', '-c', script, 'sh', filterProgram, filter, ...bwrap.split(' '), ...command]
  }
  const inOpenShell = { env: { OPENSHELL_SANDBOX: '1' } }
  const before = diagnose(t, inBwrap('', ...DOCTOR), inOpenShell)
  t.match(before, { status: 1, native: { code: 'EPERM' } })
  t.match(before.suspects[0], { name: 'OpenShell', certainty: 'medium' })
  const advice = before.remedies.find(({ owner }) => owner === 'OpenShell')
  t.match(advice.text, 'is not NETLINK_ROUTE (0)')
  const after = diagnose(t, inBwrap('route', ...DOCTOR), inOpenShell)
  t.match(after, { status: 0, evidence: { seccomp: 2 }, suspects: [] })

  // The filter still refuses other protocols, such as NETLINK_GENERIC (16).
  const probe = 'print join " ", map { socket(my $s, 16, 3, $_) ? 0 : $!+0 } 0, 16'
  const { stdout } = ns.exec('env', inBwrap('route', 'perl', '-e', probe), {
    launch: OPEN
  })
  t.equal(stdout, `0 ${EPERM}`)
})
