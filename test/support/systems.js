'use strict'

// Ways to run programs with another C library, or for another processor: Debian's packages, unpacked, and their
// dynamic loader. qemu runs what this machine's processor cannot.

const fs = require('node:fs')
const path = require('node:path')
const { unpackDebianPackages } = require('../../scripts/development/debian')
const { cacheFolder, runChecked } = require('./package')

const TRIPLETS = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu', arm: 'arm-linux-gnueabihf' }
const DEBIAN_NAMES = { x64: 'amd64', arm64: 'arm64', arm: 'armhf' }
const QEMU = { x64: 'qemu-x86_64-static', arm64: 'qemu-aarch64-static', arm: 'qemu-arm-static' }

/** @typedef {keyof typeof TRIPLETS} Arch */

/**
 * @typedef {object} System
 * @property {string} root the folder of Debian's files
 * @property {(program: string, args: string[], preload?: string) => string[]} command runs a program in it
 */

/**
 * @param {Arch} arch
 * @param {string} suite of Debian
 * @param {string[]} packages
 */
function unpack(arch, suite, packages) {
  const folder = path.join(cacheFolder, `debian-${suite}-${arch}`)
  return unpackDebianPackages(folder, DEBIAN_NAMES[arch], packages, suite)
}

/**
 * @param {string} root
 * @param {Arch} arch
 * @param {string} loader which musl and glibc since 2.30 give the same options
 * @param {string[]} libraries folders
 * @returns {System}
 */
function makeSystem(root, arch, loader, libraries) {
  const emulator = arch === process.arch ? [] : [QEMU[arch]]
  return {
    root,
    command: (program, args, preload) => [
      ...[...emulator, loader, '--library-path', libraries.join(':')],
      ...(preload === undefined ? [] : ['--preload', preload]),
      ...[program, ...args]
    ]
  }
}

/**
 * @param {Arch} arch
 * @param {string} suite of Debian
 * @param {string[]} packages besides those that Node needs
 * @returns {System}
 */
function makeGlibc(arch, suite, packages) {
  const root = unpack(arch, suite, ['libc6', 'libgcc-s1', 'libstdc++6', ...packages])
  const folders = ['lib', 'usr/lib'].map((name) => path.join(root, name, TRIPLETS[arch]))
  const loader = folders
    .filter((folder) => fs.existsSync(folder))
    .flatMap((folder) => fs.readdirSync(folder).map((name) => path.join(folder, name)))
    .find((file) => /\/ld-(linux-.*|2\.\d+)\.so/.test(file))
  return makeSystem(root, arch, loader ?? root, folders)
}

// What the parts of libstdc++ that Bun uses need of glibc and that musl lacks. _dl_find_object() fails, which lets
// libgcc search by itself.
const STAND_INS = `
  void *__dso_handle = &__dso_handle;
  char __libc_single_threaded;
  int _dl_find_object(void *address, void *result) { return -1; }
  unsigned arc4random(void) { return 4; }
  unsigned long __getauxval(unsigned long type) { return 0; }`

/**
 * Makes a libstdc++ for musl with the symbols that a program needs: Debian has only its static library, for glibc.
 *
 * @param {string} root of Debian's libstdc++-12-dev
 * @param {Arch} arch
 * @param {string} program
 */
function makeCxxLibrary(root, arch, program) {
  const gcc = path.join(root, 'usr/lib/gcc', TRIPLETS[arch], '12')
  const folder = path.join(root, 'libstdc++')
  if (fs.existsSync(folder)) return folder
  /** @param {string[]} command */
  const names = (command) =>
    runChecked(command)
      .split('\n')
      .map((line) => line.split(/[\s@]+/).at(-1) ?? '')
  const archives = ['libstdc++.a', 'libgcc.a', 'libgcc_eh.a'].map((name) => path.join(gcc, name))
  const provided = new Set(names(['nm', '--just-symbols', '--defined-only', archives[0]]))
  const wanted = names(['nm', '--dynamic', '--just-symbols', '--without-symbol-versions', program])
  const partial = `${folder}.partial`
  fs.mkdirSync(partial, { recursive: true })
  const source = path.join(partial, 'stand-ins.c')
  fs.writeFileSync(source, STAND_INS)
  runChecked([
    ...[`${TRIPLETS[arch]}-gcc`, '-shared', '-nostdlib', '-fPIC', '-fvisibility=hidden'],
    ...wanted.filter((name) => provided.has(name)).map((name) => `-Wl,--undefined=${name}`),
    ...[source, '-Wl,--start-group', ...archives, '-Wl,--end-group'],
    ...['-o', path.join(partial, 'libstdc++.so.6')]
  ])
  fs.renameSync(partial, folder)
  return folder
}

/**
 * @param {Arch} arch
 * @param {string} program a C++ program for musl that will run in it
 * @returns {System}
 */
function makeMusl(arch, program) {
  const packages = ['musl', 'libgcc-12-dev', 'libstdc++-12-dev']
  const root = unpack(arch, 'bookworm', packages)
  const machine = TRIPLETS[arch].replace(/-gnu.*/, '-musl')
  const loader = path.join(root, 'lib', machine, 'libc.so')
  return makeSystem(root, arch, loader, [makeCxxLibrary(root, arch, program)])
}

module.exports = { DEBIAN_NAMES, TRIPLETS, makeGlibc, makeMusl }
