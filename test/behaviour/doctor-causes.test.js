'use strict'

// Which call the doctor finds refused, what it says of a server, of links whose names Node cannot handle,
// and of a namespace that has only lo.

const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('../..')
const { DOCTOR_ARGS, REPORT_ARGS, parseReport } = require('../support/doctor')
const { Namespace, projectRoot, vethPair } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')

skipWithout(t)

const PRINT = path.join(projectRoot, 'test/support/fixtures/print.js')
const NETLINK = ['--deny-family', 'netlink']
const NAMES = { EPERM: 1, EACCES: 13, ENOSYS: 38 }

const ns = makeNamespace(t, 'doctor-causes')

/** Runs the doctor, and returns its report and its text. */
function diagnose(t, options = {}, { namespace = ns, args = [] } = {}) {
  const report = parseReport(t, namespace.node([...args, ...REPORT_ARGS], options))
  const text = namespace.node([...args, ...DOCTOR_ARGS], options)
  t.strictSame([text.stderr, text.status], ['', report.status])
  for (const line of text.stdout.split('\n')) t.ok(line.length <= 80, `80 columns: ${line}`)
  return { report, text: text.stdout, lines: text.stdout.split('\n') }
}

/** The calls that getifaddrs(3) of glibc makes, in its order. */
const CALLS = {
  socket: { launch: (errno) => [...NETLINK, '--errno', errno], syscall: 'socket(AF_NETLINK)' },
  bind: { launch: (errno) => ['--deny-syscall', `bind=${errno}`], syscall: 'bind(AF_NETLINK)' },
  getsockname: {
    launch: (errno) => ['--deny-syscall', `getsockname=${errno}`],
    syscall: 'getsockname(AF_NETLINK)'
  },
  sendto: {
    launch: (errno) => ['--deny-syscall', `sendto=${errno}`],
    syscall: 'sendto(RTM_GETLINK)'
  },
  recvmsg: {
    launch: (errno) => ['--deny-syscall', `recvmsg=${errno}`],
    syscall: 'recvmsg(RTM_GETLINK)'
  }
}

for (const [call, { launch, syscall }] of Object.entries(CALLS))
  t.test(`the refused call is ${call}`, async (t) => {
    for (const [code, errno] of Object.entries(NAMES)) {
      const { report, text } = diagnose(t, { launch: launch(code) })
      t.match(report, { status: 1, native: { works: false, code } }, code)
      t.strictSame(report.refusedCall, { syscall, errno, code })
      t.match(text, `  the call: ${syscall}, with ${code} (errno ${errno})\n`)
      const policies = report.remedies.filter(({ owner }) => owner !== 'this process')
      t.ok(policies.length > 0, 'there is advice on the policy')
      for (const remedy of policies) {
        const advice = `${remedy.text} ${remedy.change}`
        t.match(advice, new RegExp(`\\b${call}\\b`))
        if (call !== 'socket') t.notMatch(advice, /AF_NETLINK|"socket"/)
      }
    }
  })

t.test('of several refused calls the first is named', async (t) => {
  const launch = ['--deny-syscall', 'recvmsg=EACCES', '--deny-syscall', 'bind=ENOSYS']
  t.match(diagnose(t, { launch }).report.refusedCall, {
    syscall: 'bind(AF_NETLINK)',
    code: 'ENOSYS'
  })
})

t.test('no call is refused', async (t) => {
  t.match(diagnose(t).report, { status: 0, refusedCall: null, listen: null, replaced: false })
  const short = diagnose(t, { launch: [...NETLINK, '--errno', 'EMFILE'] }).report
  t.match(short, { status: 1, refusedCall: null, native: { code: 'EMFILE' } }, 'a shortage')
})

t.test('a server', async (t) => {
  const server = (launch) => diagnose(t, { launch })
  const refused = server([...NETLINK, '--deny-syscall', 'listen=EACCES'])
  t.strictSame(refused.report.listen, { errno: 13, code: 'EACCES' })
  const line = 'A server still fails: it cannot listen (EACCES). The policy must change.'
  t.equal(refused.lines[2], line)
  t.match(refused.lines[1], /^ {4}node -r /)
  t.equal(server(NETLINK).report.listen, null)
  t.equal(server(NETLINK).lines[2], '')
  t.equal(
    server(['--deny-syscall', 'listen=EACCES']).report.status,
    0,
    'not tried: nothing is wrong'
  )
  const short = server([...NETLINK, '--deny-syscall', 'listen=EMFILE'])
  t.equal(short.report.listen, null, 'a shortage is no refusal')
  const lonely = Namespace.create('no-lo')
  t.teardown(() => lonely.remove())
  const { report } = diagnose(t, { launch: NETLINK }, { namespace: lonely })
  t.equal(report.listen, null, 'without lo there is no address, which is no refusal')
})

t.test('Node’s own faults', async (t) => {
  const ALWAYS = 'OSH_IFADDRS_MODE=always node -r osh-ifaddrs/register app.js'
  for (const name of ['constructor', 'toString', '__proto__']) {
    const namespace = Namespace.create('names')
    t.teardown(() => namespace.remove())
    vethPair(namespace, namespace, { left: name, right: 'p0' })
    namespace.batch(['link set lo up', `addr add 10.0.0.1/24 dev ${name}`])
    namespace.settle()
    const { report, lines, text } = diagnose(t, {}, { namespace })
    t.match(report, {
      status: 1,
      native: { works: false, errno: null, code: null },
      refusedCall: null,
      mechanism: { name: 'Node', certainty: 'high' },
      suspects: []
    })
    t.equal(report.remedies[0].change, ALWAYS)
    t.equal(lines[1], `    ${ALWAYS}`)
    t.match(text, `a link is named ${name}`)
    t.notMatch(text, /ENOSYS|errno|seccomp filter:|container/)
    const message = name === '__proto__' ? 'lacks the link __proto__' : /^TypeError: /
    t.match(report.native.message, message)

    const follow = `${ALWAYS.replace(' node ', ` "${process.execPath}" `).replace('app.js', PRINT)}`
    const { stdout, status } = namespace.exec('/bin/sh', ['-c', follow])
    t.equal(status, 0)
    t.match(stdout, `"${name}":[{"address":"10.0.0.1"`, 'the command works')

    const env = { OSH_IFADDRS_MODE: 'always' }
    const active = diagnose(t, { env }, { namespace, args: ['-r', 'osh-ifaddrs/register'] })
    t.match(active.report, { status: 1, replaced: true })
    t.match(active.lines[0], /, and this package answers instead\.$/)

    const refused = diagnose(t, { launch: NETLINK }, { namespace })
    t.match(refused.report, { native: { code: 'EPERM' }, mechanism: { name: 'seccomp' } })
  }
})

t.test('Node’s own fault, and a refusal that the preload library hides', async (t) => {
  const namespace = Namespace.create('both')
  t.teardown(() => namespace.remove())
  vethPair(namespace, namespace, { left: '__proto__', right: 'p0' })
  namespace.batch(['link set lo up', 'addr add 10.0.0.1/24 dev __proto__'])
  namespace.settle()
  const env = { LD_PRELOAD: preloadPath }
  const { report, text } = diagnose(t, { launch: NETLINK, env }, { namespace })
  t.match(report, {
    status: 1,
    native: { works: false, code: null },
    replaced: false,
    mechanism: { name: 'Node' },
    refusedCall: { code: 'EPERM' }
  })
  t.match(text, 'a link is named __proto__')
})

t.test('a namespace that has only lo', async (t) => {
  const namespace = Namespace.create('only-lo')
  t.teardown(() => namespace.remove())
  namespace.ip('link set lo up')
  const open = diagnose(t, {}, { namespace })
  t.match(open.report, { status: 0, evidence: { links: ['lo'] }, mechanism: null })
  t.equal(open.lines[1], 'This network namespace has only lo: there is no other link to report.')
  const refused = diagnose(t, { launch: NETLINK }, { namespace })
  t.match(refused.text, 'This network namespace has only lo: there is no other link to report.')
  t.notMatch(diagnose(t).text, 'no other link to report')
  const down = Namespace.create('lo-down')
  t.teardown(() => down.remove())
  t.equal(diagnose(t, {}, { namespace: down }).lines[1], open.lines[1])

  const narrow = `
    require('./lib/command-line/output').describeStdout = () => ({ columns: 40 })
    require(process.argv[1])`
  t.strictSame(
    namespace
      .node(['-e', narrow, ...DOCTOR_ARGS])
      .stdout.split('\n')
      .slice(0, 3),
    [
      'os.networkInterfaces() works here.',
      'This network namespace has only lo:',
      'there is no other link to report.'
    ],
    'in a narrow terminal'
  )
})
