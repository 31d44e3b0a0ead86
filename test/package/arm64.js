'use strict'

// The arm64 binaries, run by qemu's user mode, which hands system calls to this kernel and translates what
// differs: netlink messages, ioctls, socket options. Here it shows that the binaries load, and answer as this
// machine's own do; and the tests that hold without seccomp run on them, JavaScript and C.
//
// What it cannot show: SO_BINDTOIFINDEX, which it does not know, so that what needs it (labels that name
// another link, or none, where netlink is refused) is not told; system calls as strace(1) would see them; and
// LD_PRELOAD into whatever such a program starts, for that is no arm64 program before qemu runs it. On an
// arm64 machine the whole suite runs as it is, and nothing here is emulated.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { unpackDebianPackages } = require('../../scripts/debian')
const {
  DENIED,
  cache,
  environment,
  fetchNode,
  makeFolder,
  must,
  projectRoot,
  run
} = require('../support/package')

const isNative = process.arch === 'arm64'
const LIBRARIES = '/usr/aarch64-linux-gnu'
const EMULATOR = isNative ? [] : ['/usr/bin/qemu-aarch64', '-L', LIBRARIES]
const TIMEOUT = 600

// Those that take a minute. What else holds without seccomp takes ten: OSH_ARM64='register parity-cases'.
const FILES = ['cli', 'hardening', 'unit', ...(process.env.OSH_ARM64?.split(' ') ?? [])]

// Everything the interface tells, by every source alone and together.
const TELL = `
  const { diagnose, networkInterfaces } = require('osh-ifaddrs')
  const told = [['rtnetlink'], ['ioctl'], ['procfs'], ['ioctl', 'procfs']].map((sources) => {
    try {
      return { sources, answer: networkInterfaces({ sources }), diagnosis: diagnose({ sources }) }
    } catch (error) {
      return { sources, message: error.message, diagnosis: diagnose({ sources }) }
    }
  })
  console.log(JSON.stringify({ arch: process.arch, told }))`
const SHOW = 'console.log(JSON.stringify(require("node:os").networkInterfaces()))'

/**
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
async function testAddon(t, app) {
  const node = [...EMULATOR, fetchNode(24, 'arm64')]
  const register = ['-r', 'osh-ifaddrs/register', '-e', SHOW]
  for (const [name, cage] of Object.entries({ 'nothing denied': [], 'netlink denied': DENIED })) {
    const there = JSON.parse(must([...cage, ...node, '-e', TELL], { cwd: app }))
    const here = JSON.parse(must([...cage, process.execPath, '-e', TELL], { cwd: app }))
    t.equal(there.arch, 'arm64')
    t.equal(there.told.length, 4)
    t.same(there.told, here.told, `${name}: tells what this machine's own addon tells`)
  }
  const { output } = run([...DENIED, ...node, ...register], { cwd: app })
  t.equal(output.trim(), JSON.stringify(os.networkInterfaces()), 'register')
}

/**
 * @param {string} file to be written, which runs a program by qemu
 * @param {string[]} command
 */
function writeWrapper(file, command) {
  const words = [...EMULATOR, ...command].map((word) => `'${word}'`)
  fs.writeFileSync(file, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 })
}

/**
 * Compiles what the tests need of C for arm64.
 *
 * @param {string} project
 */
function compile(project) {
  const names = ['libcmocka0', 'libcmocka-dev', 'libmnl0', 'libmnl-dev']
  const root = unpackDebianPackages(path.join(cache, 'debian-arm64'), 'arm64', names)
  const folder = path.join(root, 'usr/lib/aarch64-linux-gnu')
  const test = path.join(project, 'test')
  const units = fs
    .readdirSync(path.join(test, 'unit'))
    .filter((name) => name.endsWith('_test.c'))
    .map((name) => `build/${path.basename(name, '.c')}`)
  must(
    ['make', '--silent', 'CC=aarch64-linux-gnu-gcc', ...units, 'build/setns.node', 'build/lists'],
    {
      cwd: test,
      env: {
        ...environment(),
        PKG_CONFIG_SYSROOT_DIR: root,
        PKG_CONFIG_LIBDIR: path.join(folder, 'pkgconfig')
      }
    }
  )
  for (const unit of units) {
    const file = path.join(test, unit)
    fs.renameSync(file, `${file}.arm64`)
    writeWrapper(file, ['-E', `LD_LIBRARY_PATH=${folder}`, `${file}.arm64`])
  }
}

/**
 * A copy of the project that has the published arm64 binaries, and tests for them.
 *
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
function makeProject(t, app) {
  const project = makeFolder(t, 'project')
  // Sandboxes of tests are another user's.
  fs.chmodSync(path.dirname(project), 0o711)
  const tracked = must(['git', 'ls-files', '-z'], { cwd: projectRoot }).split('\0').slice(0, -1)
  for (const name of tracked) fs.cpSync(path.join(projectRoot, name), path.join(project, name))
  const prebuilds = path.join(app, 'node_modules/osh-ifaddrs/prebuilds')
  fs.cpSync(prebuilds, path.join(project, 'prebuilds'), { recursive: true })
  fs.symlinkSync(path.join(projectRoot, 'node_modules'), path.join(project, 'node_modules'))
  fs.mkdirSync(path.join(project, 'test/build'))
  // They start programs, and are none that is tested.
  for (const name of ['raw', 'sandbox']) {
    fs.copyFileSync(
      path.join(projectRoot, 'test/build', name),
      path.join(project, 'test/build', name)
    )
  }
  compile(project)
  return project
}

/**
 * @param {import('tap').Test} t
 * @param {string} project
 */
async function testSuite(t, project) {
  // Beside each other: the sandbox of a test opens the folder that node is in.
  const bin = path.join(path.dirname(project), 'bin')
  fs.mkdirSync(bin)
  fs.copyFileSync(fetchNode(24, 'arm64'), path.join(bin, 'node-arm64'))
  const node = path.join(bin, 'node')
  writeWrapper(node, [`${node}-arm64`])
  const hook = path.join(bin, 'hook.js')
  fs.writeFileSync(hook, `process.execPath = '${node}'`)
  for (const file of FILES) {
    const { status, output } = run([node, '-r', hook, `test/${file}.test.js`], {
      cwd: project,
      timeout: TIMEOUT * 1000,
      env: { ...environment(), TAP_TIMEOUT: `${TIMEOUT}` }
    })
    t.equal(status, 0, `${file}: passes`, { output: status === 0 ? '' : output })
    const counts = /^# \{ total: (\d+), pass: (\d+) \}$/m.exec(output)
    t.ok(counts !== null && Number(counts[1]) > 0, `${file}: all of ${counts?.[1]} pass`)
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string} project
 */
async function testPreload(t, project) {
  const preload = path.join(project, 'prebuilds/linux-arm64/osh_ifaddrs_preload.so')
  /** @param {string[]} command */
  const list = (command) => {
    const { status, output } = run([...DENIED, ...command, 'list'])
    if (status !== 0) return output
    // Counters differ from one moment to the next.
    return JSON.parse(output).map((/** @type {any} */ { data, ...entry }) => entry)
  }
  const lists = [...EMULATOR, '-E', `LD_PRELOAD=${preload}`, path.join(project, 'test/build/lists')]
  const bare = [...EMULATOR, path.join(project, 'test/build/lists')]
  const own = [path.join(projectRoot, 'test/build/lists')]
  const here = path.join(project, 'prebuilds/linux-x64/osh_ifaddrs_preload.so')
  const expected = list(['env', `LD_PRELOAD=${here}`, ...own])
  t.match(list(bare), /Operation not permitted/, 'without it, getifaddrs(3) fails')
  t.ok(Array.isArray(expected) && expected.length > 0)
  t.same(list(lists), expected)
}

/**
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
function testArm64(t, app) {
  t.test('the addon', (t) => testAddon(t, app))
  if (!isNative) {
    const project = makeProject(t, app)
    t.test('the preload library', (t) => testPreload(t, project))
    t.test('the suite', (t) => testSuite(t, project))
  }
  t.end()
}

module.exports = { testArm64 }
