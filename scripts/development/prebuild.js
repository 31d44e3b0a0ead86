// `npm run prebuild`: makes the published binaries for every architecture in prebuilds/. Each folder has what
// node-gyp builds, and libmnl's shared object as Debian built it. Installs the missing compilers. Compiles in
// copies below build/, so that a developer's own addon is not replaced.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { installDebianPackages, unpackDebianPackages } = require('./debian')
const { installNpmPackages } = require('./npm')
const { DEBIAN_PACKAGES } = require('./packages')
const { attempt, run } = require('./run')

const root = path.join(__dirname, '../..')
const work = path.join(root, 'build/prebuild')

/** @typedef {{ arch: string, debian: string, triplet: string }} Target */

/** @type {Target[]} */
const TARGETS = [
  { arch: 'x64', debian: 'amd64', triplet: 'x86_64-linux-gnu' },
  { arch: 'arm64', debian: 'arm64', triplet: 'aarch64-linux-gnu' }
]

// File names in build/Release and in prebuilds/. lib/addon/locate.js finds the addon by its libc.
const PRODUCTS = {
  'osh_ifaddrs.node': 'osh-ifaddrs.glibc.node',
  'osh_ifaddrs_preload.so': 'osh_ifaddrs_preload.so',
  'osh_ifaddrs_core.so': 'osh_ifaddrs_core.so'
}

// What binding.gyp needs.
const SOURCES = ['binding.gyp', 'package.json', 'scripts/install', 'src']

/**
 * @param {Target} target
 * @param {string} libmnl the folder of its packages' files
 * @returns {string} the folder of the built files
 */
function compile({ arch, triplet }, libmnl) {
  const folder = path.join(work, arch)
  fs.rmSync(folder, { recursive: true, force: true })
  for (const name of SOURCES) {
    fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true })
  }
  const nodeGyp = require.resolve('node-gyp/bin/node-gyp.js')
  run(
    process.execPath,
    [
      nodeGyp,
      'rebuild',
      '--silent',
      `--arch=${arch}`,
      '--',
      '-Dprebuilding=1',
      '-Dwarnings_are_errors=1'
    ],
    {
      cwd: folder,
      env: {
        ...process.env,
        ...require('../install/headers').environment(),
        CC: `${triplet}-gcc`,
        // node-gyp only links with it, which the C compiler can do as well.
        CXX: `${triplet}-gcc`,
        AR: `${triplet}-ar`,
        PKG_CONFIG_SYSROOT_DIR: libmnl,
        PKG_CONFIG_LIBDIR: path.join(libmnl, 'usr/lib', triplet, 'pkgconfig')
      },
      // make(1) prints every step on stdout, where npm pack prints the tarball's name.
      stdio: ['ignore', 'ignore', 'inherit']
    }
  )
  return path.join(folder, 'build/Release')
}

/** @param {string} libmnl the folder of its packages' files */
function licenceText(libmnl) {
  const source = 'https://netfilter.org/projects/libmnl/ and https://tracker.debian.org/pkg/libmnl'
  const copyright = path.join(libmnl, 'usr/share/doc/libmnl0/copyright')
  return [
    'The folders next to this file contain libmnl.so.0, unchanged from the Debian package libmnl0.',
    `Its source code: ${source}`,
    'You may replace it by any compatible libmnl.so.0. Its copyright and its licence follow.\n',
    fs.readFileSync(copyright, 'utf8'),
    fs.readFileSync('/usr/share/common-licenses/LGPL-2.1', 'utf8')
  ].join('\n')
}

/** @param {Target} target */
function prebuild(target) {
  const libmnlFolder = path.join(work, `libmnl-${target.debian}`)
  const libmnl = unpackDebianPackages(libmnlFolder, target.debian, ['libmnl0', 'libmnl-dev'])
  const built = compile(target, libmnl)
  const folder = path.join(root, `prebuilds/linux-${target.arch}`)
  fs.mkdirSync(folder, { recursive: true })
  for (const [from, to] of Object.entries(PRODUCTS)) {
    fs.copyFileSync(path.join(built, from), path.join(folder, to))
  }
  const shared = path.join(libmnl, 'usr/lib', target.triplet, 'libmnl.so.0')
  fs.copyFileSync(shared, path.join(folder, 'libmnl.so.0'))
  fs.writeFileSync(path.join(root, 'prebuilds/libmnl-licence.txt'), licenceText(libmnl))
}

attempt(() => {
  if (installDebianPackages(DEBIAN_PACKAGES.prebuild).length > 0)
    throw new Error('these packages are missing')
  installNpmPackages()
  fs.rmSync(path.join(root, 'prebuilds'), { recursive: true, force: true })
  TARGETS.forEach(prebuild)
})
