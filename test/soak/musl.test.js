'use strict'

// musl, Alpine's C library, on this machine. All C code must compile against its headers without a warning, the
// core must pass its unit tests, and an addon that is compiled there must link.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { unpackDebianSource } = require('../../scripts/development/debian')
const { readBinary } = require('../support/binary')
const { testUnits } = require('../support/cross-units')
const { cacheFolder, run, runChecked } = require('../support/package')
const { skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')

// The first run downloads cmocka.
t.setTimeout(1_800_000)
skipWithout(t, 'musl-gcc')

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
 * Links this machine's libmnl, next to which glibc is.
 *
 * @param {string} folder
 * @returns {string} options to link with it
 */
function linkLibmnl(folder) {
  const library = runChecked(['cc', '-print-file-name=libmnl.so.0']).trim()
  fs.symlinkSync(library, path.join(folder, 'libmnl.so.0'))
  return `-L${folder} -l:libmnl.so.0`
}

/**
 * @param {string} folder
 * @returns {string} an object file
 */
function compileStandIn(folder) {
  const source = path.join(folder, 'stand-in.c')
  const object = path.join(folder, 'stand-in.o')
  fs.writeFileSync(source, STAND_IN)
  runChecked(['musl-gcc', '-w', '-c', source, '-o', object])
  return object
}

/**
 * @param {import('tap').Test} t
 * @param {string} folder
 * @param {string} libmnl options to link with it
 */
function linkAddon(t, folder, libmnl) {
  const objects = fs
    .readdirSync(path.join(folder, 'src'), { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.o'))
    .map((name) => path.join(folder, 'src', name))
  const addon = path.join(folder, 'addon.node')
  const link = ['musl-gcc', '-shared', ...objects, ...libmnl.split(' '), '-o', addon]
  const { status, output } = run(link)
  t.strictSame({ status, output }, { status: 0, output: '' }, 'it links')
  const libc = `/lib/ld-musl-${process.arch === 'x64' ? 'x86_64' : 'aarch64'}.so.1`
  const available = [libc, path.join(folder, 'libmnl.so.0')].flatMap((file) =>
    readBinary(file)
      .symbols.filter(({ defined }) => defined)
      .map(({ name }) => name)
  )
  // Node's symbols are weak.
  const needed = readBinary(addon)
    .symbols.filter(({ defined, weak }) => !defined && !weak)
    .map(({ name }) => name)
  t.ok(needed.length > 30, `control: it needs ${needed.length} symbols`)
  t.strictSame(
    needed.filter((name) => !available.includes(name)),
    [],
    'all are in musl or libmnl'
  )
}

const folder = makeTemporaryFolder(t)
const headers = path.join(folder, 'include')
linkHeaders(headers)
const libmnl = linkLibmnl(folder)

t.test('the unit tests', async (t) => {
  testUnits(t, {
    folder,
    compiler: ['musl-gcc', '-fPIC', '-idirafter', headers],
    cmocka: unpackDebianSource(path.join(cacheFolder, 'cmocka'), 'cmocka'),
    libmnl: { cflags: '', libs: `${compileStandIn(folder)} ${libmnl}` },
    env: { LD_LIBRARY_PATH: folder }
  })
})
t.test('the addon', async (t) => linkAddon(t, folder, libmnl))
