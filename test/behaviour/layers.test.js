'use strict'

// Holds the object files of src/ against docs/architecture.md: a file uses only symbols of lower layers and
// of the parser that belongs to it; core and parsers make no system call; no cycle, no name used twice.

const t = require('tap')
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { include_dir: nodeHeaders } = require('node-api-headers')

const root = path.join(__dirname, '../..')
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8')
const CORE_FILES = read('src/core-files.txt').trim().split('\n')
const OTHER_FILES = [
  'addon/addon.c',
  'addon/interfaces.c',
  'addon/layout.c',
  'addon/napi.c',
  'addon/strings.c',
  'addon/text.c',
  'addon/watch.c',
  'preload/block.c',
  'preload/fortified.c',
  'preload/lists.c',
  'preload/preload.c',
  'preload/requested_sources.c',
  'watch/monitor.c',
  'watch/namespace.c'
]
const N_API_FILES = ['addon', 'napi', 'watch'].map((name) => `src/addon/${name}.c`)
const files = [...CORE_FILES, ...OTHER_FILES.map((name) => `src/${name}`)]

/** From the lowest layer to the highest. Those in one row do not use each other. */
const LAYERS = [['core'], ['kernel'], ['sources'], ['read'], ['watch'], ['addon', 'preload']]

// What core and parsers may call: memory, strings and sorting of libc, libmnl's attributes, and what the
// compiler adds.
const PURE =
  /^(malloc|calloc|realloc|free|qsort|bsearch|mem\w+|str\w+|mnl_(attr|nlmsg)_\w+|__popcountdi2|__stack_chk_\w+|_GLOBAL_OFFSET_TABLE_)$/

/**
 * @typedef {object} Unit what nm(1) says of an object file
 * @property {string} file
 * @property {string[]} uses symbols that it does not define
 * @property {string[]} defines global functions and data
 * @property {string[]} locals static functions
 */

/** @param {string} file */
const layerOf = (file) => file.replace('src/', '').replace(/\.c$/, '').split('/')[0]

/** @param {string} file */
const levelOf = (file) => LAYERS.findIndex((layer) => layer.includes(layerOf(file)))

/** @param {string} file */
const sourceOf = (file) => path.basename(file, '.c').split('_')[0]

/** @param {string} file */
const isParser = (file) => file.endsWith('_parse.c')

/** @param {string} file */
const isPure = (file) => layerOf(file) === 'core' || isParser(file)

/**
 * @param {string} file
 * @param {string} used the file that defines a symbol
 */
function mayUse(file, used) {
  if (levelOf(used) < levelOf(file)) return true
  if (layerOf(used) !== layerOf(file)) return false
  if (layerOf(file) === 'sources')
    return isParser(used) && !isParser(file) && sourceOf(used) === sourceOf(file)
  return layerOf(file) !== 'kernel'
}

/**
 * @param {Unit[]} units
 * @returns {string[]} a line for each violation
 */
function findViolations(units) {
  const definers = new Map(
    units.flatMap(({ file, defines }) => defines.map((name) => [name, file]))
  )
  const found = []
  for (const { file, uses } of units) {
    for (const name of uses) {
      const definer = definers.get(name)
      if (definer !== undefined && !mayUse(file, definer))
        found.push(`${file} uses ${name} of ${definer}`)
      if (definer === undefined && name.startsWith('osh_'))
        found.push(`${file} uses ${name}, which no file defines`)
      if (definer === undefined && isPure(file) && !PURE.test(name))
        found.push(`${file} is pure, and calls ${name}`)
    }
  }
  return found
}

/**
 * @param {Unit[]} units
 * @returns {string[][]} files that use each other
 */
function findCycles(units) {
  const definers = new Map(
    units.flatMap(({ file, defines }) => defines.map((name) => [name, file]))
  )
  const edges = new Map(
    units.map(({ file, uses }) => [
      file,
      [...new Set(uses.map((name) => definers.get(name)))].filter((used) => used !== undefined)
    ])
  )
  const cycles = []
  /**
   * @param {string} file
   * @param {string[]} above
   */
  function visit(file, above) {
    if (above.includes(file)) cycles.push([...above.slice(above.indexOf(file)), file])
    else for (const used of edges.get(file) ?? []) visit(used, [...above, file])
  }
  for (const file of edges.keys()) visit(file, [])
  return cycles
}

/** @param {Unit[]} units */
function findRepeatedNames(units) {
  const names = units.flatMap(({ locals }) => locals)
  return names.filter((name, i) => names.indexOf(name) !== i)
}

/**
 * Without optimisation, so that no static function is inlined.
 *
 * @param {string} file
 * @param {string} folder
 * @returns {Unit}
 */
function compile(file, folder) {
  const object = path.join(folder, `${file.replaceAll('/', '-')}.o`)
  const libmnl = execFileSync('pkg-config', ['--cflags', 'libmnl'], { encoding: 'utf8' }).trim()
  const flags = ['-std=c11', '-O0', '-D_GNU_SOURCE', '-DNAPI_VERSION=8', `-I${nodeHeaders}`]
  const include = libmnl === '' ? [] : libmnl.split(/\s+/)
  execFileSync('cc', [...flags, ...include, '-c', path.join(root, file), '-o', object])
  const symbols = execFileSync('nm', [object], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().replace(/@.*/, '').split(/\s+/).slice(-2))
  /** @param {RegExp} kinds */
  const named = (kinds) => symbols.filter(([kind]) => kinds.test(kind)).map(([, name]) => name)
  return {
    file,
    uses: named(/^[Uw]$/),
    defines: named(/^[TDBR]$/),
    locals: named(/^t$/)
  }
}

const units = files.map((file) => compile(file, t.testdir()))

t.test('every file of src/ is in a layer', async (t) => {
  const found = fs
    .readdirSync(path.join(root, 'src'), { recursive: true })
    .map((name) => `src/${name}`)
    .filter((name) => name.endsWith('.c'))
  t.strictSame(found.sort(), [...files].sort())
  for (const file of files) t.ok(levelOf(file) >= 0, file)
})

t.test('a file depends only on layers below it, or on its parser', async (t) => {
  t.strictSame(findViolations(units), [])
  t.strictSame(findCycles(units), [])
})

t.test('no two static functions share a name', async (t) => {
  t.strictSame(findRepeatedNames(units), [])
})

t.test('who calls N-API, who starts threads, who looks up symbols', async (t) => {
  for (const { file, uses } of units) {
    t.equal(
      uses.some((name) => /^napi_/.test(name)),
      N_API_FILES.includes(file),
      file
    )
    for (const name of ['pthread_create', 'pthread_join', 'pthread_sigmask'])
      t.equal(uses.includes(name), file === 'src/watch/monitor.c', `${file}: ${name}`)
    for (const name of ['dlsym', 'dlopen'])
      t.equal(uses.includes(name), file === 'src/preload/preload.c', `${file}: ${name}`)
  }
})

t.test('a forbidden call is found', async (t) => {
  /** @type {[string, string][]} a call to add, by file and symbol */
  const forbidden = [
    ['src/core/links.c', 'osh_netdevice_ifindex'],
    ['src/core/snapshot.c', 'socket'],
    ['src/kernel/netdevice.c', 'osh_ioctl_open'],
    ['src/kernel/netdevice.c', 'osh_proc_net_read'],
    ['src/sources/ioctl.c', 'osh_procfs_read_links'],
    ['src/sources/ioctl_labels.c', 'osh_ioctl_open'],
    ['src/sources/ioctl.c', 'osh_parse_dev'],
    ['src/sources/procfs_parse.c', 'read'],
    ['src/sources/rtnetlink.c', 'osh_read'],
    ['src/read.c', 'osh_ifaddrs'],
    ['src/preload/lists.c', 'osh_ipv4_text'],
    ['src/read.c', 'osh_monitor_start'],
    ['src/watch/monitor.c', 'osh_ok']
  ]
  for (const [file, name] of forbidden) {
    const changed = units.map((unit) =>
      unit.file === file ? { ...unit, uses: [...unit.uses, name] } : unit
    )
    const found = findViolations(changed)
    t.ok(found.length === 1 && found[0].startsWith(file), `${file} must not use ${name}`)
  }
  const upwards = units.map((unit) =>
    unit.file === 'src/core/snapshot.c' ? { ...unit, uses: [...unit.uses, 'osh_find_link'] } : unit
  )
  t.not(findCycles(upwards).length, 0, 'a cycle within a layer')
})
