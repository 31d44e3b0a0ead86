'use strict'

// The command: what it prints, where, and with which exit status.

const t = require('tap')
const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { networkInterfaces } = require('..')
const { Namespace, requirements } = require('./support/namespace')
const { runNode } = require('./support/node')
const { version } = require('../package.json')

const cli = path.join(__dirname, '..', 'lib', 'cli.js')
const run = (...args) => runNode([cli, ...args])

t.test('JSON is what networkInterfaces() gives', async (t) => {
  const { status, stdout, stderr } = run('--json')
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  t.equal(stdout, `${JSON.stringify(networkInterfaces(), null, 2)}\n`)
})

t.test('the table has a row for each address', async (t) => {
  const { status, stdout, stderr } = run()
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  const rows = Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
    entries.map(({ cidr, family, mac }) => [name, cidr, family, mac])
  )
  const shown = stdout.trimEnd().split('\n')
  t.strictSame(
    shown.map((line) => line.split(/ +/).slice(0, 4)),
    [['NAME', 'ADDRESS', 'FAMILY', 'MAC'], ...rows]
  )
  const column = shown[0].indexOf('MAC')
  for (const line of shown) t.match(line.slice(column - 2), /^ {2}(MAC|[0-9a-f:]{17})/, 'lined up')
})

t.test('help, version and mistakes', async (t) => {
  for (const help of ['--help', '-h'])
    t.match(run(help), { status: 0, stdout: /^Usage: osh-ifaddrs[^]*\n  --json /, stderr: '' })
  for (const option of ['--version', '-V'])
    t.match(run(option), { status: 0, stdout: `${version}\n`, stderr: '' })
  t.match(run('--help', '--version', 'frob'), { status: 0, stdout: /^Usage/ })
  const mistakes = [
    [['--jsn'], `unknown option '--jsn'`],
    [['-x', '--json'], `unknown option '-x'`],
    [['--json=yes'], `option '--json' does not take an argument`],
    [['doctr'], `unknown command 'doctr'`],
    [['--', '--json'], `unknown command '--json'`],
    [['a\u001b[31m\nb'], `unknown command 'a\\u{1b}[31m\\u{a}b'`]
  ]
  for (const [args, message] of mistakes) {
    const { status, stdout, stderr } = run(...args)
    t.strictSame({ status, stdout }, { status: 2, stdout: '' }, args.join(' '))
    t.equal(stderr, `osh-ifaddrs: ${message}\nTry osh-ifaddrs --help.\n`)
  }
})

t.test('a reader that closes early is no error', async (t) => {
  // The reader has long gone when node starts to write.
  const pipe = (command) =>
    spawnSync('sh', ['-c', `exec 3>&1; { sleep 0.1; ${command}; echo $? >&3; } | :`], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: undefined }
    })
  const control = pipe(`"${process.execPath}" -e 'process.stdout.write("a")'`)
  t.match(control, { stdout: '1\n', stderr: /EPIPE/ }, 'control')
  t.match(pipe(`"${process.execPath}" "${cli}" --json`), { stdout: '0\n', stderr: '' })
})

t.test('an addon that cannot be loaded', async (t) => {
  const { status, stdout, stderr } = runNode(['--no-addons', cli])
  t.strictSame({ status, stdout }, { status: 1, stdout: '' })
  t.match(stderr, /^osh-ifaddrs: .*loading addons is disabled\.\n$/)
})

const skip = requirements() ?? false

/** A namespace with a pair of links, d0 and d1, and addresses on them. */
function makeNamespace(t) {
  const ns = Namespace.create('cli')
  t.teardown(() => ns.remove())
  ns.batch([
    'link add d0 type veth peer name d1',
    'addr add 10.0.0.1/24 dev d0',
    'addr add 10.0.1.1/24 dev d1',
    'link set d0 up',
    'link set d1 up'
  ])
  ns.settle()
  return ns
}

t.test('names cannot steer the terminal, nor the columns', { skip }, async (t) => {
  const ns = makeNamespace(t)
  ns.ip(['addr', 'add', '10.0.2.1/24', 'dev', 'd1', 'label', 'd1:\u001b]0;\n\u0007'])
  ns.ip(['addr', 'add', '10.0.3.1/24', 'dev', 'd1', 'label', 'd1:\u202e\u009b2J'])
  // Only now: ip(8) writes such names into its JSON as they are.
  ns.ip(['link', 'set', 'd0', 'name', '網卡0'])
  const { status, stdout, stderr } = ns.node([cli])
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  t.match(stdout, /^NAME {20}ADDRESS /)
  t.match(stdout, /^網卡0 {19}10\.0\.0\.1\/24 /m)
  t.ok(stdout.includes('d1:\\u{1b}]0;\\u{a}\\u{7}  10.0.2.1/24 '), stdout)
  t.ok(stdout.includes('d1:\\u{202e}\\u{9b}2J     10.0.3.1/24 '), stdout)
  t.notMatch(stdout, /(?!\n)[\p{Cc}\p{Cf}]/u)

  const json = ns.node([cli, '--json']).stdout
  t.notMatch(json, /(?!\n)\p{Cc}/u)
  t.ok(Object.hasOwn(JSON.parse(json), 'd1:\u202e\u009b2J'))
})

t.test('what was not told is marked', { skip }, async (t) => {
  const ns = makeNamespace(t)
  const table = (...launch) => {
    const { status, stdout, stderr } = ns.node([cli], { launch })
    t.strictSame({ status, stderr }, { status: 0, stderr: '' })
    return stdout
  }
  const INFERRED =
    /\n\nInferred values were concluded from routes and addresses, and may be wrong\.\n$/
  const plain = table('--deny-family', 'netlink')
  t.equal(plain, ns.node([cli]).stdout, 'nothing, where everything was told')
  t.notMatch(plain, /inferred|unknown/i)

  const inferred = table('--deny-family', 'all')
  t.match(inferred, /^d0 +10\.0\.0\.1\/24 +IPv4 +[0-9a-f:]{17} {2}netmask inferred$/m)
  t.match(inferred, /^d0 .* IPv6 +[0-9a-f:]{17} {2}scope id \d+$/m)
  t.match(inferred, INFERRED)

  const unknown = table('--deny-family', 'all', '--deny-socketpair')
  t.match(unknown, /^d0 .*scope id \d+, state inferred, internal inferred, mac unknown$/m)
  t.notMatch(unknown, /10\.0\./)
  t.match(unknown, /\n\nFacts about links are unknown: .*\nIPv4 addresses are unknown: /)
  t.match(unknown, /may be wrong\.\n$/)

  const ipv4 = table('--deny-family', 'netlink', '--no-path', '/proc')
  t.match(ipv4, /10\.0\.0\.1\/24[^]*\n\nIPv6 addresses are unknown: no source tells them here\.\n$/)
})

t.test('no interface, and no source', { skip }, async (t) => {
  const ns = Namespace.create('cli')
  t.teardown(() => ns.remove())
  const none = { status: 0, stdout: 'No interface that is up and running has an address.\n' }
  t.match(ns.node([cli]), { ...none, stderr: '' })
  t.match(ns.node([cli, '--json']), { status: 0, stdout: '{}\n', stderr: '' })

  const launch = ['--deny-family', 'all', '--deny-socketpair', '--no-path', '/proc']
  for (const args of [[cli], [cli, '--json']]) {
    const { status, stdout, stderr } = ns.node(args, { launch })
    t.strictSame({ status, stdout }, { status: 1, stdout: '' })
    t.match(stderr, /^osh-ifaddrs: no source tells .*socket\(AF_NETLINK\) answered EPERM.*\n$/)
  }
})
