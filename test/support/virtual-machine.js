'use strict'

// Virtual machines: Debian's kernels in qemu, with a small system that is unpacked into memory. They have no disk and
// no network card. What a guest prints behind MARK is JSON for the host, which reads it from the guest's console.

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const readline = require('node:readline')

/**
 * @typedef {object} Machine
 * @property {'x64' | 'arm64' | 's390x'} arch Node's name of the processor
 * @property {string} triplet GNU's name
 * @property {string} qemu the emulator
 * @property {string[]} options of the emulator
 * @property {string} console the kernel's name of the first serial line
 */

/** @type {Record<string, Machine>} by Debian's name of the processor */
const MACHINES = {
  amd64: {
    arch: 'x64',
    triplet: 'x86_64-linux-gnu',
    qemu: 'qemu-system-x86_64',
    options: ['-machine', 'q35', '-cpu', 'max'],
    console: 'ttyS0'
  },
  arm64: {
    arch: 'arm64',
    triplet: 'aarch64-linux-gnu',
    qemu: 'qemu-system-aarch64',
    // `max` would compute each pointer's signature in software.
    options: ['-machine', 'virt', '-cpu', 'cortex-a72'],
    console: 'ttyAMA0'
  },
  s390x: {
    arch: 's390x',
    triplet: 's390x-linux-gnu',
    qemu: 'qemu-system-s390x',
    options: ['-machine', 's390-ccw-virtio', '-cpu', 'max'],
    console: 'ttysclp0'
  }
}

const MARK = '@@ '
// KVM is faster where it works, but a guest hangs where the device is there and does not.
const ACCELERATOR = ['-accel', 'tcg']
const MEGABYTES = 2048
const PROCESSORS = 2
// Debian compresses modules since trixie.
const MODULE = /^(.*)\.ko(?:\.xz)?$/
const CONSOLE_LINES = 40

/** @param {string} folder @returns {Map<string, string>} the kernel's modules: files by name */
function listModules(folder) {
  const files = fs.readdirSync(folder, { encoding: 'utf8', recursive: true })
  return new Map(
    files.flatMap((file) => {
      const [, name] = MODULE.exec(path.basename(file)) ?? []
      return name === undefined ? [] : [[name.replaceAll('-', '_'), path.join(folder, file)]]
    })
  )
}

/** @param {string} file @returns {Buffer} the module, decompressed */
function readModule(file) {
  if (!file.endsWith('.xz')) return fs.readFileSync(file)
  const { error, status, stdout } = spawnSync('xz', ['-dc', file], {
    maxBuffer: 64 << 20
  })
  if (status !== 0) throw new Error(`xz ${file}: ${error?.message ?? status}`)
  return stdout
}

/**
 * Reads modules and those that they need, in the order in which they can be loaded. The package has no list of
 * dependencies: depmod(8) makes it from the same lines of each module.
 *
 * @param {string} folder
 * @param {Iterable<string>} names those that the kernel does not have are left out
 * @returns {Map<string, Buffer>}
 */
function readModules(folder, names) {
  const files = listModules(folder)
  /** @type {Map<string, Buffer>} */
  const loadable = new Map()
  /** @param {string} name */
  const add = (name) => {
    const file = files.get(name)
    if (file === undefined || loadable.has(name)) return
    const content = readModule(file)
    const [, needed = ''] = /\0depends=([^\0]*)\0/.exec(content.toString('latin1')) ?? []
    for (const each of needed.split(',')) add(each.replaceAll('-', '_'))
    loadable.set(name, content)
  }
  for (const name of names) add(name)
  return loadable
}

/**
 * @typedef {object} Ended
 * @property {any[]} said what the guest printed behind MARK
 * @property {string} console the last lines of everything else
 */

/**
 * Boots a kernel and waits until the machine ends, or kills it. qemu's exit status says nothing about the guest.
 *
 * @param {Machine} machine
 * @param {{ kernel: string, initramfs: string, timeout: number }} options `timeout` in milliseconds
 * @returns {Promise<Ended>}
 */
async function boot(machine, { kernel, initramfs, timeout }) {
  // Without init=, a kernel that cannot run /init starts a shell, which waits for ever.
  const parameters = `console=${machine.console} init=/init panic=-1 quiet loglevel=1`
  const command = [
    ...[machine.qemu, ...machine.options, ...ACCELERATOR],
    ...['-m', `${MEGABYTES}`, '-smp', `${PROCESSORS}`],
    ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-nic', 'none', '-no-reboot'],
    ...['-kernel', kernel, '-initrd', initramfs, '-append', parameters]
  ]
  // Ends with this process, however that ends.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  /** @type {any[]} */
  const said = []
  /** @type {string[]} */
  const others = []
  /** @param {string} line */
  const read = (line) => {
    const at = line.indexOf(MARK)
    if (at < 0) others.push(line)
    else said.push(JSON.parse(line.slice(at + MARK.length)))
  }
  for (const input of [child.stdout, child.stderr])
    readline.createInterface({ input }).on('line', read)
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout)
  await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject))
  clearTimeout(timer)
  return { said, console: others.slice(-CONSOLE_LINES).join('\n') }
}

module.exports = { MACHINES, MARK, boot, readModules }
