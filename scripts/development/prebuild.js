// `npm run prebuild`: makes the published binaries, prebuilds/linux-ARCH.node, their sums and libmnl's licence.
// Installs the missing compilers. Compiles in copies below build/, so that a developer's own addon is not
// replaced. `npm run prebuild FOLDER` does so in another folder.
//
// Each binary contains libmnl.a of Debian 13: Debian 12, whose compilers and headers make binaries for older
// systems, has only the shared object.
'use strict'

const { createHash } = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { compile } = require('./compile')
const { installDebianPackages, unpackDebianPackages } = require('./debian')
const { installNpmPackages } = require('./npm')
const { BINARIES } = require('./packages')
const { attempt } = require('./run')

const root = path.join(__dirname, '../..')
const destination = path.resolve(process.argv[2] ?? root)
const work = path.join(destination, 'build/prebuild')
const output = path.join(destination, 'prebuilds')

/** @typedef {{ arch: string, debian: string, triplet: string }} Target */

/** @type {Target[]} */
const TARGETS = [
  { arch: 'x64', debian: 'amd64', triplet: 'x86_64-linux-gnu' },
  { arch: 'arm64', debian: 'arm64', triplet: 'aarch64-linux-gnu' },
  { arch: 'arm', debian: 'armhf', triplet: 'arm-linux-gnueabihf' }
]

/**
 * @param {Target} target
 * @param {string} libmnl the folder of its package's files
 * @returns {string} the binary
 */
function compileFor({ arch, triplet }, libmnl) {
  const library = path.join(libmnl, 'usr/lib', triplet)
  const archive = `-Dstatic_libmnl=${path.join(library, 'libmnl.a')}`
  return compile(
    path.join(work, arch),
    [`--arch=${arch}`, '--', archive, '-Dwarnings_are_errors=1'],
    {
      CC: `${triplet}-gcc`,
      // node-gyp only links with it, which the C compiler can do as well.
      CXX: `${triplet}-gcc`,
      AR: `${triplet}-ar`,
      PKG_CONFIG_SYSROOT_DIR: libmnl,
      PKG_CONFIG_LIBDIR: path.join(library, 'pkgconfig')
    }
  )
}

/** @param {string} libmnl the folder of its package's files */
function licenceText(libmnl) {
  const deb = fs.readdirSync(path.dirname(libmnl)).find((name) => name.endsWith('.deb')) ?? ''
  const version = deb.split('_')[1]
  return [
    `The binaries in this folder contain libmnl, unchanged, from Debian's package libmnl-dev ${version}.`,
    'LICENSE says how to replace it and how to get its source. Its copyright and its licence follow.\n',
    fs.readFileSync(path.join(libmnl, 'usr/share/doc/libmnl-dev/copyright'), 'utf8'),
    fs.readFileSync('/usr/share/common-licenses/LGPL-2.1', 'utf8')
  ].join('\n')
}

/**
 * @param {Target} target
 * @returns {string} the folder of its package's files
 */
function unpackLibmnl({ debian }) {
  return unpackDebianPackages(path.join(work, `libmnl-${debian}`), debian, ['libmnl-dev'], 'trixie')
}

/**
 * @param {Target} target
 * @returns {string} a line for sha256sum(1)
 */
function prebuild(target) {
  const name = `linux-${target.arch}.node`
  const file = path.join(output, name)
  fs.copyFileSync(compileFor(target, unpackLibmnl(target)), file)
  const sum = createHash('sha256').update(fs.readFileSync(file)).digest('hex')
  return `${sum}  ${name}\n`
}

attempt(() => {
  if (installDebianPackages(BINARIES).length > 0) throw new Error('these packages are missing')
  installNpmPackages()
  fs.rmSync(output, { recursive: true, force: true })
  fs.mkdirSync(output)
  // Package managers take one in the package's root for an install script.
  fs.copyFileSync(path.join(root, 'binding.gyp'), path.join(output, 'binding.gyp'))
  fs.writeFileSync(path.join(output, 'SHA256SUMS'), TARGETS.map(prebuild).join(''))
  const licence = licenceText(unpackLibmnl(TARGETS[0]))
  fs.writeFileSync(path.join(output, 'libmnl-licence.txt'), licence)
})
