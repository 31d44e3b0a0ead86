'use strict'

// Tests of the launcher's filter: it refuses the system calls in its options, and no others. With a launcher that
// denies nothing, every other test would pass.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { PERL, REPORT, makeNamespace, makeRunners } = require('./support/sandbox')
const { requirements } = require('./support/namespace')

const { EACCES, EINVAL, EIO, ENOSYS, EPERM } = os.constants.errno
const NOBODY = 65534

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
// clone3 has the same number on every architecture.
const CLONE3 = 435
const numbers = { x64: { ioctl: 16, socket: 41 }, arm64: { ioctl: 29, socket: 198 } }[process.arch]

// Each prints one errno per argument; 0 is success.
const PROBE_SOCKET = 'print join " ", map { socket(my $s, $_, 2, 0) ? 0 : $!+0 } @ARGV'
const PROBE_SOCKETPAIR = 'print socketpair(my $a, my $b, 1, 2, 0) ? 0 : $!+0'
const PROBE_SYSCALL = 'print join " ", map { syscall($_, 0, 0) < 0 ? $!+0 : 0 } @ARGV'
const PROBE_IOCTL = `
  socket(my $socket, 2, 2, 0) or die;
  my $name = shift;
  print join " ", map {
    my $request = pack($_ == 0x8910 ? "x16 i x20" : "a16 x24", $_ == 0x8910 ? 1 : $name);
    $request = pack("x40") if $_ == 0x8912;
    ioctl($socket, $_, $request) ? 0 : $!+0
  } @ARGV`

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

// Hundreds of processes are slow on a busy machine.
t.setTimeout(120_000)

const ns = makeNamespace(t, 'sandbox')
const { node, perl, report } = makeRunners(ns)

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
  t.match(sandboxed, {
    uid: NOBODY,
    gid: NOBODY,
    groups: '',
    capabilities: '0000000000000000',
    noNewPrivileges: '1',
    seccomp: '0',
    ipv6: 4
  })
})

t.test('the native function works in an undumpable process', async (t) => {
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
  t.strictSame(
    owner,
    { [0o755]: NOBODY, [0o711]: 0 },
    'root owns /proc/self of an undumpable process'
  )
})

t.test('the native function fails with the errno of the denial', async (t) => {
  const names = ['EPERM', 'EACCES', 'EOPNOTSUPP', 'EAFNOSUPPORT']
  for (const name of names) {
    const launch = ['--errno', name, '--deny-family']
    t.equal(node(t, [...launch, 'netlink'], NATIVE), `${os.constants.errno[name]}`)
    t.equal(node(t, [...launch, 'inet,inet6,unix,packet'], NATIVE), '0')
  }
  t.equal(node(t, ['--deny-family', 'netlink'], NATIVE), `${EPERM}`, 'EPERM by default')
})

t.test('--deny-family denies the given families and no other', async (t) => {
  const names = Object.keys(FAMILIES)
  const probe = (...launch) =>
    perl(t, ['--errno', 'EIO', ...launch], PROBE_SOCKET, ...Object.values(FAMILIES))
      .split(' ')
      .map(Number)
  // Packet sockets need CAP_NET_RAW.
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
  t.equal(probe('--deny-socketpair', '--errno', 'EIO'), EIO, '--errno may follow')
})

t.test('--errno accepts names and numbers', async (t) => {
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

t.test('the upper half of a register does not bypass the filter', { skip: !numbers }, async (t) => {
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
  t.equal(socket(), '0', 'control: the kernel ignores it')
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
})

// Only x86-64 has the x32 ABI.
if (process.arch === 'x64') {
  t.test('a filter kills a process that uses another architecture’s system calls', async (t) => {
    // 0x40000027 is getpid of x32.
    const call = (launch) =>
      ns.exec(PERL, ['-e', 'print syscall(0x40000027) < 0 ? $!+0 : 0'], { launch })
    t.match(call([]), { status: 0 })
    t.match(call(['--deny-family', 'netlink']), { status: null, signal: 'SIGSYS' })
  })
}

t.test('every filter refuses clone3 with ENOSYS', async (t) => {
  const probe = (...launch) => Number(perl(t, launch, PROBE_SYSCALL, CLONE3))
  t.equal(probe(), EINVAL, 'control: the kernel has it and rejects these arguments')
  t.equal(probe('--deny-socketpair'), ENOSYS)
  t.equal(probe('--deny-syscall', 'clone3=EACCES', '--errno', 'EIO'), ENOSYS)
  const thread = `new (require('node:worker_threads').Worker)('console.log(42)', { eval: true })`
  t.equal(node(t, ['--deny-family', 'all'], thread), '42', 'libc makes threads with clone instead')
})
