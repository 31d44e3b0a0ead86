'use strict'

// Compares the system calls of one networkInterfaces() or interfaces(), or of one getifaddrs(3) with the preload library, as
// strace(1) prints them, with the lists in docs/system-calls.md. Both must have the same calls.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('osh-ifaddrs')
const { defaultLaunch } = require('../support/launch')
const { Namespace, launcher, projectRoot, vethPair } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')

skipWithout(t, 'strace')

// The C library's memory management and the engine's threads make these calls at any time.
const NOT_OURS = /^(brk|futex|madvise|mmap|mprotect|mremap|munmap|sched_yield)$/

const NO_PROC = ['unshare', '--mount', 'sh', '-euc', 'mount -t tmpfs tmpfs /proc; exec "$@"', 'sh']
const NO_NETLINK = ['--deny-family', 'netlink']
const NO_SOCKETS = ['--deny-family', 'all', '--deny-socketpair']

/** How to produce the condition in each heading of docs/system-calls.md. */
const MODES = {
  'Nothing refused': { launch: [] },
  'Nothing refused, and 32 links or more': { launch: [], links: 32 },
  '`ioctl(SIOCGIFNAME)` refused': { launch: ['--deny-ioctl', 'SIOCGIFNAME'] },
  '`socket(AF_NETLINK)` refused': { launch: NO_NETLINK },
  '`socket(AF_NETLINK)` refused, and a label that names no link': {
    launch: NO_NETLINK,
    label: 'frob'
  },
  '`socket(AF_NETLINK)` and `socket(AF_INET)` refused': {
    launch: ['--deny-family', 'netlink,inet']
  },
  'Every `socket()` refused': { launch: ['--deny-family', 'all'] },
  'Every `socket()` and `socketpair()` refused': { launch: NO_SOCKETS },
  '`socket(AF_NETLINK)` refused, and no `/proc`': { before: NO_PROC, launch: NO_NETLINK },
  'Every `socket()`, `socketpair()` and `/proc` refused': {
    launch: [...NO_SOCKETS, '--no-path', '/proc']
  },
  '`interfaces()`, nothing refused': { launch: [], call: 'interfaces' },
  '`interfaces()`, `socket(AF_NETLINK)` refused': {
    launch: NO_NETLINK,
    bare: true,
    call: 'interfaces'
  },
  '`watch()` and `close()`, nothing refused': { launch: [], call: 'watch' },
  '`watch()` and `close()`, `socket(AF_NETLINK)` refused': {
    launch: NO_NETLINK,
    bare: true,
    call: 'watch'
  },
  '`getifaddrs()` by the preload library, `socket(AF_NETLINK)` refused': {
    launch: NO_NETLINK,
    preload: true,
    bare: true
  },
  '`register`, where the native result has only loopback addresses or none': {
    launch: [],
    guarded: true
  }
}

/** @param {string} name */
const oneCall = (name) => `
  const fs = require('node:fs')
  const { ${name} } = require('osh-ifaddrs')
  const call = () => {
    try {
      ${name}()${name === 'watch' ? '.close()' : ''}
    } catch ({ code }) {
      if (code !== 'ERR_OSH_IFADDRS_UNAVAILABLE') throw code
    }
  }
  // The first call loads the addon.
  call()
  fs.existsSync('/osh-begin')
  call()
  fs.existsSync('/osh-end')`

// The same for a function before register that makes no system call.
const ONE_PROBE = `
  const fs = require('node:fs')
  os.networkInterfaces = () => ({})
  require('osh-ifaddrs/register')
  // The first call loads the addon.
  os.networkInterfaces()
  fs.existsSync('/osh-begin')
  os.networkInterfaces()
  fs.existsSync('/osh-end')`

// The same for getifaddrs(3), through ctypes: python3 itself does not call it.
const ONE_LIST = `
import ctypes, os
libc = ctypes.CDLL(None)
def call():
    head = ctypes.c_void_p()
    if libc.getifaddrs(ctypes.byref(head)) != 0:
        raise OSError
    libc.freeifaddrs(head)
# The first call loads the core.
call()
os.access('/osh-begin', 0)
call()
os.access('/osh-end', 0)
`

/**
 * The lists in docs/system-calls.md, by their headings.
 *
 * @returns {Record<string, string[]>}
 */
function readLists() {
  const text = fs.readFileSync(path.join(projectRoot, 'docs/system-calls.md'), 'utf8')
  const lists = text
    .split(/^##+ /m)
    .slice(1)
    .map((part) => {
      const [heading, ...lines] = part.split('\n')
      const calls = lines
        .filter((line) => line.startsWith('    '))
        .flatMap((line) => line.trim().split(/\s+/))
      return /** @type {const} */ ([heading, calls])
    })
    .filter(([, calls]) => calls.length > 0)
  return Object.fromEntries(lists)
}

/** The argument that distinguishes calls with the same name. */
const ARGUMENT = {
  socket: /^\w+\((AF_\w+)/,
  socketpair: /^\w+\((AF_\w+)/,
  ioctl: /^\w+\(\d+, (\w+)/,
  openat: /^\w+\(AT_FDCWD, "([^"]*)"/,
  open: /^\w+\("([^"]*)"/,
  readlink: /^\w+\("([^"]*)"/,
  readlinkat: /^\w+\(AT_FDCWD, "([^"]*)"/,
  sendto: /nlmsg_type=(\w+)/,
  setsockopt: /^\w+\(\d+, \w+, (\w+)/
}
// strace prints numbers if it cannot query the namespace for a socket's protocol.
const NUMBERS = { '0x12': 'RTM_GETLINK', '0x16': 'RTM_GETADDR', '0x3e': 'SO_BINDTOIFINDEX' }

// Which of these is made depends on the processor and the C library.
const SAME = { openat: 'open', readlinkat: 'readlink', clone3: 'clone', eventfd2: 'eventfd' }

/** @param {string} line printed by strace */
function nameOf(line) {
  const [name] = line.split('(', 1)
  const argument = ARGUMENT[name]?.exec(line)?.[1]
  const call = SAME[name] ?? name
  return argument === undefined ? call : `${call}(${NUMBERS[argument] ?? argument})`
}

/** @type {Map<string, Namespace>} */
const namespaces = new Map()

/**
 * @param {{ links?: number, label?: string, bare?: boolean }} mode `bare`: a link has no address, and is neither
 *   Ethernet nor loopback
 */
function namespaceOf({ links = 0, label, bare = false }) {
  const key = `${links} ${label} ${bare}`
  const ns = namespaces.get(key) ?? Namespace.create('system-calls')
  if (namespaces.has(key)) return ns
  namespaces.set(key, ns)
  t.teardown(() => ns.remove())
  vethPair(ns, ns, { left: 'd0', right: 'd1' })
  const more = Array.from({ length: links }, (_, i) => [
    `link add b${i} type bridge`,
    `addr add 10.1.${i}.1/24 dev b${i}`
  ])
  const own = `addr add 10.0.0.1/24 dev d0 ${label === undefined ? '' : `label ${label}`}`
  const others = [...more.flat(), ...(bare ? ['tuntap add bare mode tun'] : [])]
  ns.batch(['link set lo up', own, 'addr add fd00::1/64 dev d0', ...others])
  ns.settle()
  return ns
}

/** The command that makes the call in a sandbox. */
function sandboxedCommand(mode) {
  const { before = [], launch, preload = false, guarded = false } = mode
  const call = mode.call ?? 'networkInterfaces'
  const prefix = path.dirname(path.dirname(fs.realpathSync(process.execPath)))
  const open = ['--path', projectRoot, ...(prefix === '/usr' ? [] : ['--path', prefix])]
  const sandbox = ['env', ...before, launcher, ...defaultLaunch, ...open, ...launch, '--']
  return preload
    ? [...sandbox, 'env', `LD_PRELOAD=${preloadPath}`, '/usr/bin/python3', '-c', ONE_LIST]
    : [...sandbox, process.execPath, '-e', guarded ? ONE_PROBE : oneCall(call)]
}

/** The lines that strace prints for the calling thread, between the two markers. */
function trace(t, mode) {
  const directory = makeTemporaryFolder(t)
  const strace = ['--quiet=all', '-ff', '-s', '256', '-o', path.join(directory, 'trace'), '--']
  const { status, stderr } = namespaceOf(mode).exec('strace', [
    ...strace,
    ...sandboxedCommand(mode)
  ])
  t.equal(status, 0, `it runs ${stderr}`)
  const files = fs.readdirSync(directory).map((name) => path.join(directory, name))
  const found = files
    .map((file) => fs.readFileSync(file, 'utf8'))
    .filter((text) => text.includes('"/osh-begin"'))
  t.equal(found.length, 1, 'one thread calls')
  const lines = found[0].split('\n')
  const marker = (name) => lines.findIndex((line) => line.includes(`"/osh-${name}"`))
  return lines
    .slice(marker('begin') + 1, marker('end'))
    .filter((line) => !NOT_OURS.test(line.split('(')[0]))
}

const lists = readLists()
t.strictSame(Object.keys(lists), Object.keys(MODES), 'the page has a list for each mode')

for (const [heading, mode] of Object.entries(MODES)) {
  const needs = [
    ...(mode.launch.includes('--no-path') ? ['landlock'] : []),
    ...(mode.bare ? ['/dev/net/tun'] : [])
  ]
  const skip = requirements(...needs)
  t.test(heading, { skip }, async (t) => {
    const lines = trace(t, mode)
    const made = [...new Set(lines.map(nameOf))].sort()
    t.strictSame(made, [...(lists[heading] ?? [])].sort())
    const makers = lines.filter((line) => /^(socket|socketpair|open|openat|eventfd2)\(/.test(line))
    t.ok(makers.length > 0)
    for (const line of makers) t.match(line, /CLOEXEC/, 'an exec inherits no descriptor')
  })
}
