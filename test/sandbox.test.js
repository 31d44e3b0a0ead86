'use strict'

// The tests' own tools: that the launcher denies what it is told to, and nothing else. A launcher
// that denied nothing would let every other test pass.

const { spawnSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { Namespace, launcher, projectRoot, requirements, vethPair } = require('./support/namespace')

const { EACCES, EINVAL, EIO, ENOSYS, EPERM } = os.constants.errno
const NOBODY = 65534
const PERL = '/usr/bin/perl'

const FAMILIES = { netlink: 16, inet: 2, inet6: 10, unix: 1, packet: 17 }
const REQUESTS = {
  SIOCGIFCONF: 0x8912,
  SIOCGIFFLAGS: 0x8913,
  SIOCGIFHWADDR: 0x8927,
  SIOCGIFNAME: 0x8910,
  SIOCGIFINDEX: 0x8933,
  SIOCGIFADDR: 0x8915,
  SIOCGIFNETMASK: 0x891b
}
// clone3 has one number everywhere.
const CLONE3 = 435
const numbers = { x64: { ioctl: 16, socket: 41 }, arm64: { ioctl: 29, socket: 198 } }[process.arch]

// Each prints one errno per argument, 0 for none.
const PROBE_SOCKET = 'print join " ", map { socket(my $s, $_, 2, 0) ? 0 : $!+0 } @ARGV'
const PROBE_SOCKETPAIR = 'print socketpair(my $a, my $b, 1, 2, 0) ? 0 : $!+0'
// A file or directory. Node would not do here: it does not start if it may not read its own files.
const PROBE_READ = `
  print join " ", map {
    (-d $_ ? opendir(my $d, $_) : open(my $f, "<", $_)) ? "open" : $!{EACCES} ? "EACCES" : $!
  } @ARGV`
const PROBE_SYSCALL = 'print join " ", map { syscall($_, 0, 0) < 0 ? $!+0 : 0 } @ARGV'
const PROBE_IOCTL = `
  socket(my $socket, 2, 2, 0) or die;
  my $name = shift;
  print join " ", map {
    my $request = pack($_ == 0x8910 ? "x16 i x20" : "a16 x24", $_ == 0x8910 ? 1 : $name);
    $request = pack("x40") if $_ == 0x8912;
    ioctl($socket, $_, $request) ? 0 : $!+0
  } @ARGV`

const REPORT = `
  const fs = require('node:fs')
  const status = fs.readFileSync('/proc/self/status', 'utf8')
  const field = (name) => status.match(new RegExp('^' + name + ':[ \\\\t]*(.*)$', 'm'))[1]
  console.log(JSON.stringify({
    interfaces: os.networkInterfaces(),
    uid: process.getuid(),
    gid: process.getgid(),
    groups: field('Groups').trim(),
    capabilities: field('CapEff'),
    noNewPrivileges: field('NoNewPrivs'),
    seccomp: field('Seccomp'),
    owner: fs.statSync('/proc/self/status').uid,
    netns: fs.readlinkSync('/proc/self/ns/net'),
    ipv6: fs.readFileSync('/proc/net/if_inet6', 'utf8').trim().split('\\n').length
  }))`

const NATIVE = `
  try {
    os.networkInterfaces()
    console.log(0)
  } catch ({ message, errno }) {
    if (!message.includes('uv_interface_addresses')) throw message
    console.log(errno)
  }`

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

// Hundreds of processes take their time on a busy machine.
t.setTimeout(120_000)

const ns = Namespace.create('sandbox')
t.teardown(() => ns.remove())
vethPair(ns, ns, { left: 'd0', right: 'd1' })
ns.batch(['link set lo up', 'addr add 10.0.0.1/24 dev d0', 'addr add fd00::1/64 dev d0'])
ns.settle()

/** What a program prints in the cage; it must succeed. */
function output(t, launch, command, ...args) {
  const { status, signal, stdout, stderr } = ns.exec(command, args, { launch })
  t.strictSame({ status, signal, stderr }, { status: 0, signal: null, stderr: '' }, `${launch}`)
  return stdout.trim()
}

const perl = (t, launch, script, ...args) => output(t, launch, PERL, '-e', script, '--', ...args)
const node = (t, launch, script, ...args) =>
  output(t, launch, process.execPath, '-e', script, '--', ...args)
const report = (t, launch) => JSON.parse(node(t, launch, REPORT))

/** Runs the launcher itself. */
const sandbox = (...args) => spawnSync(launcher, args, { encoding: 'utf8', cwd: '/' })

t.test('the native function works in the cage while nothing is denied', async (t) => {
  const plain = report(t, undefined)
  t.strictSame(Object.keys(plain.interfaces).sort(), ['d0', 'd1', 'lo'])
  t.strictSame(
    plain.interfaces.d0.map(({ cidr }) => cidr).filter((cidr) => !cidr.startsWith('fe80')),
    ['10.0.0.1/24', 'fd00::1/64']
  )
  t.match(plain, { uid: 0, ipv6: 4, seccomp: '0' })

  const caged = report(t, [])
  t.strictSame(caged.interfaces, plain.interfaces)
  t.match(caged, {
    uid: NOBODY,
    gid: NOBODY,
    groups: '',
    capabilities: '0000000000000000',
    noNewPrivileges: '1',
    seccomp: '0',
    ipv6: 4
  })
})

t.test('undumpable, which only an unreadable program stays, it works too', async (t) => {
  // exec makes a process dumpable again unless its user may not read the program.
  const execPath = path.join(t.testdir(), 'node')
  fs.copyFileSync(process.execPath, execPath)
  const owner = {}
  for (const mode of [0o755, 0o711]) {
    fs.chmodSync(execPath, mode)
    const { status, stdout, stderr } = ns.node(REPORT, { launch: [], execPath })
    t.equal(status, 0, stderr)
    const caged = JSON.parse(stdout)
    owner[mode] = caged.owner
    t.strictSame(Object.keys(caged.interfaces).sort(), ['d0', 'd1', 'lo'])
    t.equal(caged.ipv6, 4)
  }
  t.strictSame(owner, { [0o755]: NOBODY, [0o711]: 0 }, '/proc/self is owned by root if undumpable')
})

t.test('the native function fails with the errno that netlink is denied with', async (t) => {
  const names = ['EPERM', 'EACCES', 'EOPNOTSUPP', 'EAFNOSUPPORT']
  for (const name of names) {
    const launch = ['--errno', name, '--deny-family']
    t.equal(node(t, [...launch, 'netlink'], NATIVE), `${os.constants.errno[name]}`)
    t.equal(node(t, [...launch, 'inet,inet6,unix,packet'], NATIVE), '0')
  }
  t.equal(node(t, ['--deny-family', 'netlink'], NATIVE), `${EPERM}`, 'EPERM by default')
})

t.test('--deny-family denies the families it is told to and no other', async (t) => {
  const names = Object.keys(FAMILIES)
  const probe = (...launch) =>
    perl(t, ['--errno', 'EIO', ...launch], PROBE_SOCKET, ...Object.values(FAMILIES))
      .split(' ')
      .map(Number)
  // Packet sockets need a capability.
  const open = [0, 0, 0, 0, EPERM]
  const denied = (...families) =>
    names.map((name, index) => (families.includes(name) ? EIO : open[index]))

  t.strictSame(probe(), open)
  for (const name of names) t.strictSame(probe('--deny-family', name), denied(name))
  t.strictSame(probe('--deny-family', 'netlink,inet'), denied('netlink', 'inet'))
  t.strictSame(
    probe('--deny-family', 'unix', '--deny-family', 'inet6'),
    denied('unix', 'inet6'),
    'repeated'
  )
  t.strictSame(probe('--deny-family', '16'), denied('netlink'), 'by number')
  t.strictSame(probe('--deny-family', 'all'), denied(...names))
  t.strictSame(probe('--deny-family', 'inet,all'), denied(...names))
  t.strictSame(probe('--deny-socketpair'), open)
})

t.test('socketpair is another system call than socket', async (t) => {
  const probe = (...launch) => Number(perl(t, launch, PROBE_SOCKETPAIR))
  t.equal(probe(), 0)
  t.equal(probe('--deny-family', 'all'), 0)
  t.equal(probe('--deny-family', 'unix'), 0)
  t.equal(probe('--deny-socketpair'), EPERM)
  t.equal(probe('--deny-socketpair', '--errno', 'EIO'), EIO, '--errno may come later')
})

t.test('--errno understands names and numbers', async (t) => {
  const names =
    'EPERM EACCES EOPNOTSUPP EAFNOSUPPORT EPROTONOSUPPORT ENOSYS EMFILE ENFILE ENOMEM ENOBUFS ' +
    'EINTR EAGAIN EINVAL EIO ENODEV ENOENT ENOSPC ENOTTY ENXIO ENETDOWN EBUSY EADDRINUSE'
  const probe = (error) =>
    Number(perl(t, ['--deny-socketpair', '--errno', error], PROBE_SOCKETPAIR))
  for (const name of names.split(' ')) t.equal(probe(name), os.constants.errno[name], name)
  t.equal(probe('4094'), 4094)
  t.equal(probe('0x5f'), 0x5f)
})

t.test('--deny-syscall denies any system call', async (t) => {
  const script = 'print join " ", kill(0, $$) ? 0 : $!+0, chdir("/") ? 0 : $!+0'
  const probe = (...launch) => perl(t, launch, script)
  t.equal(probe(), '0 0')
  t.equal(probe('--deny-syscall', 'kill'), `${EPERM} 0`)
  t.equal(probe('--deny-syscall', 'chdir'), `0 ${EPERM}`)
  t.equal(probe('--deny-syscall', 'kill', '--errno', 'EACCES'), `${EACCES} 0`)
  t.equal(probe('--deny-syscall', 'kill=EIO', '--errno', 'EACCES'), `${EIO} 0`)
  t.equal(probe('--deny-syscall', 'kill=77', '--deny-syscall', 'chdir'), `77 ${EPERM}`)
  t.equal(probe('--deny-syscall', 'kill=EIO', '--deny-syscall', 'kill=EPERM'), `${EIO} 0`)
})

t.test('--deny-ioctl denies one request', async (t) => {
  const names = Object.keys(REQUESTS)
  const probe = (...launch) =>
    perl(t, launch, PROBE_IOCTL, 'd0', ...Object.values(REQUESTS))
      .split(' ')
      .map(Number)
  const denied = (name, error) => names.map((other) => (other === name ? error : 0))
  t.strictSame(probe(), denied('none', 0))
  for (const name of names) {
    t.strictSame(probe('--deny-ioctl', `${name}=EIO`), denied(name, EIO))
    t.strictSame(probe('--deny-ioctl', `${REQUESTS[name]}`), denied(name, EPERM))
  }
  const two = probe('--deny-ioctl', 'SIOCGIFCONF', '--deny-ioctl', 'SIOCGIFNETMASK=5')
  t.strictSame(two, [EPERM, 0, 0, 0, 0, 0, EIO])
})

t.test(
  'an upper half of a register slips nothing past the filter',
  { skip: !numbers },
  async (t) => {
    const high = (value) => `${0x100000000 + value}`
    const socket = (...launch) =>
      perl(
        t,
        launch,
        'print syscall(shift(@ARGV)+0, map { $_+0 } @ARGV) < 0 ? $!+0 : 0',
        numbers.socket,
        high(16),
        3,
        0
      )
    t.equal(socket(), '0', 'the kernel does not look at it')
    t.equal(socket('--deny-family', 'netlink'), `${EPERM}`)
    const ioctl = (...launch) =>
      perl(
        t,
        launch,
        'socket(my $s, 2, 2, 0); my $r = "\\0" x 40;' +
          'print syscall($ARGV[0]+0, fileno $s, $ARGV[1]+0, $r) < 0 ? $!+0 : 0',
        numbers.ioctl,
        high(REQUESTS.SIOCGIFCONF)
      )
    t.equal(ioctl(), '0')
    t.equal(ioctl('--deny-ioctl', 'SIOCGIFCONF'), `${EPERM}`)
  }
)

t.test('a filter kills who calls by the numbers of another architecture', async (t) => {
  if (process.arch !== 'x64') return t.skip('x32 is of x86-64 only')
  // getpid of x32
  const call = (launch) =>
    ns.exec(PERL, ['-e', 'print syscall(0x40000027) < 0 ? $!+0 : 0'], { launch })
  t.match(call([]), { status: 0 })
  t.match(call(['--deny-family', 'netlink']), { status: null, signal: 'SIGSYS' })
})

t.test('clone3 is not there under any filter', async (t) => {
  const probe = (...launch) => Number(perl(t, launch, PROBE_SYSCALL, CLONE3))
  t.equal(probe(), EINVAL, 'the kernel has it, and does not like these arguments')
  t.equal(probe('--deny-socketpair'), ENOSYS)
  t.equal(probe('--deny-syscall', 'clone3=EACCES', '--errno', 'EIO'), ENOSYS)
  const thread = `new (require('node:worker_threads').Worker)('console.log(42)', { eval: true })`
  t.equal(node(t, ['--deny-family', 'all'], thread), '42', 'threads are made by clone instead')
})

t.test('Landlock closes what is not named', async (t) => {
  const files = '/var /home /dev /dev/zero /dev/urandom /proc /etc/passwd /usr'.split(' ')
  const probe = (...launch) => perl(t, launch, PROBE_READ, ...files)
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
})

t.test('Landlock lets nothing be written but /dev/null', async (t) => {
  const target = path.join(os.tmpdir(), `osh-${process.pid}`)
  t.teardown(() => fs.rmSync(target, { recursive: true, force: true }))
  const make = 'print mkdir($ARGV[0]) ? 0 : $!+0'
  t.equal(perl(t, [], make, target), `${EACCES}`)
  t.equal(perl(t, ['--path', os.tmpdir()], make, target), `${EACCES}`, 'nor what is opened')
  t.equal(perl(t, ['--no-landlock'], make, target), '0')
  const write = 'print join " ", map { open(my $f, ">>", $_) ? 0 : $!+0 } @ARGV'
  t.equal(perl(t, [], write, '/dev/null', '/dev/zero'), `0 ${EACCES}`)
  t.equal(perl(t, ['--path', '/dev/zero'], write, '/dev/zero'), `${EACCES}`)
  t.equal(perl(t, ['--no-landlock'], write, '/dev/null', '/dev/zero'), '0 0')
  // Not with perl, which needs it for itself.
  const read = (...launch) => sandbox(...launch, '--', '/usr/bin/cat', '/dev/null')
  t.match(read(), { status: 0 })
  t.match(read('--no-path', '/dev/null'), { status: 1, stderr: /Permission denied/ })
})

t.test('Landlock lets programs run from open paths only', async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'osh-'))
  t.teardown(() => fs.rmSync(directory, { recursive: true }))
  fs.chmodSync(directory, 0o755)
  const program = path.join(directory, 'bin', 'cat')
  fs.mkdirSync(path.dirname(program))
  fs.copyFileSync('/usr/bin/cat', program)
  t.equal(ns.exec(program, [], { launch: [] }).status, 126)
  t.equal(ns.exec(program, [], { launch: ['--path', directory] }).status, 0)
  t.equal(ns.exec(program, [], { launch: ['--no-landlock'] }).status, 0)

  const library = path.join(directory, 'library')
  fs.writeFileSync(library, 'frob')
  const run = { launch: [], execPath: program }
  t.match(ns.node([library], run), { status: 0, stdout: 'frob' }, 'with the prefix of the program')
})

t.test('the project and node are open, so that node can load the addon', async (t) => {
  const load = ['-p', 'require("./package.json").name']
  const run = (...launch) => ns.node(load, { launch })
  t.match(run(), { status: 0, stdout: 'osh-ifaddrs\n' })
  t.not(run('--no-path', projectRoot).status, 0)
})

t.test('--user', async (t) => {
  t.match(report(t, ['--user', '1234']), { uid: 1234, gid: 1234, groups: '' })
  t.match(report(t, ['--user', '1234:5678']), { uid: 1234, gid: 5678, groups: '' })
  t.match(report(t, ['--user', '1234', '--user', 'keep']), { uid: 0, gid: 0 })
  t.not(report(t, ['--user', 'keep']).capabilities, '0000000000000000')

  const inner = (...args) => ns.exec(launcher, [...args, '--', '/usr/bin/id', '-u'], { launch: [] })
  t.match(inner(), { status: 125, stderr: /^sandbox: setgroups: Operation not permitted\n$/ })
  t.match(inner('--user', 'keep'), { status: 0, stdout: `${NOBODY}\n` })
})

t.test('--netns takes a name or a path', async (t) => {
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
  t.equal(netns('--netns', '/proc/self/ns/net'), outside)
})

t.test('no_new_privs and the filter show in /proc', async (t) => {
  t.match(report(t, ['--user', 'keep']), { noNewPrivileges: '1', seccomp: '0' })
  t.match(report(t, ['--deny-socketpair']), { noNewPrivileges: '1', seccomp: '2' })
})

t.test('the steps are in the order of OpenShell', async (t) => {
  const file = path.join(t.testdir(), 'trace')
  const traced = 'setns,setgroups,setresgid,setresuid,prctl,landlock_restrict_self,seccomp,execve'
  const args = ['-qq', '-s0', '-o', file, '-e', `trace=${traced}`, launcher]
  const cage = ['--netns', ns.name, '--deny-family', 'netlink', '--', '/usr/bin/true']
  const { error, status } = spawnSync('strace', [...args, ...cage], { encoding: 'utf8' })
  if (error && !process.env.CI) return t.skip('no strace')
  t.equal(status, 0)
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
  const taken = calls.filter((call) => !probing.test(call))
  t.match(taken, steps)
  t.equal(taken.length, steps.length)
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
    [/open \/osh-none: No such file/, '--path', '/osh-none', '--', 'true'],
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
    ...['netns', 'user', 'no-landlock', 'path', 'no-path', 'errno'],
    ...['deny-family', 'deny-socketpair', 'deny-syscall', 'deny-ioctl', 'help']
  ])
  for (const word of ['EAFNOSUPPORT', 'packet', 'SIOCGIFNETMASK', '/dev/urandom', ' 125 ']) {
    t.match(stdout, word)
  }
})

t.test('a namespace', async (t) => {
  const [a, b] = [Namespace.create('tool'), Namespace.create('tool')]
  t.teardown(() => [a, b].forEach((namespace) => namespace.remove()))
  const listed = () => spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout
  t.not(a.name, b.name)
  t.match(a.name, new RegExp(`^osh-tool-${process.pid}-\\d+$`))
  t.match(listed(), new RegExp(`^${a.name}\\b`, 'm'))

  const taken = b.name.replace(/\d+$/, (count) => `${Number(count) + 1}`)
  fs.writeFileSync(`/run/netns/${taken}`, '')
  t.teardown(() => fs.rmSync(`/run/netns/${taken}`))
  const next = Namespace.create('tool')
  t.teardown(() => next.remove())
  t.not(next.name, taken)

  t.equal(JSON.parse(a.ip('-j link show')).length, 1, 'has a loopback link only')
  t.equal(JSON.parse(a.ip(['-j', 'link', 'show'])).length, 1)
  t.throws(() => a.ip('link set frob up'), /^ip -n \S+ link set frob up: Cannot find device/)
  a.batch(['link add d0 type bridge', 'link add d1 type bridge'])
  t.equal(JSON.parse(a.ip('-j link show')).length, 3)
  t.throws(() => a.batch(['link add d2 type bridge', 'frob']), /Command failed|unknown/)
  for (const label of ['', 'a b', '../x']) t.throws(() => Namespace.create(label), TypeError)
  t.throws(() => Namespace.create('x'.repeat(250)), RangeError)

  a.remove()
  t.notMatch(listed(), a.name)
  t.match(listed(), b.name)
  t.doesNotThrow(() => a.remove(), 'is removed twice in peace')
  t.throws(() => a.ip('link show'))
  t.equal(a.exec('true').status, 125)
})

t.test('programs in a namespace', async (t) => {
  const node = (program, options) => {
    const { status, stdout } = ns.node(program, options)
    return { status, stdout: stdout.trim() }
  }
  t.strictSame(node('console.log(process.cwd())'), { status: 0, stdout: projectRoot })
  t.strictSame(node(['-p', '6 * 7'], { cwd: '/' }), { status: 0, stdout: '42' })
  t.strictSame(node('process.exit(3)'), { status: 3, stdout: '' })
  t.match(ns.node('throw new Error("frob")', { launch: [] }), { status: 1, stderr: /frob/ })
  t.match(ns.exec('cat', [], { input: 'frob' }), { stdout: 'frob', status: 0 })
  t.throws(() => ns.exec('sleep', ['60'], { timeout: 50 }), { code: 'ETIMEDOUT' })
  t.equal(ns.exec('nosuchprogram').status, 127)

  const script = (...names) =>
    `console.log(${JSON.stringify(names)}.map((name) => process.env[name] ?? '-').join())`
  const variables = script('OSH_A', 'OSH_B', 'NODE_OPTIONS')
  const env = { OSH_A: '1', OSH_B: undefined, NODE_OPTIONS: '--no-warnings' }
  process.env.OSH_B = process.env.NODE_OPTIONS = '--no-deprecation'
  t.equal(node(variables).stdout, '-,--no-deprecation,-', 'not even that of tap')
  t.equal(node(variables, { env }).stdout, '1,-,--no-warnings')
  t.equal(node(variables, { env, launch: [] }).stdout, '1,-,--no-warnings')
  t.match(`${await once(ns.spawn(variables, { env }).stdout, 'data')}`, '1,-,--no-warnings')

  process.env.NODE_V8_COVERAGE = t.testdir()
  const covers = (launch) => node(script('NODE_V8_COVERAGE'), { launch }).stdout !== '-'
  t.ok(covers(undefined))
  t.ok(covers(['--user', 'keep', '--no-landlock']))
  t.ok(covers(['--user=keep', '--no-landlock']))
  t.notOk(covers([]), 'what cannot write')
  t.notOk(covers(['--user=1234', '--no-landlock']))
  delete process.env.NODE_V8_COVERAGE
})

t.test('what the user cannot reach is said', async (t) => {
  const directory = t.testdir({ closed: { inner: {} } })
  const closed = path.join(directory, 'closed')
  const execPath = path.join(closed, 'inner', 'true')
  fs.copyFileSync('/usr/bin/true', execPath)
  fs.chmodSync(closed, 0o700)
  const run = (launch) => ns.node([], { launch, execPath }).status
  const message = `user 65534 cannot reach ${execPath}: ${execPath.slice(0, -5)} is closed`
  t.throws(() => run([]), { message: `${message.replace('/inner is', ' is')}` })
  t.equal(run(['--user', 'keep']), 0)
  fs.chmodSync(closed, 0o711)
  t.equal(run([]), 0)
})

t.test('two namespaces joined', async (t) => {
  const [a, b] = [Namespace.create('left'), Namespace.create('right')]
  t.teardown(() => [a, b].forEach((namespace) => namespace.remove()))
  vethPair(a, b, { left: 'left0' })
  a.ip('addr add fd00::1/64 dev left0')
  b.ip('addr add fd00::2/64 dev eth0')
  const tentative = (namespace) => namespace.ip('addr show tentative').includes('inet6')
  t.ok(tentative(a), 'duplicate address detection takes its time')
  a.settle()
  b.settle()
  t.notOk(tentative(a))
  t.notOk(tentative(b))

  const server = a.spawn(
    `const server = require('net').createServer((socket) => socket.end('hello'))
    server.listen(4242, 'fd00::1', () => console.log('listening'))`,
    { launch: ['--deny-family', 'netlink'] }
  )
  t.match(`${await once(server.stdout, 'data')}`, 'listening')
  const ask = `require('net').connect(4242, 'fd00::1').pipe(process.stdout)`
  t.match(b.node(ask, { launch: [] }), { status: 0, stdout: 'hello' })
  t.match(a.ip('-j link show left0'), '"LOWER_UP"')

  const sleeper = a.spawnCommand('sleep', ['60'])
  await once(sleeper, 'spawn')
  const ends = [once(server, 'exit'), once(sleeper, 'exit')]
  a.remove()
  t.strictSame(await Promise.all(ends), Array(2).fill([null, 'SIGKILL']), 'end with the namespace')
})

t.test('settling waits for no address that cannot settle, and not for ever', async (t) => {
  const [a, b] = [Namespace.create('left'), Namespace.create('right')]
  t.teardown(() => [a, b].forEach((namespace) => namespace.remove()))
  vethPair(a, b)
  b.ip('link set eth0 down')
  a.batch(['link add d0 type bridge', 'addr add fd00::2/64 dev d0', 'addr add fd00::3/64 dev eth0'])
  a.settle()
  t.match(a.ip('addr show tentative dev eth0'), 'fd00::3')

  b.ip('link set eth0 up')
  a.settle()
  t.notMatch(a.ip('addr show tentative dev eth0'), 'fd00::3')
  b.settle()
  b.ip('addr add fd00::3/64 dev eth0')
  const start = Date.now()
  t.throws(() => b.settle(), new RegExp(`^${b.name}: still unsettled: eth0$`))
  t.ok(Date.now() - start < 6000)
})

t.test('namespaces end with their process', async (t) => {
  const script = `
    const { Namespace } = require('./test/support/namespace')
    const namespace = Namespace.create('child')
    console.log(namespace.name)
    setInterval(() => {}, 1000)`
  const ways = {
    exit: `${script}; process.exit()`,
    loss: `const other = require('./test/support/namespace').Namespace.create('lost')
      require('node:child_process').execFileSync('ip', ['netns', 'del', other.name])
      ${script}; process.exit()`,
    throw: `${script}; throw new Error('frob')`,
    ...{ SIGINT: script, SIGTERM: script, SIGHUP: script, SIGALRM: script }
  }
  for (const [way, program] of Object.entries(ways)) {
    const child = ns.spawn(program, { launch: ['--user', 'keep', '--no-landlock'] })
    const name = `${await once(child.stdout, 'data')}`.trim()
    if (way.startsWith('SIG')) {
      t.ok(fs.existsSync(`/run/netns/${name}`), name)
      child.kill(way)
    }
    const [status, signal] = await once(child, 'exit')
    t.equal(status ?? signal, { exit: 0, loss: 1, throw: 1 }[way] ?? way)
    t.notOk(fs.existsSync(`/run/netns/${name}`), way)
  }
})

t.test('requirements that are not met', async (t) => {
  t.equal(requirements(), null)
  const script = 'console.log(require("./test/support/namespace").requirements())'
  const ask = (env, ...launch) => ns.node(script, { launch, env: { CI: undefined, ...env } })
  const unprivileged = 'only root can make network namespaces'
  t.match(ask({}), { status: 0, stdout: `${unprivileged}\n` })
  t.match(ask({ CI: 'true' }), { status: 1, stderr: `CI lacks what tests need: ${unprivileged}` })
  t.match(ask({ PATH: '/nonexistent' }, '--user', 'keep'), { status: 0, stdout: /ip ENOENT/ })
})
