'use strict'

// The doctor prints its report, or one line that says why it cannot, whatever is missing or refused.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { projectRoot } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')
const { makeTemporaryFolder } = require('../support/temporary-folder')

skipWithout(t, 'strace')

const CLI = path.join(projectRoot, 'lib/command-line/cli.js')
const NETLINK = ['--deny-family', 'netlink']
const FAILS = /^os\.networkInterfaces\(\) fails here\. This command makes it answer:\n {4}node -r /

const ns = makeNamespace(t, 'doctor-robust')
const doctor = (options, args = []) => ns.node([...args, CLI, 'doctor'], options)

/** Runs the doctor in a shell, where $doctor is its command. */
function inShell(script, options) {
  const line = `doctor="'${process.execPath}' '${CLI}' doctor"; ${script}`
  return ns.exec('/bin/sh', ['-c', line], options)
}

t.test('standard output does not take it', async (t) => {
  const launch = [...NETLINK, '--user', 'keep', '--no-landlock']
  for (const args of ['', '--json', '--help']) {
    const full = inShell(`eval "$doctor" ${args} >/dev/full`, { launch })
    t.match(full, { status: 1, stdout: '' })
    t.match(full.stderr, /^osh-ifaddrs: cannot print: ENOSPC: .*\n$/, 'one line, no stack')
    const mute = inShell(`eval "$doctor" ${args} >/dev/full 2>/dev/full`, { launch })
    t.match(mute, { status: 1, stdout: '', stderr: '' }, 'the status is left')
  }
  t.match(inShell('eval "$doctor" >&-', { launch }), { status: 1, stderr: '' }, 'closed')
})

t.test('standard output is a socket, of which the sandbox lets nobody ask', async (t) => {
  // As in Codex's sandbox, where process.stdout drops everything.
  const launch = ['--deny-syscall', 'getsockname', '--deny-syscall', 'getsockopt']
  const drops = ns.node('process.stdout.write("text")', { launch })
  t.equal(drops.stdout, '', 'control')
  t.match(doctor({ launch }).stdout, FAILS)
  for (const args of [['--help'], ['list'], ['register-path'], ['preload-path']])
    t.not(ns.node([CLI, ...args], { launch }).stdout, '', args.join())
  t.match(ns.node([CLI, 'frob'], { launch }).stderr, /^osh-ifaddrs: Unknown command/)
})

t.test('standard output is full for a moment', async (t) => {
  const script = `
import fcntl, os, subprocess, sys, time
reader, writer = os.pipe()
fcntl.fcntl(writer, 1031, 4096)  # F_SETPIPE_SZ
os.write(writer, b' ' * 4000)
os.set_blocking(writer, False)
child = subprocess.Popen(sys.argv[1:], stdout=writer)
os.close(writer)
time.sleep(0.5)
text = b''
while (part := os.read(reader, 4096)):
    text += part
    time.sleep(0.01)
sys.stdout.buffer.write(text)
sys.exit(child.wait())`
  const args = ['-c', script, process.execPath, CLI, 'doctor', '--json']
  const { status, stdout, stderr } = ns.exec('python3', args, { launch: NETLINK })
  t.match({ status, stderr }, { status: 1, stderr: '' })
  t.ok(stdout.length > 4096, 'control: more than the pipe holds at once')
  t.equal(JSON.parse(stdout).format, 1)
})

t.test('without /proc', async (t) => {
  const inNowhere = ['umount', '--lazy', '/proc']
  const launch = ['--user', 'keep', '--no-landlock']
  const script = `${inNowhere.join(' ')} && exec "$@"`
  const sandbox = path.join(projectRoot, 'test/build/sandbox')
  const args = ['--mount', 'sh', '-euc', script, 'sh', sandbox, ...launch, ...NETLINK]
  const node = ['--', process.execPath, CLI, 'doctor']
  const { status, stdout, stderr } = ns.exec('unshare', [...args, ...node], { launch })
  t.match({ status, stderr }, { status: 1, stderr: '' })
  t.match(stdout, FAILS)
  t.match(stdout, 'seccomp unknown, new privileges unknown, no label')
  t.match(stdout, 'the call: socket(AF_NETLINK), with EPERM (errno 1)')
})

t.test('without HOME, PATH or any variable', async (t) => {
  const args = ['-i', process.execPath, CLI, 'doctor']
  const { status, stdout, stderr } = ns.exec('/usr/bin/env', args, { launch: NETLINK })
  t.match({ status, stderr }, { status: 1, stderr: '' })
  t.match(stdout, FAILS)
  const env = { HOME: '/gone', TMPDIR: '/gone', LANG: 'xx_XX', TERM: 'odd', TZ: 'odd' }
  t.match(doctor({ launch: NETLINK, env }), { status: 1, stdout: FAILS, stderr: '' })
})

// Neither npm nor Debian has a Node without ICU, so its regular expressions are imitated.
t.test('without ICU', async (t) => {
  const folder = makeTemporaryFolder(t)
  const file = path.join(folder, 'no-icu.js')
  fs.writeFileSync(
    file,
    `const Original = RegExp
    globalThis.RegExp = new Proxy(Original, {
      construct(target, [pattern, flags]) {
        if (/\\\\p\\{/.test(pattern)) throw new SyntaxError('Invalid property name')
        return new target(pattern, flags)
      }
    })`
  )
  const launch = [...NETLINK, '--path', folder]
  t.match(doctor({ launch }, ['-r', file]), { status: 1, stdout: FAILS, stderr: '' })
  const list = ns.node(['-r', file, CLI], { launch })
  t.match(list, { status: 0, stdout: /10\.0\.0\.1/, stderr: '' })
  const names = fs.readdirSync(path.join(projectRoot, 'lib'), { recursive: true })
  for (const name of names.filter((name) => name.endsWith('.js'))) {
    const text = fs.readFileSync(path.join(projectRoot, 'lib', name), 'utf8')
    t.notMatch(text, /[^\\]\\p\{|\bIntl\.|localeCompare|\.normalize\(|toLocale/, name)
  }
})

t.test('under --permission, without the right to read anything else', async (t) => {
  const [major] = process.versions.node.split('.').map(Number)
  const options = major < 22 ? ['--experimental-permission', '--no-warnings'] : ['--permission']
  const args = [...options, `--allow-fs-read=${projectRoot}`]
  const { status, stdout, stderr } = doctor({ launch: NETLINK }, args)
  t.match({ status, stderr }, { status: 2, stderr: '' })
  t.match(
    stdout,
    /^os\.networkInterfaces\(\) fails here, and this package cannot be loaded\.\n {4}node /
  )
})

t.test('under --permission, without the right to read package.json', async (t) => {
  const [major] = process.versions.node.split('.').map(Number)
  const options = major < 22 ? ['--experimental-permission', '--no-warnings'] : ['--permission']
  const args = [...options, `--allow-fs-read=${projectRoot}/lib`]
  const { status, stdout, stderr } = doctor({ launch: NETLINK }, args)
  t.match({ status, stdout }, { status: 1, stdout: '' })
  t.match(stderr, /^osh-ifaddrs: .*restricted.*\n$/, 'one line')
})

t.test('os.networkInterfaces() is not what it was', async (t) => {
  const folder = makeTemporaryFolder(t)
  const launch = [...NETLINK, '--path', folder]
  const values = ['undefined', 'null', '7', '() => { throw 7 }', '() => null', '() => ({ a: 7 })']
  for (const [index, value] of values.entries()) {
    const file = path.join(folder, `${index}.js`)
    fs.writeFileSync(file, `require('node:os').networkInterfaces = ${value}`)
    const { status, stderr } = doctor({ launch }, ['-r', file])
    t.ok([1, 2].includes(status), value)
    t.notMatch(stderr, /\n {4}at /, `${value}: no stack`)
  }
})

t.test('one system call is refused', async (t) => {
  const trace = path.join(makeTemporaryFolder(t), 'trace')
  const args = ['-f', '-o', trace, process.execPath, CLI, 'doctor']
  ns.exec('strace', args, { launch: ['--user', 'keep', '--no-landlock', ...NETLINK] })
  const calls = [...fs.readFileSync(trace, 'utf8').matchAll(/^\d+ +(\w+)\(/gm)].map(
    ([, call]) => call
  )
  let tried = 0
  // Without these nothing ends.
  for (const call of new Set(calls.filter((call) => !/^exit(_group)?$/.test(call)))) {
    const launch = [...NETLINK, '--deny-syscall', `${call}=EPERM`]
    const control = ns.node('require("node:fs").writeSync(1, "works")', { launch })
    if (control.stdout !== 'works') continue
    tried++
    const { status, signal, stdout, stderr } = doctor({ launch })
    t.ok(status !== null, `${call}: ${signal}`)
    t.match(stdout, /^(os\.networkInterfaces\(\) fails here|Neither os)/, `${call}: ${stderr}`)
  }
  t.ok(tried > 15, `${tried} calls without which Node itself starts`)
})
