'use strict'

// What the doctor reports, with each cause alone, in the tests' own sandboxes. test/real/sandboxes.test.js runs
// third-party sandboxes and follows the advice.

const path = require('node:path')
const fs = require('node:fs')
const t = require('tap')
const { findMechanism, findSuspects } = require('../../lib/doctor/suspects')
const { preloadPath } = require('../..')
const { projectRoot } = require('../support/namespace')
const { requirements } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')

const CLI = path.join(projectRoot, 'lib/command-line/cli.js')
const NETLINK = ['--deny-family', 'netlink']
const NOTHING = ['--deny-family', 'all', '--deny-socketpair', '--no-path', '/proc']

/** The evidence in a process without restrictions. */
const NO_EVIDENCE = {
  seccomp: 0,
  seccompFilters: 0,
  noNewPrivileges: false,
  label: null,
  accessWithoutOpen: null,
  cgroup: '0::/',
  release: '6.1.0-37-amd64',
  env: {},
  files: []
}
const FILTER = { ...NO_EVIDENCE, seccomp: 2, seccompFilters: 1, noNewPrivileges: true }

// No snap, Android, AppArmor, SELinux or systemd is here: their evidence is made up after what is known of
// them.
t.test('who refuses, by evidence that cannot be had here', async (t) => {
  const suspect = (evidence, code) => {
    const [first] = findSuspects({ ...FILTER, ...evidence }, { syscall: null, code })
    return first && `${first.certainty} ${first.name}`
  }
  const unit = '0::/system.slice/ghost.service'
  t.equal(suspect({ cgroup: unit }, 'EAFNOSUPPORT'), 'high systemd')
  t.equal(suspect({ cgroup: `${unit}/payload` }, 'EAFNOSUPPORT'), 'high systemd')
  t.equal(suspect({ env: { INVOCATION_ID: '1' } }, 'EAFNOSUPPORT'), 'medium systemd')
  t.equal(suspect({}, 'EAFNOSUPPORT'), 'low systemd', 'the errno alone is a hint')
  t.equal(suspect({ cgroup: unit }, 'EPERM'), 'low systemd', 'another errno speaks against it')
  t.equal(suspect({ label: 'snap.node.app (enforce)' }, 'EACCES'), 'high snap')
  t.equal(suspect({ env: { SNAP: '/snap/node/1' } }, 'EACCES'), 'medium snap')
  t.equal(suspect({ label: 'u:r:untrusted_app_32:s0:c1' }, 'EACCES'), 'high Android')
  t.equal(suspect({ env: { TERMUX_VERSION: '0.118' } }, 'EACCES'), 'medium Android')
  const prefix = '/data/data/com.termux/files/usr'
  t.equal(suspect({ env: { PREFIX: prefix } }, 'EACCES'), 'medium Android')
  t.equal(suspect({ env: { PREFIX: '/usr/local' } }, 'EACCES'), undefined)
  t.equal(suspect({ env: { OPENSHELL_SANDBOX: '1' } }, 'EPERM'), 'medium OpenShell')
  t.equal(suspect({ files: ['/.dockerenv'] }, 'EPERM'), 'medium container', 'never sure')
  t.equal(suspect({ cgroup: '0::/kubepods/pod1' }, 'EPERM'), 'medium container')
  t.equal(suspect({ env: { container: 'podman' } }, 'EPERM'), 'medium container')
  t.equal(suspect({ files: ['/run/firejail/mnt'] }, 'EPERM'), undefined, 'it outlives firejail')
  t.equal(suspect({}, 'EPERM'), undefined)
  const wsl1 = { release: '4.4.0-19041-Microsoft' }
  t.equal(suspect(wsl1, 'ETIMEDOUT'), 'high WSL1')
  t.equal(suspect(wsl1, 'EPERM'), undefined, 'it refuses nothing')
  t.equal(suspect({ release: '5.15.90.1-microsoft-standard-WSL2' }, 'ETIMEDOUT'), undefined)
  t.equal(suspect({ files: ['/.dockerenv'] }, 'ETIMEDOUT'), undefined, 'no sandbox swallows')
  const both = { env: { OPENSHELL_SANDBOX: '1' }, cgroup: unit, files: ['/.dockerenv'] }
  const names = findSuspects({ ...FILTER, ...both }, { syscall: null, code: 'EPERM' })
  t.strictSame(
    names.map(({ name, certainty }) => `${certainty} ${name}`),
    ['medium OpenShell', 'medium container', 'low systemd'],
    'the most certain first'
  )
})

t.test('which mechanism refuses, from imitated evidence', async (t) => {
  const mechanism = (evidence, code) => {
    const { name, certainty } = findMechanism({ ...NO_EVIDENCE, ...evidence }, { code })
    return `${certainty} ${name}`
  }
  const apparmor = { label: 'snap.node.app (enforce)' }
  const selinux = { label: 'u:r:untrusted_app:s0' }
  t.equal(mechanism({ seccomp: 2 }, 'EPERM'), 'high seccomp')
  t.equal(mechanism({ seccomp: 2, label: 'unconfined' }, 'EACCES'), 'high seccomp')
  t.equal(mechanism({ seccomp: 2, ...apparmor }, 'EACCES'), 'medium AppArmor')
  t.equal(mechanism({ seccomp: 2, ...apparmor }, 'EPERM'), 'medium seccomp')
  t.equal(mechanism(apparmor, 'EACCES'), 'high AppArmor')
  t.equal(mechanism(selinux, 'EACCES'), 'high SELinux')
  t.equal(mechanism({ label: 'a_u:a_r:unconfined_t:s0' }, 'EAFNOSUPPORT'), 'low kernel')
  t.equal(mechanism({ seccomp: null }, 'EACCES'), 'low unknown')
  t.equal(mechanism({ seccomp: null }, 'EPERM'), 'low seccomp')
  t.equal(mechanism({ seccomp: 2 }, 'EMFILE'), 'high shortage')
  t.equal(mechanism({ seccomp: 2 }, 'ETIMEDOUT'), 'medium seccomp')
  t.equal(mechanism(apparmor, 'ETIMEDOUT'), 'medium kernel', 'no security module swallows')
  t.equal(mechanism({ seccomp: null }, 'ETIMEDOUT'), 'medium kernel')
})

t.test('in sandboxes', { skip: requirements() }, async (t) => {
  const noLandlock = requirements('landlock')
  const ns = makeNamespace(t, 'doctor')
  const diagnose = (launch, options) => {
    const { status, stdout, stderr } = ns.node([CLI, 'doctor', '--json'], { launch, ...options })
    t.equal(stderr, '')
    const report = JSON.parse(stdout)
    t.equal(status, report.status, 'the exit status is that of the report')
    return report
  }
  const runDoctor = (launch, options) => ns.node([CLI, 'doctor'], { launch, ...options })
  const statuses = ({ sources }) =>
    Object.fromEntries(
      sources.map(({ name, status, syscall, code }) => [
        name,
        syscall === null ? status : `${status}: ${syscall} ${code}`
      ])
    )

  await t.test('docs/doctor.md describes each property of the report', async (t) => {
    const document = fs.readFileSync(path.join(projectRoot, 'docs/doctor.md'), 'utf8')
    const rows = [...document.matchAll(/^\| `(\w+)` +\| (.*) \|$/gm)]
    const report = diagnose(NETLINK)
    t.strictSame(
      rows.map(([, member]) => member),
      Object.keys(report)
    )
    for (const [, member, description] of rows) {
      const value = Array.isArray(report[member]) ? report[member][0] : report[member]
      if (typeof value !== 'object' || value === null) continue
      for (const name of Object.keys(value)) t.match(description, `\`${name}\``, member)
    }
  })

  await t.test('nothing refused', async (t) => {
    const report = diagnose([])
    t.match(report, {
      format: 1,
      status: 0,
      native: { works: true, errno: null, code: null, message: null },
      active: { register: false, preload: false, always: false, variables: [] },
      addonError: null,
      facts: { links: 'rtnetlink', ipv4: 'rtnetlink', ipv6: 'rtnetlink' },
      mechanism: null,
      suspects: [],
      remedies: []
    })
    t.strictSame(statuses(report), {
      rtnetlink: 'answered',
      ioctl: 'answered',
      procfs: 'partial'
    })
    const { stdout } = runDoctor([])
    t.match(stdout, /^No problem: /)
    t.match(stdout, /^ {2}procfs {5}answered {2}reports IPv6, which is all it can report$/m)
    t.notMatch(stdout, 'What to do')
  })

  await t.test('netlink refused', async (t) => {
    for (const [code, errno] of [
      ['EPERM', 1],
      ['EACCES', 13],
      ['EAFNOSUPPORT', 97],
      ['EOPNOTSUPP', 95],
      ['ENOSYS', 38]
    ]) {
      const report = diagnose([...NETLINK, '--errno', code])
      t.match(report, {
        status: 1,
        native: { works: false, errno, code },
        facts: { links: 'ioctl', ipv4: 'ioctl', ipv6: 'procfs' },
        mechanism: { name: 'seccomp', certainty: 'high' },
        evidence: { seccomp: 2, noNewPrivileges: true, accessWithoutOpen: noLandlock ? null : '/' }
      })
      const status = code === 'ENOSYS' ? 'absent' : 'denied'
      t.equal(statuses(report).rtnetlink, `${status}: socket(AF_NETLINK) ${code}`)
    }
    const { stdout } = runDoctor(NETLINK)
    t.match(stdout, /^The native .* fails\. This package can answer instead\.$/m)
    t.match(stdout, /^ {2}fails with EPERM \(errno 1\): .*uv_interface_addresses/m)
    t.match(
      stdout,
      /^ {2}rtnetlink {2}denied {4}socket\(AF_NETLINK\) failed with EPERM \(errno 1\)$/m
    )
    t.match(stdout, /^ {2}IPv6: from procfs$/m)
    t.match(stdout, /^ {2}almost certainly a seccomp filter: /m)
    t.match(stdout, /^ {6}node -r osh-ifaddrs\/register app\.js$/m)
  })

  await t.test('more refused', async (t) => {
    const inferred = runDoctor(['--deny-family', 'all']).stdout
    t.match(
      inferred,
      /^ {2}ioctl {6}partial {3}reports links and IPv4; but socket\(AF_INET\) failed/m
    )
    t.match(inferred, /^ {2}netmask inferred: .*10\.0\.0\.1 \(d0\)/m)
    const unknown = runDoctor(['--deny-family', 'all', '--deny-socketpair'])
    t.equal(unknown.status, 1)
    t.match(unknown.stdout, /^ {2}IPv4: unknown, no source reports it$/m)
    t.match(unknown.stdout, /^ {2}mac unknown, shown as zeros: .*fd00::1 \(d0\)/m)
  })

  await t.test('everything refused', { skip: noLandlock }, async (t) => {
    const nothing = diagnose(NOTHING)
    t.match(nothing, { status: 2, facts: { links: null, ipv4: null, ipv6: null } })
    t.equal(nothing.remedies[0].owner, 'the policy', 'no line for this process')
    t.match(runDoctor(NOTHING).stdout, /fails, and so does this package: no source/)
  })

  await t.test('a shortage is not reported as a policy', async (t) => {
    const report = diagnose([...NETLINK, '--errno', 'EMFILE'])
    t.match(report, { status: 1, mechanism: { name: 'shortage' } })
    t.strictSame(
      report.remedies.map(({ owner }) => owner),
      ['this process', 'this process', 'shortage']
    )
    const denied = ['--deny-family', 'all', '--deny-socketpair', '--errno', 'EMFILE']
    const short = diagnose(denied)
    t.match(short, { status: 2, shortage: { syscall: 'socket(AF_NETLINK)', code: 'EMFILE' } })
    t.match(short, { remedies: [{ owner: 'shortage' }], suspects: [] })
    t.equal(short.remedies.length, 1)
    const text = runDoctor(denied).stdout.replace(/\s+/g, ' ')
    t.match(text, 'so does this package: socket(AF_NETLINK) failed with EMFILE, a shortage.')
    t.match(text, 'IPv4: unknown in this shortage')
    t.notMatch(text, 'no source reports')
  })

  await t.test('the package is active', async (t) => {
    const NODE_OPTIONS = '-r osh-ifaddrs/register'
    const registered = diagnose(NETLINK, { env: { NODE_OPTIONS } })
    t.match(registered, {
      status: 1,
      native: { works: false, code: 'EPERM' },
      active: { register: true, preload: false, variables: ['NODE_OPTIONS'] }
    })
    t.notMatch(JSON.stringify(registered.remedies), 'osh-ifaddrs/register')
    t.match(
      runDoctor(NETLINK, { env: { NODE_OPTIONS } }).stdout,
      /fails\. This package answers instead\.$/m
    )

    const preloaded = diagnose(NETLINK, { env: { LD_PRELOAD: preloadPath } })
    t.match(preloaded, {
      status: 1,
      native: { works: true },
      active: { register: false, preload: true, variables: ['LD_PRELOAD'] },
      mechanism: { name: 'seccomp' }
    })
    const { stdout } = runDoctor(NETLINK, { env: { LD_PRELOAD: preloadPath } })
    t.match(stdout, 'works because of the preload library, and would fail without it')
    t.match(diagnose([], { env: { LD_PRELOAD: preloadPath } }), {
      status: 0,
      native: { works: true }
    })

    // ld.so complains on standard error.
    const idle = runDoctor(NETLINK, { env: { LD_PRELOAD: '/gone/osh_ifaddrs.node' } })
    t.match(idle.stdout, 'LD_PRELOAD names this package but has no effect here')
  })

  await t.test('Landlock leaves a sign', { skip: noLandlock }, async (t) => {
    t.equal(diagnose([]).evidence.accessWithoutOpen, '/')
    t.equal(diagnose(['--no-landlock']).evidence.accessWithoutOpen, null)
    t.match(runDoctor([]).stdout, /Landlock or AppArmor restricts files: access\(\/\)/)
  })

  await t.test('a label, imitated by a file mounted over the kernel’s', async (t) => {
    const label = path.join(t.testdir({ label: 'snap.node.app (enforce)\n' }), 'label')
    fs.chmodSync(path.dirname(label), 0o755)
    const script = 'mount --bind "$1" /proc/$$/attr/current; shift; exec "$@"'
    const { stdout, stderr } = ns.exec(
      'unshare',
      [
        ...['--mount', 'sh', '-euc', script, 'sh', label],
        ...[path.join(projectRoot, 'test/build/sandbox'), '--user', 'keep', '--no-landlock'],
        ...[...NETLINK, '--errno', 'EACCES', '--', process.execPath, CLI, 'doctor', '--json']
      ],
      { launch: ['--user', 'keep', '--no-landlock'] }
    )
    t.equal(stderr, '')
    const report = JSON.parse(stdout)
    t.equal(report.evidence.label, 'snap.node.app (enforce)')
    t.match(report.suspects[0], { name: 'snap', certainty: 'high' })
    t.match(report.mechanism, { name: 'AppArmor', certainty: 'medium' })
  })

  await t.test('without an addon', async (t) => {
    const scripts = path.join(projectRoot, 'lib/doctor/report')
    const script = `
      require(${JSON.stringify(path.join(projectRoot, 'lib/addon/load'))}).load = undefined
      process.dlopen = () => { throw new Error('no addon') }
      const report = require(${JSON.stringify(scripts)}).makeReport(process.env)
      console.log(JSON.stringify(report))`
    const { stdout, stderr } = ns.node(script, { launch: NETLINK })
    t.equal(stderr, '')
    const report = JSON.parse(stdout)
    t.match(report, { status: 2, addonError: String, sources: [] })
  })
})
