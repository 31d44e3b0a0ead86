'use strict'

// Runs arm64 programs on a machine with another processor, without changing the machine. They run in a user
// namespace whose binfmt_misc starts qemu for them (since Linux 6.7 each user namespace has its own), and whose
// library directory also contains arm64 libraries. It has its own network namespace, and its root has
// privileges only there.

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { sleep } = require('./namespace')
const { requirements, failInCI } = require('./requirements')
const { runChecked } = require('./package')

const QEMU = '/usr/bin/qemu-aarch64-static'
const NAMESPACES = ['--user', '--mount', '--net']
const TIMEOUT = 60_000
const INTERVAL = 10

// Matches an ELF file of 64 bits, little endian, executable or shared object, for EM_AARCH64 (183), of any ABI.
// F opens qemu when it is registered, so that programs in any root directory can use it. P passes argv[0] on,
// and C the program's credentials (binfmt-misc.rst).
const MAGIC = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`
const MASK = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`
const FORMAT = `:aarch64:M::${MAGIC}:${MASK}:${QEMU}:FPC`

// ip(8) keeps the names of network namespaces in /run.
const SET_UP = `
  mount -t tmpfs tmpfs /run
  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  printf %s "$1" >/proc/sys/fs/binfmt_misc/register
  mount -t overlay overlay -o "lowerdir=$2" /usr/lib
  ip link set lo up`

const MOUNT_BINFMT_MISC = [
  '--user',
  '--map-root-user',
  '--mount',
  'mount',
  '-t',
  'binfmt_misc',
  'binfmt_misc'
]

/**
 * Returns why nothing can be emulated here, or null. Throws in CI instead.
 *
 * @returns {string | null}
 */
function emulationRequirements() {
  // Tests start programs as other users there, so all users are mapped, which takes root.
  const unmet = requirements('users', path.basename(QEMU))
  if (unmet !== null) return unmet
  const { status } = spawnSync('unshare', [...MOUNT_BINFMT_MISC, '/proc/sys/fs/binfmt_misc'], {
    stdio: 'ignore'
  })
  const reason = 'user namespaces have no binfmt_misc of their own (needs Linux 6.7)'
  return status === 0 ? null : failInCI(reason)
}

/** @param {number} pid */
function awaitNamespace(pid) {
  const own = fs.readlinkSync('/proc/self/ns/net')
  const deadline = Date.now() + TIMEOUT
  while (fs.readlinkSync(`/proc/${pid}/ns/net`) === own) {
    if (Date.now() > deadline) throw new Error('unshare creates no namespace')
    sleep(INTERVAL)
  }
}

/**
 * @param {import('tap').Test} t whose end stops the emulation
 * @param {string} root where Debian's packages for arm64 are unpacked
 * @returns {(command: string[], options?: { cwd?: string }) => string[]} turns a command into one that runs there
 */
function makeEmulation(t, root) {
  // It exits at the end of its input, even if this process is killed.
  const holder = spawn('unshare', [...NAMESPACES, 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] })
  t.teardown(() => holder.kill('SIGKILL'))
  if (holder.pid === undefined) throw new Error('cannot start unshare')
  awaitNamespace(holder.pid)
  for (const map of ['uid_map', 'gid_map']) {
    fs.writeFileSync(`/proc/${holder.pid}/${map}`, '0 0 4294967295')
  }
  /** @type {ReturnType<typeof makeEmulation>} */
  const emulated = (command, { cwd = '/' } = {}) => [
    ...['nsenter', `--target=${holder.pid}`, ...NAMESPACES, `--wdns=${cwd}`, '--', ...command]
  ]
  // Packages of Debian 13 have no files in /lib.
  const libraries = ['usr/lib', 'lib'].map((name) => path.join(root, name)).filter(fs.existsSync)
  runChecked(emulated(['sh', '-euc', SET_UP, 'sh', FORMAT, [...libraries, '/usr/lib'].join(':')]))
  return emulated
}

module.exports = { emulationRequirements, makeEmulation }
