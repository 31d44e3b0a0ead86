'use strict'

// What hangs, and what answers, where the kernel swallows requests to netlink. WSL1 is not here: imitated are its
// sendto(2), which returns the length, and a filter, under which sendto(2) returns 0.
//
// The tests' time limit tells a hang from an answer, and strace(1) shows for how long a program would wait.

const { once } = require('node:events')
const path = require('node:path')
const { text } = require('node:stream/consumers')
const t = require('tap')
const { preloadPath } = require('../..')
const { launchArguments, projectRoot } = require('../support/launch')
const { skipWithout } = require('../support/requirements')
const { makeNamespace, makeRunners } = require('../support/sandbox')

skipWithout(t, 'strace')
t.setTimeout(240_000)

const CLI = path.join(projectRoot, 'lib/command-line/cli.js')
const PRINT = path.join(projectRoot, 'test/support/fixtures/print.js')
const LISTS = path.join(projectRoot, 'test/build/lists')
const REGISTER = ['-r', 'osh-ifaddrs/register']
const CALL_TWICE = `for (const i of [1, 2]) console.log(JSON.stringify(os.networkInterfaces()))`
const DIAGNOSE = `console.log(JSON.stringify(require('osh-ifaddrs').diagnose()))`

const ns = makeNamespace(t, 'never-returns')
const { perl } = makeRunners(ns)
const outside = ns.node([PRINT]).stdout

/** Where each request is swallowed, what rtnetlink reports, and the timeouts of poll(2) in one read. */
const IMITATIONS = {
  'as on WSL1': {
    launch: ['--swallow-netlink'],
    syscall: 'recvmsg(RTM_GETADDR)',
    waits: [500]
  },
  'by a filter': {
    launch: ['--deny-syscall', 'sendto=0'],
    syscall: 'sendto(RTM_GETADDR)',
    waits: []
  }
}

// Nothing can interrupt the native function. It takes the ten seconds of the watchdog, while the other tests run.
const alone = ns.spawn(['--no-addons', CLI, 'doctor'], IMITATIONS['as on WSL1'])
const aloneEnds = Promise.all([text(alone.stdout), text(alone.stderr), once(alone, 'close')])

t.test('what --swallow-netlink imitates', async (t) => {
  // For netlink a dump of the addresses, for UDP a datagram to itself: prints how many bytes were sent, and
  // whether something is received.
  const script = `
    socket(my $netlink, 16, 3, 0) && socket(my $udp, 2, 2, 0) or die;
    bind($udp, pack("S n C4 x8", 2, 0, 127, 0, 0, 1)) or die;
    my $dump = pack("L S S L L C x7", 24, 22, 0x301, 1, 0, 0);
    for ([$netlink, pack("S x10", 16)], [$udp, getsockname($udp)]) {
      my ($socket, $address) = @$_;
      print send($socket, $dump, 0, $address), defined(recv($socket, my $reply, 9, 0x40)) ? " " : "! ";
    }`
  t.equal(perl(t, [], script), '24 24', 'control')
  t.equal(perl(t, ['--swallow-netlink'], script), '24! 24')
  t.equal(perl(t, ['--deny-syscall', 'sendto=0'], script), '0! 0!')
})

/** @param {string} trace */
function waitsIn(trace) {
  // 64-bit ARM has only ppoll(2).
  const calls =
    /\bp?poll\(\[\{fd=\d+, events=POLLIN\}\], 1, (?:(\d+)|\{tv_sec=(\d+), tv_nsec=(\d+)\})/g
  return [...trace.matchAll(calls)].map(([, ms, seconds, ns]) =>
    Number(ms ?? Number(seconds) * 1000 + Number(ns) / 1e6)
  )
}

for (const [name, { launch, syscall, waits }] of Object.entries(IMITATIONS)) {
  t.test(`requests swallowed ${name}: control`, async (t) => {
    const isTimeout = { code: 'ETIMEDOUT' }
    const options = { launch, timeout: 1000 }
    t.throws(() => ns.node([PRINT], options), isTimeout, 'the native function')
    t.throws(() => ns.node([...REGISTER, PRINT], options), isTimeout, 'register by default')
    const env = { LD_PRELOAD: preloadPath }
    t.throws(() => ns.exec(LISTS, ['list'], { ...options, env }), isTimeout, 'the preload library')
  })

  t.test(`requests swallowed ${name}: what answers, after one wait`, async (t) => {
    const answer = (args, env, expected = { status: 0, waits }) => {
      const launched = launchArguments(ns.name, process.execPath, args, { launch })
      const strace = ['-f', '-e', 'trace=poll,ppoll', '--', 'env', ...launched]
      const { status, stdout, stderr } = ns.exec('strace', strace, { env })
      t.strictSame({ status, waits: waitsIn(stderr) }, expected, args.join(' '))
      return stdout
    }
    t.match(answer([CLI]), /10\.0\.0\.1\/24 +ioctl/)
    const links = JSON.parse(answer([CLI, '--json'])).map((link) => link.name)
    t.strictSame(links.sort(), Object.keys(JSON.parse(outside)).sort())
    answer([CLI, 'doctor'], {}, { status: 1, waits })
    const diagnosis = JSON.parse(answer(['-e', DIAGNOSE]))
    t.match(diagnosis, { complete: true, missing: [] })
    t.match(diagnosis.sources[0], { status: 'failed', syscall, code: 'ETIMEDOUT', facts: [] })
    const register = (env, expected) => answer([...REGISTER, '-e', CALL_TWICE], env, expected)
    const always = register(
      { OSH_IFADDRS_MODE: 'always' },
      { status: 0, waits: [...waits, ...waits] }
    )
    t.equal(always, outside.repeat(2), 'each call waits once')
    const sources = register({ OSH_IFADDRS_SOURCES: 'ioctl,procfs' }, { status: 0, waits: [] })
    t.equal(sources, outside.repeat(2))
  })

  t.test(`requests swallowed ${name}: the doctor`, async (t) => {
    const { status, stdout } = ns.node([CLI, 'doctor', '--json'], { launch })
    t.equal(status, 1)
    const report = JSON.parse(stdout)
    t.match(report, {
      status: 1,
      native: { works: false, errno: 110, code: 'ETIMEDOUT', message: `${syscall} gets no reply` },
      facts: { links: 'ioctl', ipv4: 'ioctl', ipv6: 'procfs' },
      mechanism: { name: 'seccomp', certainty: 'medium' },
      suspects: []
    })
    t.match(report.sources[0], { name: 'rtnetlink', status: 'failed', syscall, code: 'ETIMEDOUT' })
    t.strictSame(
      report.sources.map((source) => source.facts.length),
      [0, 2, 1]
    )
    const text = ns.node([CLI, 'doctor'], { launch }).stdout
    t.match(
      text,
      /^os\.networkInterfaces\(\) never returns here\. This command makes it answer:\n {4}OSH_IFADDRS_SOURCES=/
    )
    t.match(text, `it never returns, and was not called: ${syscall} gets no reply`)
    for (const { change } of report.remedies.slice(0, 2)) t.match(text, `      ${change}\n`)

    const verdict = (args, env) => ns.node([...args, CLI, 'doctor'], { launch, env }).stdout
    const always = { OSH_IFADDRS_MODE: 'always' }
    t.match(verdict(REGISTER), /never returns here\. This command/, 'register would hang')
    t.match(verdict(REGISTER, always), /never returns here, and this package answers/)
    const preload = { LD_PRELOAD: preloadPath }
    t.match(verdict([], preload), /never returns here\. This command/, 'it would hang')
    const sources = { OSH_IFADDRS_SOURCES: 'ioctl,procfs' }
    t.match(verdict(REGISTER, sources), /is not called here, and this package answers/)
    t.match(
      verdict([], { OSH_IFADDRS_SOURCES: 'rtnetlink' }),
      /^Neither os\.networkInterfaces\(\) nor this package answers here/
    )
  })

  t.test(`requests swallowed ${name}: the doctor's advice`, async (t) => {
    const report = JSON.parse(ns.node([CLI, 'doctor', '--json'], { launch }).stdout)
    const [register, run] = report.remedies.map(({ change }) => change)
    const follow = (line) => ns.exec('/bin/sh', ['-c', line], { launch })
    const app = register.replace(' node ', ` ${process.execPath} `).replace('app.js', PRINT)
    t.match(follow(app), { status: 0, stdout: outside, stderr: '' }, register)
    const program = run.replace('-- program', `-- ${LISTS}`)
    t.match(follow(`${program} list`), { status: 0, stdout: /fd00/, stderr: '' }, run)
  })
}

t.test('the doctor without an addon ends itself', async (t) => {
  const [stdout, stderr, [, signal]] = await aloneEnds
  t.match({ signal, stdout }, { signal: 'SIGKILL', stdout: '' })
  const reason =
    /^osh-ifaddrs: os\.networkInterfaces\(\) did not return within 10 s, .* addons is disabled\.\n$/
  t.match(stderr, reason)
})

t.test('the doctor without an addon waits for a slow function', async (t) => {
  // As on a host with thousands of links.
  const stub = `
    const list = os.networkInterfaces()
    os.networkInterfaces = () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
      return list
    }
    require(process.argv[1])`
  const { stdout, stderr } = ns.node(['--no-addons', '-e', stub, CLI, 'doctor'])
  t.match({ stdout, stderr }, { stdout: /^os\.networkInterfaces\(\) works here/, stderr: '' })
})

t.test('the doctor, if only a request that ours does not make is swallowed', async (t) => {
  // No filter sees what is requested, so the probe's result is made up.
  const script = `
    const loader = require('./lib/addon/load')
    const { read } = loader.load()
    const probe = () => ({ syscall: 'recvmsg(RTM_GETLINK)', errno: 110 })
    loader.load = () => ({ read, probe })
    os.networkInterfaces = () => { throw new Error('called') }
    require('./lib/doctor/report').makeReport({}).then((report) => console.log(JSON.stringify(report)))`
  const report = JSON.parse(ns.node(script).stdout)
  t.match(report, {
    status: 1,
    native: { works: false, code: 'ETIMEDOUT', message: 'recvmsg(RTM_GETLINK) gets no reply' },
    mechanism: { name: 'kernel' }
  })
  t.equal(report.sources[0].status, 'answered')
})
