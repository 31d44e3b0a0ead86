'use strict'

// Processors for which no binary is published. All C code must compile for them without a warning, and the core
// must pass its unit tests in qemu-user. s390x is big-endian, and i386 has 32 bits. Not tested: the addon, and
// what kernels answer there.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { unpackDebianPackages, unpackDebianSource } = require('../../scripts/development/debian')
const { testUnits } = require('../support/cross-units')
const { cacheFolder } = require('../support/package')
const { skipWithout } = require('../support/requirements')

// By Debian's names: what the compiler and qemu call them.
const PROCESSORS = {
  i386: { gcc: 'i686', qemu: 'i386' },
  ppc64el: { gcc: 'powerpc64le', qemu: 'ppc64le' },
  riscv64: { gcc: 'riscv64', qemu: 'riscv64' },
  s390x: { gcc: 's390x', qemu: 's390x' }
}

// With its own copy of cmocka: another test may unpack one at the same time.
const cache = path.join(cacheFolder, 'processors')

/** @param {string} root of the unpacked package */
function findLibmnl(root) {
  const libraries = path.join(root, 'usr/lib')
  const [triplet] = fs.readdirSync(libraries)
  return {
    cflags: `-I${path.join(root, 'usr/include')}`,
    libs: path.join(libraries, triplet, 'libmnl.a')
  }
}

// The first run downloads cmocka and libmnl.
t.setTimeout(1_800_000)
skipWithout(
  t,
  ...Object.values(PROCESSORS).map(({ gcc }) => `${gcc}-linux-gnu-gcc`),
  ...Object.values(PROCESSORS).map(({ qemu }) => `qemu-${qemu}-static`)
)

const cmocka = unpackDebianSource(path.join(cache, 'cmocka'), 'cmocka')
for (const [arch, { gcc, qemu }] of Object.entries(PROCESSORS)) {
  t.test(arch, async (t) => {
    // Debian 12's package has no static library.
    const root = unpackDebianPackages(path.join(cache, arch), arch, ['libmnl-dev'], 'trixie')
    testUnits(t, {
      folder: path.join(cache, arch, 'built'),
      compiler: [`${gcc}-linux-gnu-gcc`, '-static'],
      cmocka,
      libmnl: findLibmnl(root),
      prefix: [`qemu-${qemu}-static`]
    })
  })
}
