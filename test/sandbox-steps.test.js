'use strict'

// Tests of the launcher (test/sandbox/launch.c): it takes each step that its options request, in OpenShell's
// order, and reports what it cannot do.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { PERL, makeNamespace, makeRunners } = require('./support/sandbox')
const { launcher, projectRoot, requirements } = require('./support/namespace')

const { EACCES } = os.constants.errno
const NOBODY = 65534

// Reads files and directories. Not in Node, which does not start if it cannot read its own files.
const PROBE_READ = `
  print join " ", map {
    (-d $_ ? opendir(my $d, $_) : open(my $f, "<", $_)) ? "open" : $!{EACCES} ? "EACCES" : $!
  } @ARGV`

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

// Hundreds of processes are slow on a busy machine.
t.setTimeout(120_000)

const ns = makeNamespace(t, 'steps')
const { perl, report } = makeRunners(ns)

/** Runs the launcher itself. */
const sandbox = (...args) => spawnSync(launcher, args, { encoding: 'utf8', cwd: '/' })

t.test('Landlock closes paths that are not named', async (t) => {
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

t.test('Landlock allows writing only to /dev/null', async (t) => {
  const target = path.join(os.tmpdir(), `osh-${process.pid}`)
  t.teardown(() => fs.rmSync(target, { recursive: true, force: true }))
  const make = 'print mkdir($ARGV[0]) ? 0 : $!+0'
  t.equal(perl(t, [], make, target), `${EACCES}`)
  t.equal(perl(t, ['--path', os.tmpdir()], make, target), `${EACCES}`, 'not to an open path either')
  t.equal(perl(t, ['--no-landlock'], make, target), '0')
  const write = 'print join " ", map { open(my $f, ">>", $_) ? 0 : $!+0 } @ARGV'
  t.equal(perl(t, [], write, '/dev/null', '/dev/zero'), `0 ${EACCES}`)
  t.equal(perl(t, ['--path', '/dev/zero'], write, '/dev/zero'), `${EACCES}`)
  t.equal(perl(t, ['--no-landlock'], write, '/dev/null', '/dev/zero'), '0 0')
  // Not with perl, which itself opens /dev/null.
  const read = (...launch) => sandbox(...launch, '--', '/usr/bin/cat', '/dev/null')
  t.match(read(), { status: 0 })
  t.match(read('--no-path', '/dev/null'), { status: 1, stderr: /Permission denied/ })
})

t.test('Landlock allows running programs only from open paths', async (t) => {
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
  t.match(ns.node([library], run), { status: 0, stdout: 'frob' }, 'the prefix of execPath is open')
})

t.test('the project and node are open', async (t) => {
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
  t.equal(netns('--netns', '/proc/self/ns/net'), outside)
})

t.test('/proc shows no_new_privs and the filter', async (t) => {
  t.match(report(t, ['--user', 'keep']), { noNewPrivileges: '1', seccomp: '0' })
  t.match(report(t, ['--deny-socketpair']), { noNewPrivileges: '1', seccomp: '2' })
})

t.test('the steps are in OpenShell’s order', async (t) => {
  const file = path.join(t.testdir(), 'trace')
  const traced = 'setns,setgroups,setresgid,setresuid,prctl,landlock_restrict_self,seccomp,execve'
  const args = ['-qq', '-s0', '-o', file, '-e', `trace=${traced}`, launcher]
  const sandboxArgs = ['--netns', ns.name, '--deny-family', 'netlink', '--', '/usr/bin/true']
  const { error, status } = spawnSync('strace', [...args, ...sandboxArgs], { encoding: 'utf8' })
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
