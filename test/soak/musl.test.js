'use strict'

// musl, Alpine's C library, on this machine. All C code must compile against its headers without a warning, the
// core must pass its unit tests, the addon must link, and no binary for glibc may be loaded. Not tested: the
// addon in a Node for musl, because npm has none.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { unpackDebianSource } = require('../../scripts/development/debian')
const { makeApp, packOrSkip } = require('../support/app')
const { cacheFolder, projectRoot, run, runChecked } = require('../support/package')
const { skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')

// The first run downloads cmocka.
t.setTimeout(1_800_000)
skipWithout(t, 'musl-gcc')

const UNITS = path.join(projectRoot, 'test/behaviour/unit')
const FLAGS = ['-std=c11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-Werror']
const listed = fs
  .readFileSync(path.join(projectRoot, 'src/core-files.txt'), 'utf8')
  .trim()
  .split('\n')
// Below src/.
const CORE = [...listed.map((file) => path.relative('src', file)), 'addon/text.c']

// Functions of glibc that musl lacks and that Debian's libmnl needs for printing messages.
const STAND_IN = `
  extern void abort(void);
  int __fprintf_chk(void) { abort(); }
  const void *__ctype_b_loc(void) { abort(); }`

/**
 * Links the kernel's headers and libmnl's. glibc's, in the same folder, must not be found.
 *
 * @param {string} folder
 */
function linkHeaders(folder) {
  const machine = runChecked(['cc', '-print-multiarch']).trim()
  fs.mkdirSync(folder)
  for (const name of ['linux', 'asm-generic', 'libmnl']) {
    fs.symlinkSync(path.join('/usr/include', name), path.join(folder, name))
  }
  fs.symlinkSync(path.join('/usr/include', machine, 'asm'), path.join(folder, 'asm'))
}

/**
 * @param {string} folder
 * @param {string} source below src/
 * @returns {string} its object file
 */
const objectOf = (folder, source) => path.join(folder, `${source.replaceAll('/', '-')}.o`)

/**
 * @param {import('tap').Test} t
 * @param {string[]} args
 * @param {string} message
 */
function compile(t, args, message) {
  // The unit tests include their captures relative to this folder.
  const cwd = path.join(projectRoot, 'test')
  const { status, output } = run(['musl-gcc', ...FLAGS, ...args], { cwd })
  t.same({ status, output }, { status: 0, output: '' }, message)
}

/**
 * @param {import('tap').Test} t
 * @param {string} folder
 * @param {string[]} headers
 */
function testAddon(t, folder, headers) {
  const src = path.join(projectRoot, 'src')
  const sources = fs.readdirSync(src, { recursive: true }).filter((name) => name.endsWith('.c'))
  for (const name of sources) {
    const args = ['-DNAPI_VERSION=8', '-fPIC', ...headers, '-c', path.join(src, name)]
    compile(t, [...args, '-o', objectOf(folder, name)], name)
  }
  const addon = path.join(folder, 'addon.node')
  const linked = [...CORE, 'addon/addon.c'].map((name) => objectOf(folder, name))
  compile(t, ['-shared', ...linked, '-l:libmnl.so.0', '-L', folder, '-o', addon], 'the addon links')
  const libc = '/lib/ld-musl-' + (process.arch === 'x64' ? 'x86_64' : 'aarch64') + '.so.1'
  const symbols = (/** @type {string} */ file, /** @type {string} */ which) =>
    runChecked(['nm', '--dynamic', which, file])
      .split('\n')
      .filter((line) => line !== '' && !/ [wv] /.test(line))
      .map(
        (line) =>
          line
            .trim()
            .split(/[\s@]+/)
            .slice(which === '--defined-only' ? 2 : 1)[0]
      )
  const available = [libc, path.join(folder, 'libmnl.so.0')].flatMap((file) =>
    symbols(file, '--defined-only')
  )
  const missing = symbols(addon, '--undefined-only').filter((name) => !available.includes(name))
  t.ok(missing.length > 0, 'control: it needs symbols of Node')
  t.same(
    missing.filter((name) => !name.startsWith('napi_')),
    [],
    'all other symbols are in musl or libmnl'
  )
}

/**
 * @param {string} folder
 * @returns {{ cmocka: string[], include: string[] }} files to link with, and options for its headers
 */
function compileCmocka(folder) {
  const source = unpackDebianSource(path.join(cacheFolder, 'cmocka'), 'cmocka')
  const has = ['INTTYPES_H', 'STDINT_H', 'STRINGS_H', 'SIGNAL_H', 'SNPRINTF', 'VSNPRINTF']
  const object = path.join(folder, 'cmocka.o')
  const include = ['-I', path.join(source, 'include')]
  const defines = has.map((name) => `-DHAVE_${name}=1`)
  const file = path.join(source, 'src/cmocka.c')
  runChecked(['musl-gcc', '-w', '-O1', ...include, ...defines, '-c', file, '-o', object])
  const standIn = path.join(folder, 'stand-in.c')
  fs.writeFileSync(standIn, STAND_IN)
  return { cmocka: [object, standIn], include }
}

/**
 * @param {import('tap').Test} t
 * @param {string} folder
 * @param {string[]} headers
 */
function testUnits(t, folder, headers) {
  const { cmocka, include } = compileCmocka(folder)
  const core = CORE.map((source) => objectOf(folder, source))
  // The tests are not optimised, because that takes longer than they do; the core is.
  const options = ['-O0', '-I', path.join(projectRoot, 'src'), ...include, ...headers]
  const script = path.join(folder, 'script.o')
  compile(t, [...options, '-c', path.join(UNITS, 'script.c'), '-o', script], 'script.c')
  for (const name of fs.readdirSync(UNITS).filter((name) => name.endsWith('_test.c'))) {
    const unit = path.basename(name, '.c')
    const program = path.join(folder, unit)
    const files = [path.join(UNITS, name), ...cmocka, ...core]
    // These tests script the kernel's answers, and one makes allocations fail.
    const text = fs.readFileSync(path.join(UNITS, name), 'utf8')
    if (/"(answers|completion)\.h"/.test(text)) files.push(script)
    if (text.includes('__wrap_'))
      files.push(...['malloc', 'calloc', 'realloc'].map((call) => `-Wl,--wrap=${call}`))
    const libraries = ['-l:libmnl.so.0', '-L', folder]
    compile(t, [...options, ...files, ...libraries, '-o', program], `${unit} links`)
    const { status, stdout } = run([program], { env: { LD_LIBRARY_PATH: folder } })
    const plan = Number(/^1\.\.(\d+)$/m.exec(stdout)?.[1])
    t.equal(status, 0, `${unit} passes`)
    t.equal(stdout.match(/^ok /gm)?.length, plan, `${unit}: all of it`)
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string} folder
 * @param {string} app where it is installed
 */
function testLoader(t, folder, app) {
  const program = path.join(folder, 'program')
  const file = path.join(folder, 'program.c')
  fs.writeFileSync(file, 'int main(void) { return 0; }')
  const printError = (/** @type {string} */ compiler) => {
    runChecked([compiler, file, '-o', program])
    const script = `
      process.execPath = ${JSON.stringify(program)}
      const { networkInterfaces, preloadPath } = require('osh-ifaddrs')
      try { networkInterfaces() } catch ({ message }) { console.log(preloadPath, message) }`
    return runChecked([process.execPath, '-e', script], { cwd: app })
  }
  t.equal(printError('cc'), '', 'a program with glibc loads the addon')
  t.match(printError('musl-gcc'), /^null .* none is published for linux-\w+ with musl, and none/)
}

const app = makeApp(t, packOrSkip(t))
const folder = makeTemporaryFolder(t)
const linux = path.join(folder, 'include')
linkHeaders(linux)
const libmnl = path.join(app, `node_modules/osh-ifaddrs/prebuilds/linux-${process.arch}`)
fs.copyFileSync(path.join(libmnl, 'libmnl.so.0'), path.join(folder, 'libmnl.so.0'))
const napi = path.join(projectRoot, 'node_modules/node-api-headers/include')
const headers = ['-isystem', napi, '-idirafter', linux]

t.test('the addon', async (t) => testAddon(t, folder, headers))
t.test('the unit tests', async (t) => testUnits(t, folder, headers))
t.test('no binary for glibc', async (t) => testLoader(t, folder, app))
