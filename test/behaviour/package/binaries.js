'use strict'

// The published binaries: each is for every C library that is as old as glibc 2.17 or newer, musl among them.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { checkHardening, readBinary } = require('../../support/binary')
const { projectRoot, runChecked } = require('../../support/package')

const OLDEST_GLIBC = 17
const MUSL = `/lib/ld-musl-${process.arch === 'x64' ? 'x86_64' : 'aarch64'}.so.1`

// `loader` has the stack guard on some processors.
const PROCESSORS = {
  x64: { machine: 'X86-64', triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { machine: 'AArch64', triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
  arm: { machine: 'ARM', triplet: 'arm-linux-gnueabihf', loader: 'ld-linux-armhf.so.3' }
}

// A reference without a version gets the oldest of several. x86-64's oldest memcpy(3) is memmove(3). The oldest
// clock_gettime(2) is the same function, which glibc 2.34 took over from librt.
const SAME_IN_EVERY_VERSION = ['memcpy', 'clock_gettime']

/** @param {string} file */
const definitions = (file) => readBinary(file).symbols.filter(({ defined }) => defined)

/** @param {string} version of a symbol, such as GLIBC_2.2.5 */
function isOld(version) {
  const [, minor] = /^GLIBC_2\.(\d+)/.exec(version) ?? []
  return minor !== undefined && Number(minor) <= OLDEST_GLIBC
}

/**
 * @param {{ triplet: string, loader: string }} processor
 * @returns {Set<string>} what glibc 2.17 and musl both provide, and no version of glibc has changed
 */
function findPortable({ triplet, loader }) {
  const files = ['libc.so.6', loader].map((name) =>
    runChecked([`${triplet}-gcc`, `-print-file-name=${name}`]).trim()
  )
  /** @type {Map<string, string[]>} */
  const versions = new Map()
  for (const { name, version } of files.flatMap(definitions))
    versions.set(name, [...(versions.get(name) ?? []), version])
  const musl = definitions(MUSL).map((symbol) => symbol.name)
  const portable = musl.filter((name) => {
    const [oldest, ...others] = versions.get(name) ?? ['']
    return isOld(oldest) && (others.length === 0 || SAME_IN_EVERY_VERSION.includes(name))
  })
  return new Set(portable)
}

/**
 * @param {import('../../support/binary').Symbol} symbol
 * @param {Set<string>} portable
 */
function isAllowed({ name, weak }, portable) {
  return (
    portable.has(name) ||
    (weak && /^(napi_\w+|dlsym|dlopen|pthread_create|pthread_join|pthread_sigmask)$/.test(name))
  )
}

/**
 * @param {import('tap').Test} t
 * @param {string} file
 * @param {keyof typeof PROCESSORS} arch
 */
function checkPortability(t, file, arch) {
  const binary = readBinary(file)
  const portable = findPortable(PROCESSORS[arch])
  const imported = binary.symbols.filter(({ defined }) => !defined)
  t.equal(binary.machine, PROCESSORS[arch].machine, `${arch}: the processor`)
  t.ok(portable.size > 500, `${arch}: control: ${portable.size} symbols are portable`)
  for (const name of ['fstat', '__memcpy_chk'])
    t.notOk(portable.has(name), `${arch}: control: ${name} is not portable`)
  t.ok(imported.length > 30, `${arch}: control: it imports ${imported.length} symbols`)
  t.strictSame(
    imported.filter((symbol) => !isAllowed(symbol, portable)).map((symbol) => symbol.name),
    [],
    `${arch}: every symbol that it imports is portable`
  )
  const versions = binary.symbols.map(({ version }) => version).filter((version) => version !== '')
  t.strictSame(versions, [], `${arch}: no symbol has a version`)
  t.strictSame(binary.needed, [], `${arch}: it needs no library by name`)
  t.notOk(binary.runpath, `${arch}: it has no search path`)
  t.ok(binary.isStripped, `${arch}: it is stripped`)
  t.notOk(fs.readFileSync(file).includes(projectRoot), `${arch}: it does not say where it was made`)
}

/**
 * @param {import('tap').Test} t
 * @param {string} root of an installed package
 */
function testBinaries(t, root) {
  const folder = path.join(root, 'prebuilds')
  for (const arch of /** @type {(keyof typeof PROCESSORS)[]} */ (Object.keys(PROCESSORS))) {
    const file = path.join(folder, `linux-${arch}.node`)
    checkHardening(t, file, arch)
    checkPortability(t, file, arch)
  }
  const sums = execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder })
  t.equal(
    `${sums}`,
    Object.keys(PROCESSORS)
      .map((arch) => `linux-${arch}.node: OK\n`)
      .join('')
  )
}

module.exports = { testBinaries }
