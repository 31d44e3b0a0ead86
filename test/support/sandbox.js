'use strict'

// A namespace for tests of the launcher, and programs that report what they can do in a sandbox there. The
// launcher's options come from the tests.

const { Namespace, vethPair } = require('./namespace')

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

/** Scripts for perl(1), which starts faster than Node. Each prints an errno for each call; 0 is success. */
const PROBES = {
  append: 'print join " ", map { open(my $f, ">>", $_) ? 0 : $!+0 } @ARGV',
  // The first argument is the name of a link.
  ioctl: `
    socket(my $socket, 2, 2, 0) or die;
    my $name = shift;
    print join " ", map {
      my $request = pack($_ == 0x8910 ? "x16 i x20" : "a16 x24", $_ == 0x8910 ? 1 : $name);
      $request = pack("x40") if $_ == 0x8912;
      ioctl($socket, $_, $request) ? 0 : $!+0
    } @ARGV`,
  // The arguments are the number of ioctl(2) and a request.
  ioctlCall: `
    socket(my $socket, 2, 2, 0) or die;
    my $request = "\\0" x 40;
    print syscall($ARGV[0]+0, fileno $socket, $ARGV[1]+0, $request) < 0 ? $!+0 : 0`,
  killAndChdir: 'print join " ", kill(0, $$) ? 0 : $!+0, chdir("/") ? 0 : $!+0',
  mkdir: 'print join " ", map { mkdir($_) ? 0 : $!+0 } @ARGV',
  read: 'print join " ", map { (-d $_ ? opendir(my $d, $_) : open(my $f, "<", $_)) ? 0 : $!+0 } @ARGV',
  socket: 'print join " ", map { socket(my $s, $_, 2, 0) ? 0 : $!+0 } @ARGV',
  // The arguments are the number of socket(2) and a family.
  socketCall: 'print syscall($ARGV[0]+0, $ARGV[1]+0, 3, 0) < 0 ? $!+0 : 0',
  socketpair: 'print socketpair(my $a, my $b, 1, 2, 0) ? 0 : $!+0',
  syscall: 'print join " ", map { syscall($_, 0, 0) < 0 ? $!+0 : 0 } @ARGV'
}

/** A script for Node that prints the errno of the native function; 0 is success. */
const NATIVE = `
  try {
    os.networkInterfaces()
    console.log(0)
  } catch ({ message, errno }) {
    if (!message.includes('uv_interface_addresses')) throw message
    console.log(errno)
  }`

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

// A thread that posts a message when it has loaded the addon, and then calls without pause.
const CALLER = `
  const { networkInterfaces } = require('osh-ifaddrs')
  networkInterfaces()
  require('node:worker_threads').parentPort.postMessage(0)
  for (;;) networkInterfaces()`

/**
 * Functions that run a program in a sandbox in the namespace, assert that it succeeds, and return its output.
 * `errnos` runs one of PROBES, `native` calls the native function.
 *
 * @param {Namespace} ns
 */
function makeRunners(ns) {
  const output = (t, launch, command, ...args) => {
    const { status, signal, stdout, stderr } = ns.exec(command, args, { launch })
    t.strictSame({ status, signal, stderr }, { status: 0, signal: null, stderr: '' }, `${launch}`)
    return stdout.trim()
  }
  const perl = (t, launch, script, ...args) => output(t, launch, PERL, '-e', script, '--', ...args)
  const node = (t, launch, script, ...args) =>
    output(t, launch, process.execPath, '-e', script, '--', ...args)
  const errnos = (t, launch, probe, ...args) =>
    perl(t, launch, PROBES[probe], ...args)
      .split(' ')
      .map(Number)
  const native = (t, launch) => Number(node(t, launch, NATIVE))
  const report = (t, launch) => JSON.parse(node(t, launch, REPORT))
  return { errnos, native, node, perl, report }
}

/** A namespace with a veth pair, one end of which has an address of each family. The test's end removes it. */
function makeNamespace(t, label) {
  const ns = Namespace.create(label)
  t.teardown(() => ns.remove())
  vethPair(ns, ns, { left: 'd0', right: 'd1' })
  ns.batch(['link set lo up', 'addr add 10.0.0.1/24 dev d0', 'addr add fd00::1/64 dev d0'])
  ns.settle()
  return ns
}

module.exports = { CALLER, FAMILIES, PERL, REPORT, REQUESTS, makeNamespace, makeRunners }
