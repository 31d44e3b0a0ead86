'use strict'

// Reads from the binaries how the addon, the preload library and its core were compiled and linked.

const { spawnSync } = require('node:child_process')
const path = require('node:path')
const t = require('tap')
const { findAddon } = require('../../lib/addon/locate')

if (process.platform !== 'linux') {
  t.pass('skipped', { skip: 'readelf reads binaries of Linux' })
  process.exit()
}

const addon = findAddon()

/** The complete exports of each binary. */
const EXPORTS = {
  [path.basename(addon)]: ['napi_register_module_v1', 'node_api_module_get_api_version_v1'],
  'osh_ifaddrs_preload.so': ['freeifaddrs', 'getifaddrs', 'if_freenameindex', 'if_nameindex'],
  'osh_ifaddrs_core.so': ['osh_ifaddrs', 'osh_nameindex']
}

// Functions that start a program or a thread, write, connect or log.
const NEVER =
  /^(exec.*|fork|vfork|clone|posix_spawn.*|system|popen|write|pwrite.*|fopen.*|creat.*|unlink.*|rename.*|connect|listen|accept.*|pthread_create|.*printf.*|syslog)$/

/**
 * @param {string} file
 * @param {string[]} options
 */
function readelf(file, ...options) {
  const { status, stdout, stderr } = spawnSync('readelf', ['--wide', ...options, file], {
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`readelf: ${stderr}`)
  return stdout
}

/**
 * The dynamic symbols: their names without versions, and whether this binary defines them.
 *
 * @param {string} file
 */
function symbolsOf(file) {
  const lines = readelf(file, '--dyn-syms')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  return lines
    .filter(([number, , , , binding]) => /^\d+:$/.test(number) && /GLOBAL|WEAK/.test(binding))
    .map(([, , , , , , section, name = '']) => ({
      name: name.split('@')[0],
      defined: section !== 'UND'
    }))
}

for (const [name, exported] of Object.entries(EXPORTS)) {
  const file = path.join(path.dirname(addon), name)
  t.test(name, async (t) => {
    const segments = readelf(file, '--segments')
    const dynamic = readelf(file, '--dynamic')
    const symbols = symbolsOf(file)
    const names = (defined) =>
      symbols.filter((symbol) => symbol.defined === defined).map((symbol) => symbol.name)

    await t.test('full RELRO: relocations are read-only', async (t) => {
      t.match(segments, /^\s*GNU_RELRO\s/m)
      t.match(dynamic, /\(FLAGS_1\).*\bNOW\b/)
    })

    await t.test('no memory, nor the stack, is both writable and executable', async (t) => {
      const row = (type) => new RegExp(`^\\s*${type}(?:\\s+0x[0-9a-f]+){5} ([RWE ]{3})`, 'gm')
      const flags = (type) => [...segments.matchAll(row(type))].map(([, found]) => found)
      t.strictSame(flags('GNU_STACK'), ['RW '])
      const loads = flags('LOAD')
      t.ok(loads.length > 0)
      t.notOk(loads.some((found) => found.includes('W') && found.includes('E')))
      t.notMatch(dynamic, /TEXTREL/)
    })

    await t.test('the stack protector is on', async (t) => {
      t.ok(names(false).some((symbol) => /^__stack_chk_(fail|guard)$/.test(symbol)))
    })

    await t.test('it exports only its interface', async (t) => {
      t.strictSame(names(true).sort(), exported)
    })

    await t.test('it imports no function that starts, writes, connects or logs', async (t) => {
      t.ok(names(false).length > 0, 'control: it has imports')
      t.strictSame(
        names(false).filter((symbol) => NEVER.test(symbol)),
        []
      )
    })
  })
}
