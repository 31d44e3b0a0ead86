'use strict'

// Tests of test/support/namespace.js: making, settling and removing namespaces, and running programs in them.

const { spawnSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { Namespace, projectRoot, sleep, vethPair } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')

skipWithout(t)

// Hundreds of processes are slow on a busy machine.
t.setTimeout(240_000)

const noUsers = requirements('users')

const ns = Namespace.create('namespace')
t.teardown(() => ns.remove())

t.test('a namespace', async (t) => {
  const [a, b] = [Namespace.create('tool'), Namespace.create('tool')]
  t.teardown(() => [a, b].forEach((namespace) => namespace.remove()))
  const listed = () => spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout
  t.not(a.name, b.name)
  t.match(a.name, new RegExp(`^osh-tool-${process.pid}-\\d+$`))
  t.match(listed(), new RegExp(`^${a.name}\\b`, 'm'))

  const used = b.name.replace(/\d+$/, (count) => `${Number(count) + 1}`)
  fs.writeFileSync(`/run/netns/${used}`, '')
  t.teardown(() => fs.rmSync(`/run/netns/${used}`))
  const next = Namespace.create('tool')
  t.teardown(() => next.remove())
  t.not(next.name, used)

  // Some kernels give each namespace tunnels, which are down.
  const links = JSON.parse(a.ip('-j link show'))
  t.equal(links[0].ifname, 'lo')
  t.notOk(
    links.some(({ flags }) => flags.includes('UP')),
    'no link is up'
  )
  t.strictSame(JSON.parse(a.ip(['-j', 'link', 'show'])), links)
  t.throws(() => a.ip('link set frob up'), /^ip -n \S+ link set frob up: Cannot find device/)
  a.batch(['link add d0 type bridge', 'link add d1 type bridge'])
  t.equal(JSON.parse(a.ip('-j link show')).length, links.length + 2)
  t.throws(() => a.batch(['link add d2 type bridge', 'frob']), /Command failed|unknown/)
  for (const label of ['', 'a b', '../x']) t.throws(() => Namespace.create(label), TypeError)
  t.throws(() => Namespace.create('x'.repeat(250)), RangeError)

  a.remove()
  t.notMatch(listed(), a.name)
  t.match(listed(), b.name)
  t.doesNotThrow(() => a.remove(), 'removing it again does nothing')
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
  t.equal(ns.exec('/nosuchprogram').status, 127)

  const script = (...names) =>
    `console.log(${JSON.stringify(names)}.map((name) => process.env[name] ?? '-').join())`
  const variables = script('OSH_A', 'OSH_B', 'NODE_OPTIONS')
  const env = { OSH_A: '1', OSH_B: undefined, NODE_OPTIONS: '--no-warnings' }
  process.env.OSH_B = process.env.NODE_OPTIONS = '--no-deprecation'
  t.equal(node(variables).stdout, '-,--no-deprecation,-', 'NODE_OPTIONS is not inherited')
  t.equal(node(variables, { env }).stdout, '1,-,--no-warnings')
  t.equal(node(variables, { env, launch: [] }).stdout, '1,-,--no-warnings')
  t.match(`${await once(ns.spawn(variables, { env }).stdout, 'data')}`, '1,-,--no-warnings')

  process.env.NODE_V8_COVERAGE = t.testdir()
  const hasCoverage = (launch) =>
    ns.exec('/usr/bin/printenv', ['NODE_V8_COVERAGE'], { launch }).status === 0
  t.ok(hasCoverage(undefined))
  t.ok(hasCoverage(['--user', 'keep', '--no-landlock']))
  t.ok(hasCoverage(['--user=keep', '--no-landlock']))
  t.notOk(hasCoverage([]), 'a program that cannot write records none')
  if (noUsers === null) t.notOk(hasCoverage(['--user=1234', '--no-landlock']))
  delete process.env.NODE_V8_COVERAGE
})

t.test('a path that the user cannot reach is reported', { skip: noUsers }, async (t) => {
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

t.test('two connected namespaces', async (t) => {
  const [a, b] = [Namespace.create('left'), Namespace.create('right')]
  t.teardown(() => [a, b].forEach((namespace) => namespace.remove()))
  vethPair(a, b, { left: 'left0' })
  const isTentative = (namespace, address) =>
    namespace.ip('addr show tentative').includes(`inet6 ${address}/`)

  await t.test('settle() ignores addresses that cannot settle', async (t) => {
    b.ip('link set eth0 down')
    a.batch([
      ...['link add d0 type bridge', 'addr add fd00::9/64 dev d0'],
      'addr add fd00::1/64 dev left0'
    ])
    a.settle()
    t.ok(isTentative(a, 'fd00::1'))
  })

  await t.test('settle() waits for the others', async (t) => {
    b.batch(['link set eth0 up', 'addr add fd00::2/64 dev eth0'])
    t.ok(isTentative(a, 'fd00::1'), 'control: duplicate address detection has not finished')
    t.ok(isTentative(b, 'fd00::2'), 'control')
    a.settle()
    b.settle()
    t.notOk(isTentative(a, 'fd00::1'))
    t.notOk(isTentative(b, 'fd00::2'))
  })

  await t.test('settle() has a timeout', async (t) => {
    b.ip('addr add fd00::1/64 dev eth0')
    const start = Date.now()
    const hasFailed = () => b.ip('addr show dadfailed').includes('fd00::1')
    while (!hasFailed() && Date.now() - start < 5000) sleep(20)
    t.ok(hasFailed(), 'control: the address is in use')
    t.throws(() => b.settle(100), new RegExp(`^${b.name}: still unsettled: eth0$`))
    t.ok(Date.now() - start < 10_000, 'earlier than by default')
    b.ip('addr del fd00::1/64 dev eth0')
  })

  await t.test('programs in them can talk', async (t) => {
    const server = a.spawn(
      `const server = require('net').createServer((socket) => socket.end('hello'))
      server.listen(4242, 'fd00::1', () => console.log('listening'))`,
      { launch: ['--deny-family', 'netlink'] }
    )
    t.match(`${await once(server.stdout, 'data')}`, 'listening')
    const client = `require('net').connect(4242, 'fd00::1').pipe(process.stdout)`
    t.match(b.node(client, { launch: [] }), { status: 0, stdout: 'hello' })
    t.match(a.ip('-j link show left0'), '"LOWER_UP"')

    const sleeper = a.spawnCommand('sleep', ['60'])
    await once(sleeper, 'spawn')
    const ends = [once(server, 'exit'), once(sleeper, 'exit')]
    a.remove()
    const killed = Array(2).fill([null, 'SIGKILL'])
    t.strictSame(await Promise.all(ends), killed, 'remove() kills the programs')
  })
})

t.test('the end of a process removes its namespaces', async (t) => {
  const script = `
    const { Namespace } = require('./test/support/namespace')
    const namespace = Namespace.create('child')
    console.log(namespace.name)
    setInterval(() => {}, 1000)`
  const endings = {
    exit: `${script}; process.exit()`,
    loss: `const other = require('./test/support/namespace').Namespace.create('lost')
      require('node:child_process').execFileSync('ip', ['netns', 'del', other.name])
      ${script}; process.exit()`,
    throw: `${script}; throw new Error('frob')`,
    ...{ SIGINT: script, SIGTERM: script, SIGHUP: script, SIGALRM: script }
  }
  const end = async ([ending, program]) => {
    const child = ns.spawn(program, { launch: ['--user', 'keep', '--no-landlock'] })
    const exit = once(child, 'exit')
    const name = `${await once(child.stdout, 'data')}`.trim()
    if (ending.startsWith('SIG')) {
      t.ok(fs.existsSync(`/run/netns/${name}`), name)
      child.kill(ending)
    }
    const [status, signal] = await exit
    t.equal(status ?? signal, { exit: 0, loss: 1, throw: 1 }[ending] ?? ending)
    t.notOk(fs.existsSync(`/run/netns/${name}`), ending)
  }
  await Promise.all(Object.entries(endings).map(end))
})
