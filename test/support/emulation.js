'use strict'

// Programs of arm64 on a machine of another processor, as if it could run them: in a user namespace that
// hands each of them to qemu, for binfmt_misc is a user namespace's own since Linux 6.7, and whose
// directory of libraries has those of arm64, too. Nothing of the machine is changed. The network namespace
// in there is one of its own, and root is root of that one alone.

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { requirements, sleep, toleratedReason } = require('./namespace')
const { must } = require('./package')

const QEMU = '/usr/bin/qemu-aarch64-static'
const NAMESPACES = ['--user', '--mount', '--net']
const TIMEOUT = 60_000
const INTERVAL = 10

// How the kernel knows such a program: ELF, 64 bits, little endian, an executable or a shared object, for
// EM_AARCH64 (183). Which ABI it is of does not matter. F opens qemu at once, so that a program finds it
// from any root directory; P and C hand on its argv[0] and its user (binfmt-misc.rst).
const MAGIC = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`
const MASK = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`
const FORMAT = `:aarch64:M::${MAGIC}:${MASK}:${QEMU}:FPC`

// Network namespaces are named in /run.
const SET_UP = `
  mount -t tmpfs tmpfs /run
  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  printf %s "$1" >/proc/sys/fs/binfmt_misc/register
  mount -t overlay overlay -o "lowerdir=$2" /usr/lib
  ip link set lo up`

const TRY = ['--user', '--map-root-user', '--mount', 'mount', '-t', 'binfmt_misc', 'binfmt_misc']

/**
 * Why nothing can be emulated here, or null; throws in CI instead.
 *
 * @returns {string | null}
 */
function missing() {
  const lacking = requirements()
  if (lacking !== null) return lacking
  const { status } = spawnSync('unshare', [...TRY, '/proc/sys/fs/binfmt_misc'], { stdio: 'ignore' })
  const reason = 'a user namespace has no binfmt_misc of its own, as before Linux 6.7'
  return status === 0 ? null : toleratedReason(reason)
}

/** @param {number} pid */
function awaitNamespace(pid) {
  const own = fs.readlinkSync('/proc/self/ns/net')
  const deadline = Date.now() + TIMEOUT
  while (fs.readlinkSync(`/proc/${pid}/ns/net`) === own) {
    if (Date.now() > deadline) throw new Error('no user namespace was made')
    sleep(INTERVAL)
  }
}

/**
 * @param {import('tap').Test} t with which it ends
 * @param {string} root where Debian's packages for arm64 are unpacked
 * @returns {(command: string[], options?: { cwd?: string }) => string[]} the command that runs a command in there
 */
function makeEmulation(t, root) {
  // It ends when its input does, even if this process is killed.
  const holder = spawn('unshare', [...NAMESPACES, 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] })
  t.teardown(() => holder.kill('SIGKILL'))
  if (holder.pid === undefined) throw new Error('unshare could not be started')
  awaitNamespace(holder.pid)
  for (const map of ['uid_map', 'gid_map']) {
    fs.writeFileSync(`/proc/${holder.pid}/${map}`, '0 0 4294967295')
  }
  /** @type {ReturnType<typeof makeEmulation>} */
  const within = (command, { cwd = '/' } = {}) => [
    ...['nsenter', `--target=${holder.pid}`, ...NAMESPACES, `--wdns=${cwd}`, '--', ...command]
  ]
  // Since Debian 13 packages have nothing in /lib.
  const libraries = ['usr/lib', 'lib'].map((name) => path.join(root, name)).filter(fs.existsSync)
  must(within(['sh', '-euc', SET_UP, 'sh', FORMAT, [...libraries, '/usr/lib'].join(':')]))
  return within
}

module.exports = { makeEmulation, missing }
