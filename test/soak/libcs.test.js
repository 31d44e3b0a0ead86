'use strict'

// The published binaries with the C libraries of other systems, as addon, as preload library, and as both in one
// process: the oldest glibc and the newest one that Debian has, musl, and for other processors, in qemu.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { copyBinary, makeApp, packOrSkip } = require('../support/app')
const { Namespace, projectRoot } = require('../support/namespace')
const { fetchNode, runChecked } = require('../support/package')
const { requirements, skipWithout } = require('../support/requirements')
const { runtime } = require('../support/runtimes')
const { TRIPLETS, makeGlibc, makeMusl } = require('../support/systems')
const { TIMEOUT } = require('./duration')

/** @typedef {import('../support/systems').System} System */

// The first run downloads the systems and the programs.
t.setTimeout(TIMEOUT)
skipWithout(t)

const OPEN = ['--user', 'keep', '--no-landlock']
const DENIED = [...OPEN, '--deny-family', 'netlink']
const PRINT_BOTH = `
  const os = require('node:os')
  const { networkInterfaces } = require('osh-ifaddrs')
  let native
  try { native = os.networkInterfaces() } catch (error) { native = error.message }
  console.log(JSON.stringify({ native, ours: networkInterfaces() }))`

const ns = Namespace.create('libcs')
t.teardown(() => ns.remove())
ns.batch([
  'link set lo up',
  'link add d0 type veth peer name p0',
  'link set p0 up',
  'link set d0 up',
  'addr add 10.1.0.1/24 brd + dev d0',
  'addr add fd00::1/64 dev d0 nodad'
])
ns.settle()

const app = makeApp(t, packOrSkip(t))
const both = path.join(app, 'both.cjs')
fs.writeFileSync(both, PRINT_BOTH)
const watching = path.join(app, 'watching.cjs')
fs.copyFileSync(path.join(projectRoot, 'test/support/watch/first-change.js'), watching)
/** @param {string} arch */
const binary = (arch) => copyBinary(t, app, arch)
const machine = /** @type {'x64' | 'arm64'} */ (process.arch)

/**
 * @param {string[]} command
 * @param {string[]} launch
 */
function exec([program, ...args], launch) {
  const { status, stdout, stderr } = ns.exec(program, args, { launch })
  return status === 0 ? stdout : stderr
}

const expected = JSON.parse(exec([process.execPath, both], OPEN)).native

/**
 * @param {import('tap').Test} t
 * @param {System} system
 * @param {string} program a JavaScript runtime
 * @param {string} preload
 */
function checkRuntime(t, system, program, preload) {
  /** @param {string[]} launch @param {string} [library] */
  const print = (launch, library) => {
    const output = exec(system.command(program, [both], library), launch)
    return output.startsWith('{') ? JSON.parse(output) : output
  }
  const open = print(OPEN)
  t.ok(open.native?.d0?.length === 3, 'control: nothing denied, its own function answers', { open })
  const denied = print(DENIED)
  t.match(denied.native, /getifaddrs|uv_interface_addresses/, 'control: denied, it fails')
  t.strictSame(denied.ours, expected, 'the addon')
  t.strictSame(print(DENIED, preload), { native: open.native, ours: expected }, 'both')
  t.strictSame(print(OPEN, preload), { native: open.native, ours: expected }, 'nothing denied')
}

/**
 * Not in qemu, where a child that is forked beside a thread can hang.
 *
 * @param {import('tap').Test} t
 * @param {System} system
 * @param {string} program a JavaScript runtime
 */
function checkWatch(t, system, program) {
  for (const [mode, sources] of Object.entries({ netlink: [], polling: ['ioctl,procfs'] })) {
    const output = exec(system.command(program, [watching, ...sources]), OPEN)
    t.equal(output, `{"mode":"${mode}","names":["watched"],"known":true}\n`, `watch(), ${mode}`)
    ns.ip('link del watched')
  }
}

/**
 * @param {import('tap').Test} t
 * @param {System} system
 * @param {string} program that prints addresses
 * @param {string[]} args
 */
function checkProgram(t, system, program, args) {
  const name = path.basename(program)
  const alone = system.command(program, args)
  const preloaded = system.command(program, args, binary(machine))
  const open = exec(alone, OPEN)
  t.match(open, /10\.1\.0\.1|0a010001/, `control: ${name}`)
  t.not(exec(alone, DENIED), open, `control: denied, ${name} fails`)
  t.equal(exec(preloaded, DENIED), open, `${name} with the preload library`)
  t.equal(exec(preloaded, OPEN), open, `${name}, nothing denied`)
}

/**
 * Without dlsym(3), ours answers first: its list must be glibc's. Counters of the links may change meanwhile.
 *
 * @param {import('tap').Test} t
 * @param {System} system
 * @param {string} lists
 */
function checkLists(t, system, lists) {
  /** @param {string} mode @param {string[]} launch @param {string} [preload] */
  const print = (mode, launch, preload) =>
    JSON.parse(exec(system.command(lists, [mode], preload), launch))
  const glibc = print('list', OPEN)
  t.strictSame(print('list', OPEN, binary(machine)), glibc, 'nothing denied: the list of glibc')
  t.strictSame(print('names', OPEN, binary(machine)), print('names', OPEN), 'and its names')
  t.equal(print('list', DENIED, binary(machine)).length, glibc.length, 'denied: as many entries')
  t.equal(print('leaks', OPEN, binary(machine)), 0, 'no leak')
  t.equal(print('leaks', DENIED, binary(machine)), 0, 'no leak, denied')
}

/**
 * Compiles test/support/preload/lists.c for the oldest glibc, which lacks mallinfo2(3).
 *
 * @param {System} system
 */
function compileLists({ root }) {
  const output = path.join(root, 'lists')
  const source = path.join(projectRoot, 'test/support/preload/lists.c')
  const triplet = TRIPLETS[machine]
  const include = path.join(root, 'usr/include')
  /** @param {string} folder @param {string[]} names */
  const files = (folder, ...names) => names.map((name) => path.join(root, folder, triplet, name))
  runChecked([
    ...[
      `${triplet}-gcc`,
      '-std=c11',
      '-D_GNU_SOURCE',
      '-Dmallinfo2=mallinfo',
      '-nostdlib',
      '-Wl,--allow-shlib-undefined'
    ],
    ...['-isystem', include, '-isystem', path.join(include, triplet)],
    ...[...files('usr/lib', 'crt1.o', 'crti.o'), source, ...files('lib', 'libpthread.so.0')],
    ...[...files('lib', 'libc.so.6'), ...files('usr/lib', 'libc_nonshared.a', 'crtn.o')],
    ...['-lgcc', '-o', output]
  ])
  return output
}

t.test('Debian 11, glibc 2.31, in which programs without libdl have no dlsym(3)', async (t) => {
  const headers = ['libc6-dev', 'libcrypt-dev', 'linux-libc-dev']
  const system = makeGlibc(machine, 'bullseye', ['hostname', ...headers])
  checkRuntime(t, system, process.execPath, binary(machine))
  checkWatch(t, system, process.execPath)
  const hostname = path.join(system.root, 'bin/hostname')
  t.notMatch(runChecked(['readelf', '--dynamic', hostname]), 'libpthread', 'control: no threads')
  checkProgram(t, system, hostname, ['-I'])
  const lists = compileLists(system)
  t.notMatch(runChecked(['readelf', '--dynamic', lists]), 'libdl', 'control: it has no dlsym(3)')
  checkLists(t, system, lists)
})

t.test('Debian sid, the newest glibc', async (t) => {
  const system = makeGlibc(machine, 'sid', ['hostname'])
  checkRuntime(t, system, process.execPath, binary(machine))
  checkWatch(t, system, process.execPath)
  const hostname = ['bin', 'usr/bin'].map((name) => path.join(system.root, name, 'hostname'))
  checkProgram(t, system, hostname.find((file) => fs.existsSync(file)) ?? '', ['-I'])
})

t.test('musl, in Bun', async (t) => {
  const bun = runtime('bun-musl')
  const system = makeMusl(machine, bun)
  checkRuntime(t, system, bun, binary(machine))
  checkWatch(t, system, bun)
})

const emulated = { skip: requirements('qemu-aarch64-static', 'qemu-arm-static') ?? false }

t.test('musl on arm64, in Bun', emulated, async (t) => {
  const bun = runtime('bun-musl', 'arm64')
  checkRuntime(t, makeMusl('arm64', bun), bun, binary('arm64'))
})

t.test('glibc on ARMv7, in Node', emulated, async (t) => {
  const system = makeGlibc('arm', 'bookworm', ['libatomic1'])
  checkRuntime(t, system, fetchNode(20, 'armv7l'), binary('arm'))
})
