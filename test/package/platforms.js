'use strict'

// Other machines than this one: the arm64 binaries in qemu's user mode, which hands system calls to this
// kernel and translates netlink messages and ioctls, and the C library of Alpine.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { DENIED, cache, fetchNode, must, projectRoot, run } = require('../support/package')

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

/** @returns {string[]} what runs arm64 programs */
function emulator() {
  return process.arch === 'arm64' ? [] : ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu']
}

/**
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
async function testArm64(t, app) {
  const node = [...emulator(), fetchNode(24, 'arm64')]
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

/** @param {import('tap').Test} t */
async function testMusl(t) {
  const headers = path.join(cache, 'musl')
  fs.rmSync(headers, { recursive: true, force: true })
  fs.mkdirSync(headers, { recursive: true })
  // The kernel's and libmnl's, and none of glibc's, which lie beside them.
  const machine = must(['cc', '-print-multiarch']).trim()
  for (const name of ['linux', 'asm-generic', 'libmnl']) {
    fs.symlinkSync(path.join('/usr/include', name), path.join(headers, name))
  }
  fs.symlinkSync(path.join('/usr/include', machine, 'asm'), path.join(headers, 'asm'))
  const napi = path.join(projectRoot, 'node_modules/node-api-headers/include')
  const flags = [
    '-std=c11',
    '-D_GNU_SOURCE',
    '-DNAPI_VERSION=8',
    '-O2',
    '-Wall',
    '-Wextra',
    '-Werror'
  ]
  const folders = ['-isystem', napi, '-idirafter', headers]
  for (const name of fs.readdirSync(path.join(projectRoot, 'src'))) {
    if (!name.endsWith('.c')) continue
    const file = path.join(projectRoot, 'src', name)
    const { status, output } = run([
      'musl-gcc',
      ...flags,
      ...folders,
      '-c',
      file,
      '-o',
      '/dev/null'
    ])
    t.same({ status, output }, { status: 0, output: '' }, name)
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
function testPlatforms(t, app) {
  t.test('arm64', (t) => testArm64(t, app))
  t.test('musl', (t) => testMusl(t))
  t.end()
}

module.exports = { testPlatforms }
