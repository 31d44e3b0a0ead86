'use strict'

// Programs in many languages, in a sandbox that denies AF_NETLINK. Each fails without the published preload library,
// and with it prints the same as outside the sandbox. And what register or the library do not reach.

const path = require('node:path')
const t = require('tap')
const { copyBinary, makeApp, packOrSkip } = require('../support/app')
const { Namespace, projectRoot, vethPair } = require('../support/namespace')
const { fetchFromNpm } = require('../support/package')
const { requirements, skipWithout } = require('../support/requirements')
const { compileWithBun, runtime } = require('../support/runtimes')

skipWithout(t)

// In the project, which the sandbox leaves open.
const build = path.join(projectRoot, 'test/build')
const preloadPath = copyBinary(t, makeApp(t, packOrSkip(t)), process.arch, build)

const program = (name) => path.join(projectRoot, 'test/support/preload', name)

const PSUTIL = `
import psutil
for name in ('d0', 'd1', 'lo'):
    for a in psutil.net_if_addrs()[name]:
        print(name, a.family.name, a.address, a.netmask, a.broadcast, a.ptp)`
const DENO = `
for (const { name, cidr, mac } of Deno.networkInterfaces()) console.log(name, cidr, mac)`

// Debian's Python, regardless of PATH.
const python = '/usr/bin/python3'
const bun = runtime('bun')
const deno = runtime('deno')
const compiled = compileWithBun(program('interfaces.js'))

const udx = fetchFromNpm('udx-native@1', 'package.json', 'zeromq@6', 'koffi@2')
const modules = path.resolve(udx, '../..')

// What register does not reach: native addons that call getifaddrs(3), and Node's own report. udx-native must be
// destroyed, or Node does not always exit.
const UDX = `
  const interfaces = new (require('${modules}/udx-native'))().watchNetworkInterfaces()
  for (const { name, host } of interfaces) console.log(name, host)
  interfaces.destroy()`
const ZEROMQ = `
  const socket = new (require('${modules}/zeromq').Reply)()
  socket.bind('tcp://d0:5999').then(() => {
    console.log(socket.lastEndpoint)
    socket.close()
  })`
const NODE_REPORT = `
  const { networkInterfaces } = process.report.getReport().header
  for (const { name, address } of networkInterfaces) console.log(name, address)`
// These look the function up in the handle of libc. Python's ifaddr does so too.
const KOFFI = `
  const libc = require('${modules}/koffi').load('libc.so.6')
  console.log(libc.func('int getifaddrs(_Out_ void **list)')([null]))`
const CTYPES = `
import ctypes
print(ctypes.CDLL('libc.so.6').getifaddrs(ctypes.byref(ctypes.c_void_p())))`

const node = (script) => ({ command: process.execPath, args: ['-e', script] })

const beyondRegister = {
  'udx-native': { ...node(UDX), has: 'd0 10.0.0.1' },
  zeromq: { ...node(ZEROMQ), has: 'tcp://10.0.0.1:5999' },
  'process.report': { ...node(NODE_REPORT), has: 'd0 10.0.0.1' }
}

const programs = {
  ...beyondRegister,
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
    needs: ['python3'],
    has: "'lo'"
  },
  'Python psutil': {
    command: python,
    args: ['-c', PSUTIL],
    needs: ['python3'],
    has: 'd0 AF_INET 10.0.0.1 255.255.255.0'
  },
  'hostname -I': {
    command: '/usr/bin/hostname',
    args: ['-I'],
    needs: ['hostname'],
    has: '10.0.0.1 '
  },
  PHP: {
    command: '/usr/bin/php',
    args: [program('interfaces.php')],
    needs: ['php'],
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

/** The programs cannot write their caches in the sandbox. */
const env = { HOME: '/nonexistent', DENO_DIR: '/nonexistent', NO_COLOR: '1' }

function exec({ command, args }, launch, preload) {
  const { status, signal, stdout } = ns.exec(command, args, {
    launch,
    execPath: command,
    env: { ...env, LD_PRELOAD: preload }
  })
  return { status, signal, stdout }
}

// netdevice(7) reports only the lower half of the flags, and not every hardware address of the tunnels that a new
// namespace can have. Counters change all the time.
const comparable = (text) =>
  text
    .replace(/^\{"name":"(?!(?:lo|d0|d1)")[^\n]*\n/gm, '')
    .replace(/"flags":(\d+)/g, (_, flags) => `"flags":${flags & 0xffff}`)
    .replace(/,"data":"\w*"/g, '')

for (const [name, each] of Object.entries(programs)) {
  t.test(name, { skip: requirements(...(each.needs ?? [])) ?? false }, async (t) => {
    const outside = exec(each, [], undefined)
    t.match(outside, { status: 0, signal: null }, 'it works if nothing is denied')
    t.ok(outside.stdout.includes(each.has), outside.stdout)
    t.equal(
      comparable(exec(each, [], preloadPath).stdout),
      comparable(outside.stdout),
      'its output is the same with the library'
    )

    for (const denied of ['netlink', 'netlink,inet6']) {
      const launch = ['--deny-family', denied]
      const control = exec(each, launch, undefined)
      t.notOk(
        control.status === 0 && control.stdout.includes(each.has),
        `control: it fails if ${denied} is denied`
      )
      const sandboxed = exec(each, launch, preloadPath)
      t.match(sandboxed, { status: 0, signal: null }, 'it works with the library')
      t.equal(comparable(sandboxed.stdout), comparable(outside.stdout))
    }
  })
}

const DENIED = ['--deny-family', 'netlink']

for (const [name, { command, args, has }] of Object.entries(beyondRegister)) {
  t.test(`${name}: register does not reach it`, async (t) => {
    const register = ['-r', path.join(projectRoot, 'lib/register.js')]
    t.notMatch(exec({ command, args: [...register, ...args] }, DENIED).stdout, has)
  })
}

const beyondLibrary = {
  koffi: node(KOFFI),
  ctypes: { command: python, args: ['-c', CTYPES] }
}

for (const [name, each] of Object.entries(beyondLibrary)) {
  t.test(`${name}: the library does not reach it`, async (t) => {
    t.match(exec(each, [], preloadPath), { status: 0, stdout: '0\n' }, 'control')
    t.match(exec(each, DENIED, preloadPath), { status: 0, stdout: '-1\n' })
  })
}
