'use strict'

// Compiles all C code for another processor or C library than this machine's, and runs the unit tests there. The
// Makefile builds them; this gives it cmocka, for which Debian has no static library, and libmnl.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { cleanEnvironment, projectRoot, run, runChecked } = require('./package')

const TEST = path.join(projectRoot, 'test')
const UNITS = path.join(TEST, 'behaviour/unit')

// On a busy machine.
const TIMEOUT = 600_000

// What its configure script would find.
const CMOCKA_HAS = ['INTTYPES_H', 'STDINT_H', 'STRINGS_H', 'SIGNAL_H', 'SNPRINTF', 'VSNPRINTF']

/**
 * @typedef {object} Target
 * @property {string} folder for what is built
 * @property {string[]} compiler with options
 * @property {string} cmocka the folder of its source
 * @property {{ cflags: string, libs: string }} libmnl options for it
 * @property {string[]} [prefix] the command that runs a program for it
 * @property {Record<string, string>} [env] for the programs
 */

/**
 * Writes a library's options where pkg-config looks for them.
 *
 * @param {string} folder
 * @param {string} name
 * @param {{ cflags: string, libs: string }} options
 */
function writeOptions(folder, name, { cflags, libs }) {
  const fields = { Name: name, Description: name, Version: '0', Cflags: cflags, Libs: libs }
  const lines = Object.entries(fields).map(([field, value]) => `${field}: ${value}\n`)
  fs.writeFileSync(path.join(folder, `${name}.pc`), lines.join(''))
}

/** @param {Target} target */
function compileCmocka({ folder, compiler, cmocka }) {
  const object = path.join(folder, 'cmocka.o')
  const include = path.join(cmocka, 'include')
  const defines = CMOCKA_HAS.map((name) => `-DHAVE_${name}=1`)
  const source = path.join(cmocka, 'src/cmocka.c')
  runChecked([...compiler, '-w', '-O1', '-I', include, ...defines, '-c', source, '-o', object])
  return { cflags: `-I${include}`, libs: object }
}

/**
 * Compiles every source and the unit tests.
 *
 * @param {Target} target
 * @returns {string} nothing, or what is wrong
 */
function build(target) {
  const { folder, compiler, libmnl } = target
  fs.mkdirSync(folder, { recursive: true })
  writeOptions(folder, 'cmocka', compileCmocka(target))
  writeOptions(folder, 'libmnl', libmnl)
  const make = ['make', '--silent', `--jobs=${os.availableParallelism()}`]
  // The tests are not optimised, because that takes longer than they do; what they test is.
  for (const [goal, optimise] of Object.entries({ objects: '-O2', units: '-O0' })) {
    const variables = [`CC=${compiler.join(' ')}`, `OUT=${folder}`, `OPTIMISE=${optimise}`]
    const { status, output } = run([...make, ...variables, goal], {
      cwd: TEST,
      env: { ...cleanEnvironment(), PKG_CONFIG_LIBDIR: folder },
      timeout: TIMEOUT
    })
    if (status !== 0 || output !== '') return output || `make ${goal} failed`
  }
  return ''
}

/**
 * Compiles every source, which must not cause a warning, and runs the unit tests.
 *
 * @param {import('tap').Test} t
 * @param {Target} target
 */
function testUnits(t, target) {
  const { folder, prefix = [], env = {} } = target
  t.equal(build(target), '', 'all C code compiles')
  if (!t.passing()) return
  const units = fs.readdirSync(UNITS).filter((name) => name.endsWith('_test.c'))
  for (const unit of units.map((name) => path.basename(name, '.c'))) {
    const { status, stdout, output } = run([...prefix, path.join(folder, unit)], { env })
    const plan = Number(/^1\.\.(\d+)$/m.exec(stdout)?.[1])
    const passed = stdout.match(/^ok /gm)?.length
    t.strictSame({ status, passed }, { status: 0, passed: plan }, `${unit}: all pass`, { output })
  }
}

module.exports = { testUnits }
