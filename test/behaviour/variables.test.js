'use strict'

// OSH_IFADDRS_SOURCES, for policies that kill a process at a call, and OSH_IFADDRS_LAST_RESORT, in register, the
// command and the preload library.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { bin } = require('../../package.json')
const { preloadPath } = require('../..')
const { exec: execLists } = require('../support/preload/lists')
const { projectRoot } = require('../support/namespace')
const { evaluate } = require('../support/node')
const { requirements, skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')
const { makeTemporaryFolder } = require('../support/temporary-folder')

skipWithout(t)

const COMMAND = path.join(projectRoot, bin['osh-ifaddrs'])
const PRINT = path.join(projectRoot, 'test/support/fixtures/print.js')
const LISTS = path.join(projectRoot, 'test/build/lists')
const REGISTER = ['-r', 'osh-ifaddrs/register']
const NETLINK = ['--deny-family', 'netlink']
const NOTHING = ['--deny-family', 'all', '--deny-socketpair', '--no-path', '/proc']

/** Each kills a process that asks another source than these. */
const POLICIES = {
  'ioctl,procfs': [...NETLINK, '--errno', 'KILL'],
  procfs: ['--deny-family', 'all', '--deny-socketpair', '--errno', 'KILL']
}

const ns = makeNamespace(t, 'variables')
const outside = ns.node([PRINT]).stdout

/** Starts a program that lists the interfaces, with the variable. */
const PROGRAMS = {
  register: (sources, launch) => ns.node([...REGISTER, PRINT], options(sources, launch)),
  command: (sources, launch) => ns.exec(COMMAND, ['list', '--json'], options(sources, launch)),
  table: (sources, launch) => ns.exec(COMMAND, ['list'], options(sources, launch)),
  doctor: (sources, launch) => ns.exec(COMMAND, ['doctor', '--json'], options(sources, launch)),
  preload: (sources, launch) =>
    ns.exec(LISTS, ['list'], options(sources, launch, { LD_PRELOAD: preloadPath }))
}

/** @param {string | undefined} OSH_IFADDRS_SOURCES */
function options(OSH_IFADDRS_SOURCES, launch, env = {}) {
  return { launch, env: { OSH_IFADDRS_SOURCES, ...env } }
}

for (const [sources, launch] of Object.entries(POLICIES)) {
  t.test(`a policy that kills what asks others than ${sources}`, async (t) => {
    for (const [name, start] of Object.entries(PROGRAMS)) {
      t.match(start(undefined, launch), { signal: 'SIGSYS' }, `${name}: control`)
      const { status, signal, stdout, stderr } = start(sources, launch)
      t.match({ signal, stderr }, { signal: null, stderr: '' }, name)
      // Sources that the doctor may not ask are no failure of its own.
      t.equal(status, name === 'doctor' ? 1 : 0, name)
      const answer = name === 'doctor' ? /"ipv6": "\w+"/ : /fd00::1|fd0{29}1/
      t.match(stdout, answer, `${name} answers`)
    }
    const { stdout } = PROGRAMS.register(sources, launch)
    if (sources === 'procfs') t.notOk(stdout.includes('10.0.0.1'), 'procfs has no IPv4')
    else t.equal(stdout, outside, 'with everything that these sources report')
  })
}

/** What strace(1) shows of a program and its children: the families of sockets, and the files in /proc. */
function trace(t, args, env) {
  const file = path.join(makeTemporaryFolder(t), 'trace')
  const calls = 'trace=socket,socketpair,openat,open'
  const strace = ['--quiet=all', '-f', '-e', calls, '-o', file, '--']
  const assignments = Object.entries(env).map((pair) => pair.join('='))
  const { status, stderr } = ns.exec('strace', [...strace, 'env', ...assignments, ...args])
  t.equal(status, args.includes('doctor') ? 1 : 0, stderr)
  const text = fs.readFileSync(file, 'utf8')
  const found = text.matchAll(/(?:socket|socketpair)\((AF_\w+)|"\/proc\/[^"]*\/net\/(\w+)"/g)
  return [...new Set([...found].map(([, family, name]) => family ?? name))].sort()
}

t.test('nothing else is asked', { skip: requirements('strace') }, async (t) => {
  const expected = {
    rtnetlink: ['AF_NETLINK'],
    ioctl: ['AF_INET'],
    procfs: ['dev', 'if_inet6', 'ipv6_route', 'route'],
    'ioctl,rtnetlink': ['AF_NETLINK'],
    'procfs,ioctl': ['AF_INET', 'dev', 'if_inet6']
  }
  for (const [OSH_IFADDRS_SOURCES, calls] of Object.entries(expected)) {
    const check = (name, args, env = {}) => {
      const made = trace(t, args, { OSH_IFADDRS_SOURCES, ...env })
      const foreign = made.filter((call) => !calls.includes(call))
      t.strictSame(foreign, [], `${name}: ${OSH_IFADDRS_SOURCES}`)
      t.not(made.length, 0, `${name}: ${OSH_IFADDRS_SOURCES}: control`)
    }
    check('register', [process.execPath, ...REGISTER, PRINT])
    check('command', [COMMAND, 'list'])
    check('preload', [LISTS, 'list'], { LD_PRELOAD: preloadPath })
  }
  const doctor = trace(t, [COMMAND, 'doctor'], { OSH_IFADDRS_SOURCES: 'ioctl' })
  t.strictSame(doctor, ['AF_INET'], 'the doctor asks each source alone')
})

t.test('an invalid value is an error', async (t) => {
  const values = ['frob', 'ioctl,', ',ioctl', 'ioctl,,procfs', 'ioctl procfs', 'IOCTL', 'io', ',']
  const report = `try { os.networkInterfaces() } catch ({ code, message }) {
    console.log(JSON.stringify([code, message]))
  }`
  for (const value of values) {
    const message =
      'OSH_IFADDRS_SOURCES must be one or more of rtnetlink, ioctl, procfs, ' +
      `separated by commas without blanks, not '${value}'`
    const env = { OSH_IFADDRS_SOURCES: value, OSH_IFADDRS_LAST_RESORT: 'empty' }
    const [code, thrown] = evaluate(t, report, { args: REGISTER, env })
    t.strictSame([code, thrown], ['ERR_OSH_IFADDRS_SOURCES', message])
    for (const name of ['command', 'table', 'doctor']) {
      const { status, stdout, stderr } = PROGRAMS[name](value)
      const failed = { status: 64, stdout: '', stderr: `osh-ifaddrs: ${message}\n` }
      t.strictSame({ status, stdout, stderr }, failed, name)
    }
    t.match(PROGRAMS.preload(value), { status: 1, stderr: /getifaddrs: Invalid argument/ }, value)
  }
  for (const [name, start] of Object.entries(PROGRAMS))
    t.match(start(''), { status: 0, stderr: '' }, `${name}: an empty value is none`)
})

t.test('if no allowed source answers, the error says so', async (t) => {
  const report = `try { os.networkInterfaces() } catch ({ code, message }) {
    console.log(JSON.stringify({ code, message }))
  }`
  const env = { OSH_IFADDRS_SOURCES: 'rtnetlink' }
  const { stdout } = ns.node([...REGISTER, '-e', report], { launch: NETLINK, env })
  t.match(JSON.parse(stdout), {
    code: 'ERR_OSH_IFADDRS_UNAVAILABLE',
    message:
      /^cannot read the network interfaces: rtnetlink: socket\(AF_NETLINK\) failed with EPERM\./
  })
  t.match(PROGRAMS.command('rtnetlink', NETLINK), { status: 2, stderr: /AF_NETLINK/ })
  t.match(PROGRAMS.doctor('rtnetlink', NETLINK), { status: 2, stderr: '' })
  const list = execLists(ns, 'list', { launch: NETLINK, preload: preloadPath })
  t.ok(list.value.length > 0, 'control: without the variable the preload library answers')
  t.match(PROGRAMS.preload('rtnetlink', NETLINK), { status: 1, stderr: /not permitted/ })
})

t.test('OSH_IFADDRS_LAST_RESORT=empty', { skip: requirements('landlock') }, async (t) => {
  const run = (launch, env) => ns.node([...REGISTER, PRINT], { launch, env })
  const empty = { OSH_IFADDRS_LAST_RESORT: 'empty' }
  t.match(run(NOTHING, {}), { status: 1, stderr: /Unknown system error 1/ }, 'control')
  t.match(run(NOTHING, empty), { status: 0, stdout: '{}\n', stderr: '' })
  for (const env of [{ OSH_IFADDRS_MODE: 'always' }, { OSH_IFADDRS_SOURCES: 'procfs' }])
    t.match(run(NOTHING, { ...empty, ...env }), { status: 0, stdout: '{}\n', stderr: '' })
  t.match(run([], empty), { stdout: outside }, 'nothing refused')
  t.match(run(NETLINK, empty), { stdout: outside }, 'netlink refused')
  t.match(run(NOTHING, { OSH_IFADDRS_LAST_RESORT: 'frob' }), { status: 1 }, 'another value')
  t.match(run(NOTHING, { OSH_IFADDRS_LAST_RESORT: '' }), { status: 1 }, 'an empty value')
})

// No other platform is here: the name is made up.
t.test('OSH_IFADDRS_LAST_RESORT=empty on other platforms', async (t) => {
  const call = (platform, throws, env) =>
    evaluate(
      t,
      `Object.defineProperty(process, 'platform', { value: '${platform}' })
      const native = {}
      os.networkInterfaces = () => { if (${throws}) throw new Error('frob'); return native }
      const before = os.networkInterfaces
      require('osh-ifaddrs/register')
      const patched = os.networkInterfaces !== before
      const call = () => { try { return os.networkInterfaces() } catch { return 'thrown' } }
      console.log(JSON.stringify([patched, call() === native, call()]))`,
      { env }
    )
  for (const platform of ['darwin', 'win32']) {
    const env = { OSH_IFADDRS_LAST_RESORT: 'empty' }
    t.strictSame(call(platform, true, {}), [false, false, 'thrown'], 'control')
    t.strictSame(call(platform, true, env), [true, false, {}], platform)
    t.strictSame(call(platform, false, env), [true, true, {}], `${platform}: unchanged`)
  }
})
