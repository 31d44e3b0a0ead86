'use strict'

// Reads a shared object with readelf(1).

const { runChecked } = require('./package')

/**
 * @typedef {object} Symbol of the dynamic symbol table
 * @property {string} name without a version
 * @property {string} version `GLIBC_2.34`, say, or an empty string
 * @property {boolean} weak
 * @property {boolean} defined
 */

/**
 * @param {string} text of `readelf --dyn-syms`
 * @returns {Symbol[]}
 */
function parseSymbols(text) {
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/))
  return rows
    .filter(([number, , , , binding]) => /^\d+:$/.test(number) && /GLOBAL|WEAK/.test(binding))
    .map(([, , , , binding, , section, symbol = '']) => {
      const [name, version = ''] = symbol.split(/@+/)
      return { name, version, weak: binding === 'WEAK', defined: section !== 'UND' }
    })
}

/** @param {string} file */
function readBinary(file) {
  const readelf = (/** @type {string} */ option) => runChecked(['readelf', '--wide', option, file])
  const segments = readelf('--segments')
  const dynamic = readelf('--dynamic')
  /** @param {string} type */
  const permissions = (type) =>
    [...segments.matchAll(new RegExp(`^\\s*${type}(?:\\s+0x[0-9a-f]+){5} ([RWE ]{3})`, 'gm'))].map(
      ([, found]) => found.replaceAll(' ', '')
    )
  return {
    machine: /Machine:.* (\S+)$/m.exec(readelf('--file-header'))?.[1],
    symbols: parseSymbols(readelf('--dyn-syms')),
    needed: [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name),
    runpath: /\((?:RUNPATH|RPATH)\)/.test(dynamic),
    bindsNow: /\(FLAGS_1\).*\bNOW\b/.test(dynamic),
    writesText: /TEXTREL/.test(dynamic),
    isStripped: !/ \.(symtab|debug_info) /.test(readelf('--sections')),
    hasRelro: /^\s*GNU_RELRO\s/m.test(segments),
    loads: permissions('LOAD'),
    stack: permissions('GNU_STACK')
  }
}

// The N-API entry points, and what a program that preloads the file calls.
const EXPORTS = [
  'freeifaddrs',
  'getifaddrs',
  'if_freenameindex',
  'if_nameindex',
  'napi_register_module_v1',
  'node_api_module_get_api_version_v1'
]

// Functions that start a program, write, connect or log. libmnl's fwrite(3) is in mnl_nlmsg_fprintf(), which nothing
// calls.
const NEVER =
  /^(exec.*|fork|vfork|clone|posix_spawn.*|system|popen|write|writev|pwrite.*|fopen.*|creat.*|unlink.*|rename.*|connect|listen|accept.*|.*printf.*|syslog)$/

const THREADS = /^(pthread_.*|thrd_.*|sem_.*)$/
// For watch(). Weak, because programs that preload the file may lack them: before glibc 2.34 they are in libpthread.
const WEAK_THREADS = ['pthread_create', 'pthread_join', 'pthread_sigmask']

/**
 * What holds for every binary of ours: how it is compiled and linked, and what it exports.
 *
 * @param {import('tap').Test} t
 * @param {string} file
 * @param {string} name
 */
function checkHardening(t, file, name) {
  const binary = readBinary(file)
  const imported = binary.symbols.filter(({ defined }) => !defined).map((symbol) => symbol.name)
  const exported = binary.symbols.filter(({ defined }) => defined).map((symbol) => symbol.name)
  t.ok(binary.hasRelro && binary.bindsNow, `${name}: full RELRO: relocations are read-only`)
  t.strictSame(binary.stack, ['RW'], `${name}: the stack is not executable`)
  t.ok(binary.loads.length > 0, `${name}: control: it has segments`)
  t.notOk(
    binary.writesText || binary.loads.some((flags) => /W.*E/.test(flags)),
    `${name}: no memory is both writable and executable`
  )
  t.ok(imported.includes('__stack_chk_fail'), `${name}: the stack protector is on`)
  t.strictSame(exported.sort(), EXPORTS, `${name}: it exports only its interfaces`)
  const threads = binary.symbols.filter(({ defined, name }) => !defined && THREADS.test(name))
  t.strictSame(
    threads.map((symbol) => symbol.name).sort(),
    WEAK_THREADS,
    `${name}: functions of threads`
  )
  t.ok(
    threads.every(({ weak }) => weak),
    `${name}: programs without them can preload it`
  )
  t.strictSame(
    imported.filter((symbol) => NEVER.test(symbol)),
    [],
    `${name}: it imports no function that starts a program, writes, connects or logs`
  )
}

module.exports = { checkHardening, readBinary }
