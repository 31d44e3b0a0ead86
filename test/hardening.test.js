'use strict'

// How the addon was compiled and linked, read from the binary itself.

const { spawnSync } = require('node:child_process')
const t = require('tap')
const { findAddon } = require('../lib/binaries')

if (process.platform !== 'linux') {
  t.pass('skipped', { skip: 'readelf reads binaries of Linux' })
  process.exit()
}

const addon = findAddon()

/** @param {string[]} options */
function readelf(...options) {
  const { status, stdout, stderr } = spawnSync('readelf', ['--wide', ...options, addon], {
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`readelf: ${stderr}`)
  return stdout
}

/** The dynamic symbols: their names without versions, and whether this binary defines them. */
function symbols() {
  const lines = readelf('--dyn-syms')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  return lines
    .filter(([number, , , , binding]) => /^\d+:$/.test(number) && /GLOBAL|WEAK/.test(binding))
    .map(([, , , , , , section, name = '']) => ({
      name: name.split('@')[0],
      defined: section !== 'UND'
    }))
}

const segments = readelf('--segments')
const dynamic = readelf('--dynamic')

t.test(
  'full RELRO: what the loader resolves is read-only before any of it is called',
  async (t) => {
    t.match(segments, /^\s*GNU_RELRO\s/m)
    t.match(dynamic, /\(FLAGS_1\).*\bNOW\b/)
  }
)

t.test('no memory is executable and writable, the stack neither', async (t) => {
  const flags = (type) =>
    [...segments.matchAll(new RegExp(`^\\s*${type}(?:\\s+0x[0-9a-f]+){5} ([RWE ]{3})`, 'gm'))].map(
      ([, found]) => found
    )
  t.strictSame(flags('GNU_STACK'), ['RW '])
  const loads = flags('LOAD')
  t.ok(loads.length > 0)
  t.notOk(loads.some((found) => found.includes('W') && found.includes('E')))
  t.notMatch(dynamic, /TEXTREL/)
})

t.test('a smashed stack is noticed', async (t) => {
  t.ok(symbols().some(({ name }) => /^__stack_chk_(fail|guard)/.test(name)))
})

t.test('only the entry points of N-API are exported', async (t) => {
  const exported = symbols()
    .filter(({ defined }) => defined)
    .map(({ name }) => name)
  t.strictSame(exported.sort(), ['napi_register_module_v1', 'node_api_module_get_api_version_v1'])
})

t.test('nothing is imported that starts a program, writes or connects', async (t) => {
  const imported = symbols()
    .filter(({ defined }) => !defined)
    .map(({ name }) => name)
  t.ok(imported.includes('ioctl'), 'it does import something')
  const never =
    /^(exec.*|fork|vfork|clone|posix_spawn.*|system|popen|write|pwrite.*|fopen.*|creat.*|unlink.*|rename.*|connect|listen|accept.*|pthread_create)$/
  t.strictSame(
    imported.filter((name) => never.test(name)),
    []
  )
})
