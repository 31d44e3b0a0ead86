'use strict'

const t = require('tap')
const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { networkInterfaces } = require('..')
const { Namespace, requirements } = require('./support/namespace')
const { version } = require('../package.json')

const cli = path.join(__dirname, '..', 'lib', 'cli.js')
const run = (...args) => spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' })

t.test('JSON is what networkInterfaces() gives', async (t) => {
  const { status, stdout, stderr } = run('--json')
  t.match({ status, stderr }, { status: 0, stderr: '' })
  t.strictSame(JSON.parse(stdout), networkInterfaces())
})

t.test('help, version and mistakes', async (t) => {
  t.match(run('--help'), { status: 0, stdout: /^Usage: osh-ifaddrs/, stderr: '' })
  t.match(run('--version'), { status: 0, stdout: `${version}\n` })
  t.match(run('--jsn'), { status: 2, stdout: '', stderr: /--jsn[^]*osh-ifaddrs --help/ })
  t.match(run('doctr'), { status: 2, stdout: '', stderr: /doctr/ })
})

t.test('a reader that closes early is no error', async (t) => {
  const script = `"${process.execPath}" "${cli}" --json | true; echo "$?"`
  t.match(spawnSync('sh', ['-c', script], { encoding: 'utf8' }), { stdout: '0\n', stderr: '' })
})

t.test('in a sandbox', { skip: requirements() ?? false }, async (t) => {
  const ns = Namespace.create('cli')
  t.teardown(() => ns.remove())
  const hostile = 'a\u001b[31m'
  ns.ip('link add d0 type veth peer name d1')
  ns.ip('addr add 10.0.0.1/24 dev d1')
  ns.ip('addr add 10.0.1.1/24 dev d0')
  ns.ip('link set d0 up')
  ns.ip('link set d1 up')
  ns.settle()
  // Only now: ip(8) writes such a name into its JSON as it is.
  ns.ip(['link', 'set', 'd0', 'name', hostile])
  const table = (...launch) => ns.node([cli], { launch })

  const plain = table('--deny-family', 'netlink')
  t.equal(plain.status, 0, plain.stderr)
  t.match(plain.stdout, /^NAME +ADDRESS +MAC +NOTES$/m)
  t.match(plain.stdout, /^a\\u\{1b\}\[31m +10\.0\.1\.1\/24 +[0-9a-f:]{17}$/m, 'names are escaped')
  t.notMatch(plain.stdout, /inferred|unknown/)

  const inferred = table('--deny-family', 'all')
  t.match(
    inferred.stdout,
    /10\.0\.0\.1\/24 .*netmask inferred, state inferred, internal inferred$/m
  )
  const unknown = table('--deny-family', 'all', '--deny-socketpair')
  t.match(unknown.stdout, /^IPv4 addresses are unknown/m)

  const nothing = table('--deny-family', 'all', '--deny-socketpair', '--no-path', '/proc')
  t.equal(nothing.status, 1)
  t.match(nothing.stderr, /^osh-ifaddrs: no source tells .*socket\(AF_NETLINK\) answered EPERM/)
})
