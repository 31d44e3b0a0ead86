'use strict'

// The system calls that one networkInterfaces() makes, as strace(1) sees them, against the list in
// SECURITY.md: none that is not there, and none there that is not made.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { Namespace, launcher, projectRoot, requirements, vethPair } = require('./support/namespace')

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

// How the C library gets memory and the engine's threads wait for each other, whenever they like.
const NOT_OURS = /^(brk|futex|madvise|mmap|mprotect|mremap|munmap|sched_yield)$/

const NO_PROC = ['unshare', '--mount', 'sh', '-euc', 'mount -t tmpfs tmpfs /proc; exec "$@"', 'sh']
const NO_SOCKETS = ['--deny-family', 'all', '--deny-socketpair']

/** How to bring about what each heading in SECURITY.md names. */
const MODES = {
  'Nothing refused': { launch: [] },
  '`ioctl(SIOCGIFNAME)` refused': { launch: ['--deny-ioctl', 'SIOCGIFNAME'] },
  '`socket(AF_NETLINK)` refused': { launch: ['--deny-family', 'netlink'] },
  'That, and `socket(AF_INET)`': { launch: ['--deny-family', 'netlink,inet'] },
  'Every `socket()` refused': { launch: ['--deny-family', 'all'] },
  'That, and `socketpair()`': { launch: NO_SOCKETS },
  '`socket(AF_NETLINK)` refused, and no `/proc`': {
    before: NO_PROC,
    launch: ['--deny-family', 'netlink']
  },
  'All of it refused': { launch: [...NO_SOCKETS, '--no-path', '/proc'] }
}

const ONE_CALL = `
  const fs = require('node:fs')
  const { networkInterfaces } = require('osh-ifaddrs')
  const call = () => {
    try {
      networkInterfaces()
    } catch ({ code }) {
      if (code !== 'ERR_OSH_IFADDRS_UNAVAILABLE') throw code
    }
  }
  // The first call loads the addon.
  call()
  fs.existsSync('/osh-begin')
  call()
  fs.existsSync('/osh-end')`

/**
 * SECURITY.md's lists, by their headings.
 *
 * @returns {Record<string, string[]>}
 */
function readLists() {
  const text = fs.readFileSync(path.join(projectRoot, 'SECURITY.md'), 'utf8')
  const section = text.split(/^## /m).find((part) => part.startsWith('System calls\n'))
  const lists = (section ?? '')
    .split(/^### /m)
    .slice(1)
    .map((part) => {
      const [heading, ...lines] = part.split('\n')
      const calls = lines
        .filter((line) => line.startsWith('    '))
        .flatMap((line) => line.trim().split(/\s+/))
      return [heading, calls]
    })
  return Object.fromEntries(lists)
}

/** The one argument that tells calls of a name apart, where there is one. */
const ARGUMENT = {
  socket: /^\w+\((AF_\w+)/,
  socketpair: /^\w+\((AF_\w+)/,
  ioctl: /^\w+\(\d+, (\w+)/,
  openat: /^\w+\(AT_FDCWD, "([^"]*)"/,
  open: /^\w+\("([^"]*)"/,
  sendto: /nlmsg_type=(\w+)/
}
// A strace that cannot ask the namespace which protocol a socket speaks prints figures.
const MESSAGES = { '0x12': 'RTM_GETLINK', '0x16': 'RTM_GETADDR' }

/** @param {string} line of strace's */
function nameOf(line) {
  const [name] = line.split('(', 1)
  const argument = ARGUMENT[name]?.exec(line)?.[1]
  // What openat(2) is on one architecture is open(2) on another.
  const plain = name === 'openat' ? 'open' : name
  return argument === undefined ? plain : `${plain}(${MESSAGES[argument] ?? argument})`
}

const ns = Namespace.create('system-calls')
t.teardown(() => ns.remove())
vethPair(ns, ns, { left: 'd0', right: 'd1' })
ns.batch(['link set lo up', 'addr add 10.0.0.1/24 dev d0', 'addr add fd00::1/64 dev d0'])
ns.settle()

/** What strace prints of the thread that calls, from one marker to the other. */
function trace(t, { before = [], launch }) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'osh-system-calls-'))
  t.teardown(() => fs.rmSync(directory, { recursive: true }))
  const strace = ['--quiet=all', '-ff', '-s', '256', '-o', path.join(directory, 'trace'), '--']
  const node = [process.execPath, '-e', ONE_CALL]
  const prefix = path.dirname(path.dirname(fs.realpathSync(process.execPath)))
  const open = ['--path', projectRoot, ...(prefix === '/usr' ? [] : ['--path', prefix])]
  const clean = ['env', '--unset=NODE_OPTIONS', '--unset=NODE_EXTRA_CA_CERTS']
  const cage = [...clean, ...before, launcher, ...open, ...launch, '--', ...node]
  const { status, stderr } = ns.exec('strace', [...strace, ...cage])
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
t.strictSame(Object.keys(lists), Object.keys(MODES), 'SECURITY.md has a list for each mode')

for (const [heading, mode] of Object.entries(MODES)) {
  t.test(heading, async (t) => {
    const lines = trace(t, mode)
    const made = [...new Set(lines.map(nameOf))].sort()
    t.strictSame(made, [...(lists[heading] ?? [])].sort())
    const makers = lines.filter((line) => /^(socket|socketpair|open|openat)\(/.test(line))
    t.ok(makers.length > 0)
    for (const line of makers) t.match(line, /CLOEXEC/, 'an exec inherits no descriptor')
  })
}
