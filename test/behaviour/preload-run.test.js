'use strict'

// `osh-ifaddrs run` becomes the program: what that inherits is as if it was started directly.

const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('../..')
const { ENV, UNSET, command, runCommand } = require('../support/command')
const { Namespace, projectRoot } = require('../support/namespace')
const { requirements } = require('../support/requirements')

const PYTHON = '/usr/bin/python3'
const register = path.join(projectRoot, 'lib/register.js')

const run = (args, options) => runCommand(['run', ...args], options)
const start = (args, options) => spawn(ENV, [...UNSET, command, 'run', ...args], options)

t.test('arguments, output and status are passed through', async (t) => {
  const printed = run(['--', 'printf', '<%s>', 'a b', '--', '$x', '', '*', '-h']).stdout
  t.equal(printed, '<a b><--><$x><><*><-h>')
  t.equal(run(['printf', '%s', 'x']).stdout, 'x', 'without --')
  t.strictSame(run(['sh', '-c', 'cat; echo oops >&2; exit 7'], { input: 'in' }), {
    status: 7,
    signal: null,
    stdout: 'in',
    stderr: 'oops\n'
  })
})

t.test('if the program cannot be run, the exit status is that of env(1)', async (t) => {
  const fails = (args, status, stderr) =>
    t.strictSame(run(args), { status, signal: null, stdout: '', stderr: `osh-ifaddrs: ${stderr}` })
  fails(['/nonexistent/program'], 127, '/nonexistent/program: not found\n')
  fails(['--', 'no-such-program'], 127, 'no-such-program: not found\n')
  fails([''], 127, ': not found\n')
  fails(['/etc'], 126, '/etc: cannot be run (it is a folder)\n')
  fails(['/etc/passwd'], 126, '/etc/passwd: cannot be run (permission denied)\n')
  const usage = 'run needs a command. Usage: osh-ifaddrs run [--] command [argument]...\n'
  fails([], 125, usage)
  fails(['--'], 125, usage)
  fails(['--hlp', 'true'], 125, 'Unknown option: --hlp.\nRun: osh-ifaddrs run --help\n')
  const script = path.join(t.testdir({}), 'script')
  spawnSync('sh', ['-c', 'printf "#!/no/such/interpreter\n" >"$1"; chmod +x "$1"', 'sh', script])
  t.match(run([script]), { status: /126|127/, stderr: 'not found' }, "the shell's own message")
})

t.test('it becomes the program', async (t) => {
  const child = start(['sh', '-c', 'echo $$'])
  const [printed] = await once(child.stdout, 'data')
  t.equal(`${printed}`, `${child.pid}\n`, 'the process number is the same')
  // systemd's socket activation: a program ignores the descriptors of another process.
  const listen = 'export LISTEN_PID=$$; exec "$0" run sh -c \'test $LISTEN_PID -eq $$\''
  t.equal(spawnSync(ENV, [...UNSET, 'sh', '-c', listen, command]).status, 0, 'LISTEN_PID')
})

t.test('descriptors', async (t) => {
  const stdio = ['ignore', 'pipe', 'pipe', 'ignore', 'ignore', 'pipe']
  const { output } = spawnSync(ENV, [...UNSET, command, 'run', 'sh', '-c', 'echo five >&5'], {
    encoding: 'utf8',
    stdio
  })
  t.strictSame([output[2], output[5]], ['', 'five\n'])
  const eventfd = `
import os, sys
fd = os.eventfd(7)
os.set_inheritable(fd, True)
read = 'import os, sys; print(os.eventfd_read(int(sys.argv[1])))'
os.execv(sys.argv[1], [sys.argv[1], 'run', sys.executable, '-c', read, str(fd)])`
  t.equal(spawnSync(PYTHON, ['-c', eventfd, command], { encoding: 'utf8' }).stdout, '7\n')
})

t.test('the jobserver of GNU make', async (t) => {
  const makefile = 'all:\n\t+@"$(RUN)" run $(MAKE) inner\ninner:\n\t@echo $(MAKEFLAGS)\n'
  const { status, stdout, stderr } = spawnSync(
    'make',
    [
      '-j2',
      '-f',
      path.join(t.testdir({ Makefile: makefile }), 'Makefile'),
      `RUN=${command}`
    ].concat(`MAKE=make -f ${path.join(t.testdirName, 'Makefile')}`),
    { encoding: 'utf8', env: { PATH: process.env.PATH } }
  )
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  t.match(stdout, '-j2 --jobserver')
})

t.test('messages between Node and the program', async (t) => {
  const script = 'process.on("message", (text) => process.send(text + "!", () => process.exit()))'
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc']
  const child = start([process.execPath, '-e', script], { stdio })
  child.send('hello', () => {})
  const [answer] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  t.equal(answer, 'hello!')
})

t.test('a signal that ends the program is seen', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGALRM', 'SIGABRT', 'SIGPIPE'])
    t.match(run(['sh', '-c', `kill -${signal.slice(3)} $$`]), { status: null, signal })
})

// A shell can merge two signals in quick succession, so Python counts them. A second one would follow at once.
const COUNT = `
import signal, sys, time
got = []
signal.signal(signal.Signals[sys.argv[1]], lambda *_: got.append(1))
print('ready')
for _ in range(1000):
    if got: break
    time.sleep(0.01)
time.sleep(0.3)
print(len(got))`

t.test('signals reach the program once', async (t) => {
  const send = async (signal, toGroup) => {
    const child = start([PYTHON, '-uc', COUNT, signal], { detached: true })
    let output = ''
    child.stdout.on('data', (text) => {
      if (output === '') process.kill(toGroup ? -child.pid : child.pid, signal)
      output += text
    })
    await once(child, 'close')
    return output
  }
  const signals = ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGALRM', 'SIGWINCH', 'SIGTSTP']
  const received = signals.map((signal) => send(signal, false))
  for (const [i, count] of received.entries()) t.equal(await count, 'ready\n1\n', signals[i])
  t.equal(
    await send('SIGINT', true),
    'ready\n1\n',
    'SIGINT to the process group, as a terminal sends it'
  )
})

t.test('the program inherits no signal mask or descriptor flag', async (t) => {
  const status = ['grep', '-E', 'Sig(Blk|Ign)', '/proc/self/status']
  t.equal(run(status).stdout, spawnSync(status[0], status.slice(1), { encoding: 'utf8' }).stdout)
  const flags = ['sed', '-n', 's/flags://p', '/proc/self/fdinfo/1']
  t.match(run(flags), { status: 0, stdout: /^\t0?[0-3]0*[0-3]\n$/ }, 'stdout blocks')
  t.equal(run(['sh', '-c', 'yes | head -n 1']).stderr, '')
})

t.test('in a sandbox', { skip: requirements() }, async (t) => {
  const ns = Namespace.create('run')
  t.teardown(() => ns.remove())
  ns.batch(['link set lo up'])
  const launch = ['--deny-family', 'netlink']
  const exec = (...args) => ns.exec(command, ['run', ...args], { launch })
  const names = 'import socket; print(socket.if_nameindex())'
  // A new namespace can have links besides lo.
  const links = JSON.parse(ns.ip('-j link show')).map(
    ({ ifindex, ifname }) => `(${ifindex}, '${ifname}')`
  )
  const stdout = `[${links.join(', ')}]\n`

  t.equal(ns.exec(PYTHON, ['-c', names], { launch }).status, 1, 'control: it fails alone')
  t.match(exec(PYTHON, '-c', names), { status: 0, stdout })
  const chain = `/usr/bin/env sh -c '${PYTHON} -c "${names}"'`
  t.match(exec('sh', '-c', chain), { status: 0, stdout }, 'children of children')
  const script = 'console.log(Object.keys(require("node:os").networkInterfaces()).join())'
  t.match(exec(process.execPath, '-e', script), { status: 0, stdout: 'lo\n' })

  // Either of the two variables suffices for Node.
  const always = `console.log(require('node:os').networkInterfaces.name); ${script}`
  t.match(ns.node(['-e', always], { launch, env: { LD_PRELOAD: preloadPath } }), { status: 0 })
  t.match(ns.node(['-r', register, '-e', always], { launch }), { status: 0 })
  t.match(ns.node(['-e', always], { launch }), { status: 1 })
})
