'use strict'

// Tests of the launcher (test/support/sandbox/launch.c): it takes each step that its options request, and refuses
// the calls named, no others. With a launcher that denies nothing, every other test would pass.

const { spawnSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { NOBODY, canChangeUser, defaultLaunch, launcher, projectRoot } = require('../support/launch')
const { requirements, skipWithout } = require('../support/requirements')
const sandboxes = require('../support/sandbox')
const { makeTemporaryFolder } = require('../support/temporary-folder')

const { FAMILIES, PERL, REPORT, REQUESTS } = sandboxes
const { EACCES, EINVAL, EIO, ENOSYS, EPERM } = os.constants.errno

// clone3 has the same number on every architecture.
const CLONE3 = 435
const numbers = { x64: { ioctl: 16, socket: 41 }, arm64: { ioctl: 29, socket: 198 } }[process.arch]

skipWithout(t)

const noLandlock = requirements('landlock')
const noUsers = requirements('users')

// Hundreds of processes are slow on a busy machine.
t.setTimeout(240_000)

const ns = sandboxes.makeNamespace(t, 'launcher')
const { errnos, native, node, perl, report } = sandboxes.makeRunners(ns)

/** Runs the launcher itself. */
const sandbox = (...args) =>
  spawnSync(launcher, [...defaultLaunch, ...args], { encoding: 'utf8', cwd: '/' })

t.test('the native function works in the sandbox if nothing is denied', async (t) => {
  const plain = report(t, undefined)
  t.strictSame(Object.keys(plain.interfaces).sort(), ['d0', 'd1', 'lo'])
  t.strictSame(
    plain.interfaces.d0.map(({ cidr }) => cidr).filter((cidr) => !cidr.startsWith('fe80')),
    ['10.0.0.1/24', 'fd00::1/64']
  )
  t.match(plain, { uid: 0, ipv6: 4, seccomp: '0' })

  const sandboxed = report(t, [])
  t.strictSame(sandboxed.interfaces, plain.interfaces)
  t.match(sandboxed, { noNewPrivileges: '1', seccomp: '0', ipv6: 4 })
})

t.test('the native function works in an undumpable process', { skip: noUsers }, async (t) => {
  // execve(2) makes a process dumpable again if its user may read the program.
  const execPath = path.join(t.testdir(), 'node')
  fs.copyFileSync(process.execPath, execPath)
  const owner = {}
  for (const mode of [0o755, 0o711]) {
    fs.chmodSync(execPath, mode)
    const { status, stdout, stderr } = ns.node(REPORT, { launch: [], execPath })
    t.equal(status, 0, stderr)
    const sandboxed = JSON.parse(stdout)
    owner[mode] = sandboxed.owner
    t.strictSame(Object.keys(sandboxed.interfaces).sort(), ['d0', 'd1', 'lo'])
    t.equal(sandboxed.ipv6, 4)
  }
  const expected = { [0o755]: NOBODY, [0o711]: 0 }
  t.strictSame(owner, expected, 'root owns /proc/self of an undumpable process')
})

t.test('the native function fails with the errno of the denial', async (t) => {
  for (const name of ['EPERM', 'EACCES', 'EOPNOTSUPP', 'EAFNOSUPPORT']) {
    const launch = ['--errno', name, '--deny-family']
    t.equal(native(t, [...launch, 'netlink']), os.constants.errno[name])
    t.equal(native(t, [...launch, 'inet,inet6,unix,packet']), 0)
  }
  t.equal(native(t, ['--deny-family', 'netlink']), EPERM, 'EPERM by default')
})

t.test('--deny-family denies the given families and no other', async (t) => {
  const names = Object.keys(FAMILIES)
  const probe = (...launch) =>
    errnos(t, ['--errno', 'EIO', ...launch], 'socket', ...Object.values(FAMILIES))
  // Packet sockets need CAP_NET_RAW.
  const open = [0, 0, 0, 0, canChangeUser() ? EPERM : 0]
  const denied = (...families) =>
    names.map((name, index) => (families.includes(name) ? EIO : open[index]))

  t.strictSame(probe(), open)
  for (const name of names) t.strictSame(probe('--deny-family', name), denied(name))
  t.strictSame(probe('--deny-family', 'netlink,inet'), denied('netlink', 'inet'))
  const repeated = probe('--deny-family', 'unix', '--deny-family', 'inet6')
  t.strictSame(repeated, denied('unix', 'inet6'))
  t.strictSame(probe('--deny-family', '16'), denied('netlink'), 'by number')
  t.strictSame(probe('--deny-family', 'all'), denied(...names))
  t.strictSame(probe('--deny-family', 'inet,all'), denied(...names))
  t.strictSame(probe('--deny-socketpair'), open)
})

t.test('socketpair is another system call than socket', async (t) => {
  const probe = (...launch) => errnos(t, launch, 'socketpair')
  t.strictSame(probe(), [0])
  t.strictSame(probe('--deny-family', 'all'), [0])
  t.strictSame(probe('--deny-family', 'unix'), [0])
  t.strictSame(probe('--deny-socketpair'), [EPERM])
  t.strictSame(probe('--deny-socketpair', '--errno', 'EIO'), [EIO], '--errno may follow')
})

t.test('--errno accepts names and numbers', async (t) => {
  const names =
    'EPERM EACCES EOPNOTSUPP EAFNOSUPPORT EPROTONOSUPPORT ENOSYS EMFILE ENFILE ENOMEM ENOBUFS ' +
    'EINTR EAGAIN EINVAL EIO ENODEV ENOENT ENOSPC ENOTTY ENXIO ENETDOWN EBUSY EADDRINUSE'
  const probe = (error) => errnos(t, ['--deny-socketpair', '--errno', error], 'socketpair')
  for (const name of names.split(' ')) t.strictSame(probe(name), [os.constants.errno[name]], name)
  t.strictSame(probe('4094'), [4094])
  t.strictSame(probe('0x5f'), [0x5f])
  const launch = ['--deny-syscall', 'kill', '--errno', 'KILL']
  t.match(ns.exec(PERL, ['-e', 'kill(0, $$)'], { launch }), { status: null, signal: 'SIGSYS' })
  const suicide = ['-e', 'print kill("KILL", $$) ? "killed" : $!']
  const swallowed = ns.exec(PERL, suicide, { launch: ['--deny-syscall', 'kill=0'] })
  t.match(swallowed, { status: 0, stdout: 'killed' }, 'with 0 it succeeds and does nothing')
})

t.test('--deny-syscall denies any system call', async (t) => {
  const probe = (...launch) => errnos(t, launch, 'killAndChdir')
  t.strictSame(probe(), [0, 0])
  t.strictSame(probe('--deny-syscall', 'kill'), [EPERM, 0])
  t.strictSame(probe('--deny-syscall', 'chdir'), [0, EPERM])
  t.strictSame(probe('--deny-syscall', 'kill', '--errno', 'EACCES'), [EACCES, 0])
  t.strictSame(probe('--deny-syscall', 'kill=EIO', '--errno', 'EACCES'), [EIO, 0])
  t.strictSame(probe('--deny-syscall', 'kill=77', '--deny-syscall', 'chdir'), [77, EPERM])
  t.strictSame(probe('--deny-syscall', 'kill=EIO', '--deny-syscall', 'kill=EPERM'), [EIO, 0])
})

t.test('--deny-ioctl denies one request', async (t) => {
  const names = Object.keys(REQUESTS)
  const probe = (...launch) => errnos(t, launch, 'ioctl', 'd0', ...Object.values(REQUESTS))
  const denied = (name, error) => names.map((other) => (other === name ? error : 0))
  t.strictSame(probe(), denied('none', 0))
  for (const name of names) {
    t.strictSame(probe('--deny-ioctl', `${name}=EIO`), denied(name, EIO))
    t.strictSame(probe('--deny-ioctl', `${REQUESTS[name]}`), denied(name, EPERM))
  }
  const two = probe('--deny-ioctl', 'SIOCGIFCONF', '--deny-ioctl', 'SIOCGIFNETMASK=5')
  t.strictSame(two, [EPERM, 0, 0, 0, 0, 0, EIO])
})

t.test('the upper half of a register does not bypass the filter', async (t) => {
  if (!numbers) return t.skip(`the numbers of ${process.arch}’s system calls are not here`)
  const high = (value) => `${0x100000000 + value}`
  const socket = (...launch) =>
    errnos(t, launch, 'socketCall', numbers.socket, high(FAMILIES.netlink))
  t.strictSame(socket(), [0], 'control: the kernel ignores it')
  t.strictSame(socket('--deny-family', 'netlink'), [EPERM])
  const ioctl = (...launch) =>
    errnos(t, launch, 'ioctlCall', numbers.ioctl, high(REQUESTS.SIOCGIFCONF))
  t.strictSame(ioctl(), [0])
  t.strictSame(ioctl('--deny-ioctl', 'SIOCGIFCONF'), [EPERM])
})

t.test('a filter kills a process that uses another architecture’s system calls', async (t) => {
  if (process.arch !== 'x64') return t.skip('only x86-64 has a second ABI, x32')
  // 0x40000027 is getpid of x32.
  const call = (launch) =>
    ns.exec(PERL, ['-e', 'print syscall(0x40000027) < 0 ? $!+0 : 0'], { launch })
  t.match(call([]), { status: 0 })
  t.match(call(['--deny-family', 'netlink']), { status: null, signal: 'SIGSYS' })
})

t.test('every filter refuses clone3 with ENOSYS', async (t) => {
  const probe = (...launch) => errnos(t, launch, 'syscall', CLONE3)
  t.strictSame(probe(), [EINVAL], 'control: the kernel has it and rejects these arguments')
  t.strictSame(probe('--deny-socketpair'), [ENOSYS])
  t.strictSame(probe('--deny-syscall', 'clone3=EACCES', '--errno', 'EIO'), [ENOSYS])
  const thread = `new (require('node:worker_threads').Worker)('console.log(42)', { eval: true })`
  t.equal(node(t, ['--deny-family', 'all'], thread), '42', 'libc makes threads with clone instead')
})

t.test('Landlock closes paths that are not named', { skip: noLandlock }, async (t) => {
  const files = '/var /home /dev /dev/zero /dev/urandom /proc /etc/passwd /usr'.split(' ')
  const probe = (...launch) =>
    errnos(t, launch, 'read', ...files)
      .map((errno) => ({ 0: 'open', [EACCES]: 'EACCES' })[errno] ?? errno)
      .join(' ')
  t.equal(probe('--no-landlock'), 'open open open open open open open open')
  t.equal(probe(), 'EACCES EACCES EACCES EACCES open open open open')
  t.equal(probe('--path', '/var'), 'open EACCES EACCES EACCES open open open open')
  t.equal(probe('--path', '/dev/zero'), 'EACCES EACCES EACCES open open open open open')
  t.equal(probe('--path', '/var', '--path=/home'), 'open open EACCES EACCES open open open open')
  t.equal(probe('--no-path', '/proc'), 'EACCES EACCES EACCES EACCES open EACCES open open')
  t.equal(
    probe('--no-path', '/dev/urandom', '--no-path', '/etc'),
    'EACCES EACCES EACCES EACCES EACCES open EACCES open'
  )
  t.equal(probe('--user', 'keep'), probe(), 'for root too')
  t.equal(probe('--require-landlock'), probe())
  t.match(sandbox('--path', '/osh-none', '--', 'true'), {
    status: 125,
    stdout: '',
    stderr: /^sandbox: open \/osh-none: No such file[^\n]+\n$/
  })
})

t.test('Landlock allows writing only to /dev/null', { skip: noLandlock }, async (t) => {
  const target = path.join(os.tmpdir(), `osh-${process.pid}`)
  t.teardown(() => fs.rmSync(target, { recursive: true, force: true }))
  const make = (...launch) => errnos(t, launch, 'mkdir', target)
  t.strictSame(make(), [EACCES])
  t.strictSame(make('--path', os.tmpdir()), [EACCES], 'not to an open path either')
  t.strictSame(make('--no-landlock'), [0])
  const append = (...launch) => errnos(t, launch, 'append', '/dev/null', '/dev/zero')
  t.strictSame(append(), [0, EACCES])
  t.strictSame(append('--path', '/dev/zero'), [0, EACCES])
  t.strictSame(append('--no-landlock'), [0, 0])
  // Not with perl, which itself opens /dev/null.
  const read = (...launch) => sandbox(...launch, '--', '/usr/bin/cat', '/dev/null')
  t.match(read(), { status: 0 })
  t.match(read('--no-path', '/dev/null'), { status: 1, stderr: /Permission denied/ })
})

t.test('Landlock allows running only open paths', { skip: noLandlock }, async (t) => {
  const directory = makeTemporaryFolder(t)
  const program = path.join(directory, 'bin', 'cat')
  fs.mkdirSync(path.dirname(program))
  fs.copyFileSync('/usr/bin/cat', program)
  t.equal(ns.exec(program, [], { launch: [] }).status, 126)
  t.equal(ns.exec(program, [], { launch: ['--path', directory] }).status, 0)
  t.equal(ns.exec(program, [], { launch: ['--no-landlock'] }).status, 0)

  const library = path.join(directory, 'library')
  fs.writeFileSync(library, 'frob')
  const run = { launch: [], execPath: program }
  t.match(ns.node([library], run), { status: 0, stdout: 'frob' }, 'the prefix of execPath is open')

  const load = (...launch) => ns.node(['-p', 'require("./package.json").name'], { launch })
  t.match(load(), { status: 0, stdout: 'osh-ifaddrs\n' }, 'the project and node are open')
  t.not(load('--no-path', projectRoot).status, 0)
})

t.test('a kernel without Landlock leaves the file system open', async (t) => {
  const probe = (error, ...options) => {
    const denial = ['--user', 'keep', '--no-landlock', '--deny-syscall']
    const inner = [
      launcher,
      ...defaultLaunch,
      ...options,
      '--',
      '/usr/bin/head',
      '-c1',
      '/dev/zero'
    ]
    const { status, stdout, stderr } = sandbox(
      ...[...denial, `landlock_create_ruleset=${error}`, '--', ...inner]
    )
    return { status, stdout, stderr }
  }
  const open = { status: 0, stdout: '\0', stderr: '' }
  const fails = (message) => ({
    status: 125,
    stdout: '',
    stderr: `sandbox: landlock_create_ruleset: ${message}\n`
  })
  const missing = { ENOSYS: 'Function not implemented', EOPNOTSUPP: 'Operation not supported' }
  for (const [error, message] of Object.entries(missing)) {
    t.strictSame(probe(error), open, error)
    t.strictSame(probe(error, '--require-landlock'), fails(message))
    t.strictSame(probe(error, '--require-landlock', '--no-landlock'), open, 'the last one counts')
  }
  t.strictSame(probe('EIO'), fails('Input/output error'), 'any other error is one')
})

t.test('--user', { skip: noUsers }, async (t) => {
  const none = '0000000000000000'
  t.match(report(t, []), { uid: NOBODY, gid: NOBODY, groups: '', capabilities: none })
  t.match(report(t, ['--user', '1234']), { uid: 1234, gid: 1234, groups: '' })
  t.match(report(t, ['--user', '1234:5678']), { uid: 1234, gid: 5678, groups: '' })
  const highest = 4294967294
  t.match(report(t, ['--user', `${highest}`]), { uid: highest, gid: highest, groups: '' })
  t.match(report(t, ['--user', '1234', '--user', 'keep']), { uid: 0, gid: 0 })
  t.not(report(t, ['--user', 'keep']).capabilities, none)

  const inner = (...args) => ns.exec(launcher, [...args, '--', '/usr/bin/id', '-u'], { launch: [] })
  t.match(inner(), { status: 125, stderr: /^sandbox: setgroups: Operation not permitted\n$/ })
  t.match(inner('--user', 'keep'), { status: 0, stdout: `${NOBODY}\n` })
})

t.test('--netns accepts a name or a path', async (t) => {
  const netns = (...args) => {
    const script = ['--user', 'keep', '--', '/usr/bin/readlink', '/proc/self/ns/net']
    return sandbox(...args, ...script).stdout.trim()
  }
  const { netns: inside } = report(t, undefined)
  const outside = fs.readlinkSync('/proc/self/ns/net')
  t.not(inside, outside)
  t.equal(netns(), outside)
  t.equal(netns('--netns', ns.name), inside)
  t.equal(netns(`--netns=/run/netns/${ns.name}`), inside)
  t.equal(netns('--netns', `run/netns/${ns.name}`), inside)
  const other = ns.spawnCommand('cat')
  other.stdin.write('\n')
  await once(other.stdout, 'data')
  t.equal(netns('--netns', `/proc/${other.pid}/ns/net`), inside)
})

t.test('/proc shows no_new_privs and the filter', async (t) => {
  t.match(report(t, ['--user', 'keep']), { noNewPrivileges: '1', seccomp: '0' })
  t.match(report(t, ['--deny-socketpair']), { noNewPrivileges: '1', seccomp: '2' })
})

const noTrace = requirements('users', 'landlock', 'strace')

t.test('the steps are in OpenShell’s order', { skip: noTrace }, async (t) => {
  const file = path.join(t.testdir(), 'trace')
  const traced = 'setns,setgroups,setresgid,setresuid,prctl,landlock_restrict_self,seccomp,execve'
  const args = ['-qq', '-s0', '-o', file, '-e', `trace=${traced}`, launcher]
  const sandboxArgs = ['--netns', ns.name, '--deny-family', 'netlink', '--', '/usr/bin/true']
  t.equal(spawnSync('strace', [...args, ...sandboxArgs]).status, 0)
  const probing = /SECCOMP_GET|EFAULT|EINVAL|^prctl\((?!PR_SET_(DUMPABLE|NO_NEW_PRIVS))/
  const calls = fs.readFileSync(file, 'utf8').trim().split('\n').slice(1)
  const steps = [
    /^setns\(\d+, CLONE_NEWNET\) += 0$/,
    /^setgroups\(0, NULL\) += 0$/,
    /^setresgid\(65534, 65534, 65534\) += 0$/,
    /^setresuid\(65534, 65534, 65534\) += 0$/,
    /^prctl\(PR_SET_DUMPABLE, SUID_DUMP_DISABLE\) += 0$/,
    /^prctl\(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0\) += 0$/,
    /^landlock_restrict_self\(\d+, 0\) += 0$/,
    /^seccomp\(SECCOMP_SET_MODE_FILTER, .* = 0$/,
    /^execve\(.* = 0$/
  ]
  const effective = calls.filter((call) => !probing.test(call))
  t.match(effective, steps)
  t.equal(effective.length, steps.length)
})

t.test('the exit status is that of env(1)', async (t) => {
  const cases = [
    [/unrecognized option '--frob'/, '--frob', '--', 'true'],
    [/option '--path' requires an argument/, '--path'],
    [/no command/],
    [/no command/, '--no-landlock', '--'],
    [/open network namespace osh-none: No such file/, '--netns', 'osh-none', '--', 'true'],
    [/open network namespace \/osh-none: No such file/, '--netns', '/osh-none', '--', 'true'],
    [/setns \/etc\/passwd: Invalid argument/, '--netns', '/etc/passwd', '--', 'true'],
    [/--user takes/, '--user', 'root', '--', 'true'],
    [/--user takes/, '--user', '1:', '--', 'true'],
    [/--user takes/, '--user', '-1', '--', 'true'],
    [/--user takes/, '--user', '4294967295', '--', 'true'],
    [/--no-path \/var: no such path is open/, '--no-path', '/var', '--', 'true'],
    [/EFROB: not a known ERRNO/, '--errno', 'EFROB', '--', 'true'],
    [/4095: not a known ERRNO/, '--errno', '4095', '--', 'true'],
    [/-1: not a known ERRNO/, '--errno', '-1', '--', 'true'],
    [/: not a known ERRNO/, '--deny-syscall', 'getpid=', '--', 'true'],
    [/ipx: not a known FAMILY/, '--deny-family', 'inet,ipx', '--', 'true'],
    [/: not a known FAMILY/, '--deny-family', 'inet,', '--', 'true'],
    [/SIOCFROB: not a known REQUEST/, '--deny-ioctl', 'SIOCFROB', '--', 'true'],
    [/4294967296: not a known REQUEST/, '--deny-ioctl', '4294967296', '--', 'true'],
    [/frob: not a system call/, '--deny-syscall', 'frob', '--', 'true'],
    [/socketcall: not a system call/, '--deny-syscall', 'socketcall', '--', 'true']
  ]
  for (const [message, ...args] of cases) {
    const { status, stdout, stderr } = sandbox(...args)
    t.strictSame({ status, stdout }, { status: 125, stdout: '' }, args.join(' '))
    t.match(stderr, message)
    t.match(stderr, /^[^\n]+\n$/, 'one line')
  }
  t.match(sandbox('--', '/osh-none'), {
    status: 127,
    stderr: /^sandbox: execvp \/osh-none: No such/
  })
  t.match(sandbox('--', '/etc/passwd'), { status: 126, stderr: /execvp .*: Permission denied\n$/ })
  t.match(sandbox('--deny-syscall', 'execve=EIO', '--', '/usr/bin/true'), { status: 126 })
  t.match(sandbox('--', PERL, '-e', 'exit 7'), { status: 7, stderr: '' })
  t.match(sandbox('--', PERL, '-e', 'kill 9, $$'), { status: null, signal: 'SIGKILL' })
  t.match(sandbox('/usr/bin/echo', '--help'), { status: 0, stdout: /^Usage: \S*echo / })
})

t.test('--help lists each option', async (t) => {
  const { status, stdout, stderr } = sandbox('--help')
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  const listed = [...stdout.matchAll(/^ {2}--([\w-]+) (\S*) {2,}\S.*$/gm)].map((match) => match[1])
  t.strictSame(listed, [
    ...['netns', 'user', 'no-landlock', 'require-landlock', 'path', 'no-path', 'errno'],
    ...['deny-family', 'deny-socketpair', 'deny-syscall', 'deny-ioctl', 'swallow-netlink', 'help']
  ])
  for (const word of ['EAFNOSUPPORT', 'packet', 'SIOCGIFNETMASK', '/dev/urandom', ' 125 ']) {
    t.match(stdout, word)
  }
})
