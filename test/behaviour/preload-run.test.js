'use strict'

// `osh-ifaddrs run`: the program's environment, and that it otherwise behaves as if started directly.

const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('../..')
const { extendEnvironment } = require('../../lib/command-line/environment')
const { Namespace, projectRoot } = require('../support/namespace')
const { requirements } = require('../support/requirements')

const register = path.join(projectRoot, 'lib', 'register.js')
const start = (...args) => [path.join(projectRoot, 'lib', 'command-line', 'cli.js'), 'run', ...args]

// tap loads modules that listen for signals into every Node that child_process starts; env(1) prevents that.
const ENV = '/usr/bin/env'
const unset = ['-u', 'NODE_OPTIONS', '-u', 'LD_PRELOAD']
const clean = (...args) => [...unset, process.execPath, ...start(...args)]

function run(args, options = {}) {
  const child = spawnSync(ENV, clean(...args), { encoding: 'utf8', timeout: 30_000, ...options })
  const { status, signal, stdout, stderr } = child
  return { status, signal, stdout, stderr }
}

t.test('it extends the environment', async (t) => {
  const files = { register: '/a/register.js', preload: '/a/p.so' }
  const extend = (env) => extendEnvironment(env, files)
  t.strictSame(extend({ A: '1' }), {
    A: '1',
    NODE_OPTIONS: '--require=/a/register.js',
    LD_PRELOAD: '/a/p.so'
  })
  const given = { NODE_OPTIONS: '--no-warnings "-r=/b c.js"', LD_PRELOAD: '/x.so:/y.so' }
  const extended = extend(given)
  t.strictSame(extended, {
    NODE_OPTIONS: '--no-warnings "-r=/b c.js" --require=/a/register.js',
    LD_PRELOAD: '/x.so:/y.so /a/p.so'
  })
  t.strictSame(extend(extended), extended, 'only once')
  t.match(extend({ LD_PRELOAD: '/a/p.so:/x.so' }), { LD_PRELOAD: '/a/p.so:/x.so' })
  t.match(extend({ LD_PRELOAD: '/a/p.so2' }), { LD_PRELOAD: '/a/p.so2 /a/p.so' })
  t.match(extend({ NODE_OPTIONS: ' ', LD_PRELOAD: '' }), extend({}), 'empty variables')
  for (const preload of ['/a b/p.so', '/a:b/p.so']) {
    t.throws(() => extendEnvironment({}, { ...files, preload }), { message: preload })
  }
})

t.test('NODE_OPTIONS quotes any path', async (t) => {
  const names = ['plain', 'with blanks', 'with "quotes"', 'back\\slash', '"\\" \\\\']
  const folder = t.testdir({})
  let env = {}
  for (const name of names) {
    const module = path.join(folder, name, 'm.js')
    fs.mkdirSync(path.dirname(module), { recursive: true })
    fs.writeFileSync(module, 'console.log(require("node:path").basename(__dirname))')
    env = extendEnvironment(env, { register: module, preload: '/p' })
  }
  const args = [`NODE_OPTIONS=${env.NODE_OPTIONS}`, process.execPath, '-e', '']
  const child = spawnSync(ENV, args, { encoding: 'utf8' })
  t.strictSame(child.stdout.split('\n'), [...names, ''], child.stderr)
})

t.test('arguments, output and status are passed through', async (t) => {
  const printed = run(['--', 'printf', '<%s>', 'a b', '--', '$x', '']).stdout
  t.equal(printed, '<a b><--><$x><>')
  t.equal(run(['printf', '%s', 'x']).stdout, 'x', 'without --')
  t.strictSame(run(['sh', '-c', 'cat; echo oops >&2; exit 7'], { input: 'in' }), {
    status: 7,
    signal: null,
    stdout: 'in',
    stderr: 'oops\n'
  })
  const { stdout } = run(['sh', '-c', 'echo "$NODE_OPTIONS|$LD_PRELOAD"'])
  t.equal(stdout, `--require=${register}|${preloadPath}\n`)
  const stdio = ['ignore', 'pipe', 'pipe', 'ignore', 'ignore', 'pipe']
  const { output } = spawnSync(ENV, clean('sh', '-c', 'echo five >&5'), { encoding: 'utf8', stdio })
  t.strictSame([output[2], output[5]], ['', 'five\n'], 'other descriptors')
})

t.test('if the program cannot be run, the exit status is that of env(1)', async (t) => {
  t.match(run(['/nonexistent/program']), {
    status: 127,
    stderr: 'osh-ifaddrs: /nonexistent/program: not found\n'
  })
  // In a folder that is closed to the user, a program might be: the status would be 126.
  const env = { ...process.env, PATH: '/usr/bin:/bin' }
  t.match(run(['--', 'no-such-program'], { env }), { status: 127 })
  t.match(run(['']), { status: 127 })
  t.match(run(['/etc/passwd']), { status: 126, stderr: /^osh-ifaddrs: \/etc\/passwd: .*EACCES/ })
  t.match(run(['/etc']), { status: 126, stderr: /EACCES/ })
  // Node throws this error; it reports the others in its result.
  const loop = path.join(t.testdir({}), 'loop')
  fs.symlinkSync('loop', loop)
  t.match(run([loop]), { status: 126, stderr: /ELOOP/ })
  t.match(run([]), { status: 125, stderr: /Usage/ })
})

t.test('a signal that ends the program ends osh-ifaddrs run', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGUSR1', 'SIGABRT']) {
    t.match(run(['sh', '-c', `kill -${signal.slice(3)} $$`]), { status: null, signal })
  }
  t.match(run(['sh', '-c', 'kill -PIPE $$']), { status: 141 }, 'Node ignores SIGPIPE')
})

t.test('signals reach the program from its start', async (t) => {
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2']
  const ends = signals.map((signal) => {
    // A shell runs its trap between two commands.
    const script = `trap 'exit 9' ${signal.slice(3)}
      kill -${signal.slice(3)} $PPID
      i=0; while [ $i -lt 200 ]; do sleep 0.05; i=$((i + 1)); done`
    // In its own session, in which no terminal can send the signal to both processes.
    const child = spawn(ENV, clean('sh', '-c', script), { detached: true, stdio: 'ignore' })
    return once(child, 'close')
  })
  for (const [i, end] of ends.entries()) t.strictSame(await end, [9, null], signals[i])
})

t.test('the program inherits no signal mask or descriptor flag from Node', async (t) => {
  const status = ['grep', '-E', 'Sig(Blk|Ign)', '/proc/self/status']
  t.equal(run(status).stdout, spawnSync(status[0], status.slice(1), { encoding: 'utf8' }).stdout)
  const flags = ['sed', '-n', 's/flags://p', '/proc/self/fdinfo/1']
  t.match(run(flags), { status: 0, stdout: /^\t0?[0-3]0*[0-3]\n$/ }, 'stdout blocks')
  t.equal(run(['sh', '-c', 'yes | head -n 1']).stderr, '')
})

t.test('a terminal’s signal reaches the program once', async (t) => {
  // A shell can merge two signals in quick succession, so Python counts them. A second one would follow at once.
  const count = `
import signal, time
got = []
signal.signal(signal.SIGINT, lambda *_: got.append(1))
print('ready', flush=True)
for _ in range(1000):
    if got: break
    time.sleep(0.01)
time.sleep(0.3)
print(got)`
  const terminal = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
output = b''
try:
    while True:
        data = os.read(fd, 1000)
        if b'ready' in data:
            os.write(fd, b'\\x03')
        output += data
except OSError:
    pass
sys.stdout.buffer.write(output)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`
  const args = ['-c', terminal, ENV, ...clean('/usr/bin/python3', '-c', count)]
  const { status, stdout } = spawnSync('/usr/bin/python3', args, { encoding: 'utf8' })
  t.match(stdout, '[1]')
  t.equal(status, 0)
})

t.test('in a sandbox', { skip: requirements() }, async (t) => {
  const ns = Namespace.create('run')
  t.teardown(() => ns.remove())
  ns.batch(['link set lo up'])
  const launch = ['--deny-family', 'netlink']
  const exec = (...args) => ns.node(start(...args), { launch })
  const names = 'import socket; print(socket.if_nameindex())'
  // A new namespace can have links besides lo.
  const links = JSON.parse(ns.ip('-j link show')).map(
    ({ ifindex, ifname }) => `(${ifindex}, '${ifname}')`
  )
  const stdout = `[${links.join(', ')}]\n`

  const python = ['/usr/bin/python3', '-c', names]
  t.equal(ns.exec(python[0], python.slice(1), { launch }).status, 1, 'control: it fails alone')
  t.match(exec(...python), { status: 0, stdout })
  const chain = `/usr/bin/env sh -c '/usr/bin/python3 -c "${names}"'`
  t.match(exec('sh', '-c', chain), { status: 0, stdout }, 'children of children')
  const script = 'console.log(Object.keys(require("node:os").networkInterfaces()).join())'
  t.match(exec(process.execPath, '-e', script), { status: 0, stdout: 'lo\n' })
  const twice = start('sh', '-c', 'echo "$NODE_OPTIONS|$LD_PRELOAD"')
  const nested = exec(process.execPath, ...twice)
  t.equal(nested.stdout, `--require=${register}|${preloadPath}\n`, 'nothing is added twice')

  // Either of the two variables suffices for Node.
  const always = `console.log(require('node:os').networkInterfaces.name); ${script}`
  t.match(ns.node(['-e', always], { launch, env: { LD_PRELOAD: preloadPath } }), { status: 0 })
  t.match(ns.node(['-r', register, '-e', always], { launch }), { status: 0 })
  t.match(ns.node(['-e', always], { launch }), { status: 1 })
})
