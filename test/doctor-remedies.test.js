'use strict'

// Sandboxes of others: the doctor names each, and what it advises is done to the letter, after which the
// native function works there. systemd, snap and Android do not run here; test/docs.test.js has systemd's
// families refused by a filter as systemd makes it.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { launcher, projectRoot, requirements } = require('./support/namespace')
const { makeNamespace } = require('./support/cage')
const { makeBundle } = require('./support/oci')

const { EPERM } = os.constants.errno
const NODE = process.execPath
const DOCTOR = [NODE, path.join(projectRoot, 'lib/command-line/cli.js'), 'doctor', '--json']
const OPEN = ['--user', 'keep', '--no-landlock']
// tap's own options end a caged node.

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

const ns = makeNamespace(t, 'remedies')

/** What the doctor reports where `words` run it. */
function ask(t, words, options) {
  const result = ns.exec('env', words, { launch: OPEN, ...options })
  t.equal(result.stderr, '')
  const report = JSON.parse(result.stdout)
  t.equal(result.status, report.status)
  return report
}

function adviceFor(t, report, owner) {
  const advice = report.remedies.find((remedy) => remedy.owner === owner)
  t.type(advice?.change, 'string', `there is advice for ${owner}`)
  return advice.change
}

const temporary = (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'osh-remedies-'))
  fs.chmodSync(directory, 0o755)
  t.teardown(() => fs.rmSync(directory, { recursive: true, force: true }))
  return directory
}

t.test('firejail', async (t) => {
  const firejail = ['firejail', '--quiet', '--noprofile']
  const before = ask(t, [...firejail, '--protocol=unix,inet,inet6', ...DOCTOR])
  t.match(before, { status: 1, native: { code: 'EOPNOTSUPP' } })
  t.match(before.suspects[0], { name: 'firejail', certainty: 'high' })
  const after = ask(t, [...firejail, adviceFor(t, before, 'firejail'), ...DOCTOR])
  t.match(after, { status: 0, evidence: { seccomp: 2 } }, 'a filter is still in force')
})

/** All system calls that this machine's headers know. */
function systemCalls() {
  const args = ['-dM', '-E', '-x', 'c', '-include', 'sys/syscall.h', '/dev/null']
  const { stdout } = spawnSync('gcc', args, { encoding: 'utf8' })
  return [...stdout.matchAll(/^#define __NR_(\w+) /gm)].map(([, name]) => name)
}

t.test('an OCI container', async (t) => {
  const prefix = path.dirname(path.dirname(fs.realpathSync(NODE)))
  const paths = prefix === '/usr' ? [projectRoot] : [projectRoot, prefix]
  const askContainer = (t, seccomp) => {
    const bundle = temporary(t)
    const id = path.basename(bundle)
    makeBundle(bundle, { netns: ns.name, args: DOCTOR, paths, errno: EPERM, seccomp })
    t.teardown(() => ns.exec('runc', ['delete', '--force', id], { launch: OPEN }))
    return ask(t, ['runc', 'run', '--bundle', bundle, id], { cwd: '/' })
  }
  const isNetlink = { index: 0, value: 16, op: 'SCMP_CMP_EQ' }

  await t.test('whose profile refuses by default', async (t) => {
    const others = systemCalls().filter((name) => name !== 'socket')
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
    const before = askContainer(t, profile)
    t.match(before, { status: 1, native: { code: 'EPERM' }, mechanism: { name: 'seccomp' } })
    // runc leaves no mark of a container in it; the rule is the same wherever it is found.
    const { OCI_RULE } = require('../lib/doctor/remedies')
    const after = askContainer(t, { ...profile, syscalls: [...profile.syscalls, OCI_RULE] })
    t.match(after, { status: 0, evidence: { seccomp: 2 } })
  })

  await t.test('whose profile refuses netlink', async (t) => {
    const rule = (...more) => ({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        { names: ['socket'], action: 'SCMP_ACT_ERRNO', errnoRet: EPERM, args: [isNetlink, ...more] }
      ]
    })
    t.match(askContainer(t, rule()), { status: 1, native: { code: 'EPERM' } })
    const after = askContainer(t, rule({ index: 2, value: 0, op: 'SCMP_CMP_NE' }))
    t.match(after, { status: 0, evidence: { seccomp: 2 } })
  })
})

t.test('a filter that allows NETLINK_ROUTE alone, as OpenShell’s does', async (t) => {
  const filter = path.join(temporary(t), 'filter')
  const bwrap = 'bwrap --unshare-all --share-net --ro-bind / / --proc /proc --dev /dev --seccomp 9'
  const within = (but, ...command) => {
    const script = `"$1" ${EPERM} ${but} >"$2"; exec 9<"$2"; shift 2; exec "$@"`
    const maker = path.join(path.dirname(launcher), 'filter')
    return ['sh', '-eu', '-c', script, 'sh', maker, filter, ...bwrap.split(' '), ...command]
  }
  const inOpenShell = { env: { OPENSHELL_SANDBOX: '1' } }
  const before = ask(t, within('', ...DOCTOR), inOpenShell)
  t.match(before, { status: 1, native: { code: 'EPERM' } })
  t.match(before.suspects[0], { name: 'OpenShell', certainty: 'medium' })
  const advice = before.remedies.find(({ owner }) => owner === 'OpenShell')
  t.match(advice.text, 'is not NETLINK_ROUTE (0)')
  const after = ask(t, within('route', ...DOCTOR), inOpenShell)
  t.match(after, { status: 0, evidence: { seccomp: 2 }, suspects: [] })

  // It leaves every other protocol refused, NETLINK_GENERIC (16) among them.
  const probe = 'print join " ", map { socket(my $s, 16, 3, $_) ? 0 : $!+0 } 0, 16'
  const { stdout } = ns.exec('env', within('route', 'perl', '-e', probe), {
    launch: OPEN
  })
  t.equal(stdout, `0 ${EPERM}`)
})
