'use strict'

// What the doctor reports, with each cause alone, in the tests' own sandboxes. test/real runs those of
// others and follows the advice.

const path = require('node:path')
const fs = require('node:fs')
const t = require('tap')
const { preloadPath } = require('../..')
const { DOCTOR_ARGS, REPORT_ARGS, parseReport } = require('../support/doctor')
const { projectRoot } = require('../support/namespace')
const { requirements } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')

const CLI = path.join(projectRoot, 'lib/command-line/cli.js')
const NETLINK = ['--deny-family', 'netlink']
const NOTHING = ['--deny-family', 'all', '--deny-socketpair', '--no-path', '/proc']

t.test('in sandboxes', { skip: requirements() }, async (t) => {
  const noLandlock = requirements('landlock')
  const ns = makeNamespace(t, 'doctor')
  const diagnose = (launch, options) => parseReport(t, ns.node(REPORT_ARGS, { launch, ...options }))
  const runDoctor = (launch, options) => ns.node(DOCTOR_ARGS, { launch, ...options })
  const statuses = ({ sources }) =>
    Object.fromEntries(
      sources.map(({ name, status, syscall, code }) => [
        name,
        syscall === null ? status : `${status}: ${syscall} ${code}`
      ])
    )

  await t.test('docs/doctor.md describes each property of the report', async (t) => {
    const document = fs.readFileSync(path.join(projectRoot, 'docs/doctor.md'), 'utf8')
    const [, json] = document.split('## --json')
    const rows = [...json.matchAll(/^\| `(\w+)` +\| (.*) \|$/gm)]
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

  await t.test('docs/command.md has each exit status of the help', async (t) => {
    const document = fs.readFileSync(path.join(projectRoot, 'docs/command.md'), 'utf8')
    const [, section] = document.split('## Exit statuses')
    const help = ns.node([CLI, 'doctor', '--help']).stdout
    const statuses = [...help.matchAll(/^ {2}(\d+) /gm)].map(([, status]) => status)
    t.strictSame(statuses, ['0', '1', '2', '64'])
    for (const status of statuses)
      t.match(section, new RegExp(`^\\| ${status} +\\| (every one|.*\`doctor\`)`, 'm'))
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
    t.match(stdout, /^os\.networkInterfaces\(\) works here\.\nNothing to do\.\n/)
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
    const [answer, command] = stdout.split('\n')
    t.equal(answer, 'os.networkInterfaces() fails here. This command makes it answer:')
    t.equal(command, '    node -r osh-ifaddrs/register app.js')
    t.match(stdout, /^ {2}it fails with EPERM \(errno 1\): .*uv_interface_addresses/m)
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
    t.match(unknown.stdout, /^ {2}mac unknown, shown as zeros: [^]*fd00::1\s+\(d0\)/m)
  })

  await t.test('everything refused', { skip: noLandlock }, async (t) => {
    const nothing = diagnose(NOTHING)
    t.match(nothing, { status: 2, facts: { links: null, ipv4: null, ipv6: null } })
    t.equal(nothing.remedies[0].owner, 'the policy', 'no line for this process')
    t.match(
      runDoctor(NOTHING).stdout,
      /^Neither .* answers here\.\nThe last section says what the policy must allow\.\n/
    )
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
    t.match(
      text,
      'answers here: a shortage. socket(AF_NETLINK) failed with EMFILE. Raise the exhausted limit.'
    )
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
      /fails here, and this package answers instead\.\nNothing to do\.$/m
    )

    const preloaded = diagnose(NETLINK, { env: { LD_PRELOAD: preloadPath } })
    t.match(preloaded, {
      status: 1,
      native: { works: true },
      active: { register: false, preload: true, variables: ['LD_PRELOAD'] },
      mechanism: { name: 'seccomp' }
    })
    const { stdout } = runDoctor(NETLINK, { env: { LD_PRELOAD: preloadPath } })
    t.match(stdout, 'it works because of the preload library, and would fail without it')
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
      process.dlopen = () => { throw new Error('no addon') }
      require(${JSON.stringify(scripts)})
        .makeReport(process.env)
        .then((report) => console.log(JSON.stringify(report)))`
    const { stdout, stderr } = ns.node(script, { launch: NETLINK })
    t.equal(stderr, '')
    const report = JSON.parse(stdout)
    t.match(report, { status: 2, addonError: /no addon\. To compile it/, sources: [] })
  })
})
