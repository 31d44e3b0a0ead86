'use strict'

// Programs of every kind in a sandbox that denies AF_NETLINK: each fails alone, and answers with the
// preload library what it answers outside.

const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('..')
const { Namespace, projectRoot, requirements, vethPair } = require('./support/namespace')
const { compileWithBun, runtime } = require('./support/runtimes')

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

const program = (name) => path.join(projectRoot, 'test', 'preload', name)

const PSUTIL = `
import psutil
for name, addresses in sorted(psutil.net_if_addrs().items()):
    for a in addresses:
        print(name, a.family.name, a.address, a.netmask, a.broadcast, a.ptp)`
const DENO = `
for (const { name, cidr, mac } of Deno.networkInterfaces()) console.log(name, cidr, mac)`

// Debian's Python, not whichever is first in PATH.
const python = '/usr/bin/python3'
const bun = runtime('bun')
const deno = runtime('deno')
const compiled = compileWithBun(program('interfaces.js'))

const programs = {
  'Node without -r': {
    command: process.execPath,
    args: [program('interfaces.js')],
    has: 'd0 10.0.0.1/24'
  },
  Bun: { command: bun, args: [program('interfaces.js')], has: 'd0 10.0.0.1/24' },
  'a file compiled by Bun': { command: compiled, args: [], has: 'd0 10.0.0.1/24' },
  Deno: { command: deno, args: ['eval', DENO], has: 'd0 10.0.0.1/24' },
  'Python if_nameindex': {
    command: python,
    args: ['-c', 'import socket; print(socket.if_nameindex())'],
    has: "'lo'"
  },
  'Python psutil': {
    command: python,
    args: ['-c', PSUTIL],
    has: 'd0 AF_INET 10.0.0.1 255.255.255.0'
  },
  'hostname -I': { command: '/usr/bin/hostname', args: ['-I'], has: '10.0.0.1 ' },
  PHP: {
    command: '/usr/bin/php',
    args: [program('interfaces.php')],
    has: 'd0 10.0.0.1 255.255.255.0'
  },
  'getifaddrs in C': {
    command: path.join(projectRoot, 'test/build/lists'),
    args: ['list'],
    has: '0a000001'
  },
  'if_nameindex in C': {
    command: path.join(projectRoot, 'test/build/lists'),
    args: ['names'],
    has: 'lo'
  }
}

const ns = Namespace.create('programs')
t.teardown(() => ns.remove())
vethPair(ns, ns, { left: 'd0', right: 'd1' })
ns.batch([
  'link set lo up',
  'link set d0 addrgenmode none',
  'addr flush dev d0',
  'addr add 10.0.0.1/24 brd + dev d0',
  'addr add fd00::1/64 dev d0 nodad'
])
ns.settle()

/** What they keep on disk, they cannot keep here. */
const env = { HOME: '/nonexistent', DENO_DIR: '/nonexistent', NO_COLOR: '1' }

function exec({ command, args }, launch, preload) {
  const { status, signal, stdout } = ns.exec(command, args, {
    launch,
    execPath: command,
    env: { ...env, LD_PRELOAD: preload }
  })
  return { status, signal, stdout }
}

// What netdevice(7) tells of flags is their lower half, and no counter stands still.
const comparable = (text) =>
  text
    .replace(/"flags":(\d+)/g, (_, flags) => `"flags":${flags & 0xffff}`)
    .replace(/,"data":"\w*"/g, '')

for (const [name, given] of Object.entries(programs)) {
  t.test(name, async (t) => {
    const outside = exec(given, [], undefined)
    t.match(outside, { status: 0, signal: null }, 'it works where nothing is denied')
    t.ok(outside.stdout.includes(given.has), outside.stdout)
    t.equal(
      comparable(exec(given, [], preloadPath).stdout),
      comparable(outside.stdout),
      'and alike with the library'
    )

    for (const denied of ['netlink', 'netlink,inet6']) {
      const launch = ['--deny-family', denied]
      const control = exec(given, launch, undefined)
      t.notOk(
        control.status === 0 && control.stdout.includes(given.has),
        `alone it fails where ${denied} is denied`
      )
      const caged = exec(given, launch, preloadPath)
      t.match(caged, { status: 0, signal: null }, 'and works with the library')
      t.equal(comparable(caged.stdout), comparable(outside.stdout))
    }
  })
}
