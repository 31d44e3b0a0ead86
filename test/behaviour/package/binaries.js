'use strict'

// Reads the published binaries with readelf(1). They must need nothing that an old distribution lacks, export
// only their interfaces, and be hardened.

const fs = require('node:fs')
const path = require('node:path')
const { projectRoot, runChecked } = require('../../support/package')

const MACHINES = { x64: 'X86-64', arm64: 'AArch64' }
const NEWEST_GLIBC = 2.17
const BINARIES = [
  'libmnl.so.0',
  'osh-ifaddrs.glibc.node',
  'osh_ifaddrs_core.so',
  'osh_ifaddrs_preload.so'
]
const CORE_EXPORTS = ['osh_ifaddrs', 'osh_nameindex']
const PRELOAD_EXPORTS = ['freeifaddrs', 'getifaddrs', 'if_freenameindex', 'if_nameindex']

/** @param {string} file */
function inspect(file) {
  const text = runChecked(['readelf', '--wide', '--all', file])
  const dynamic = text.slice(text.indexOf("Symbol table '.dynsym'"))
  const symbols = dynamic.slice(0, dynamic.indexOf('\n\n')).split('\n').slice(3)
  const fields = symbols.map((line) => line.trim().split(/\s+/))
  return {
    machine: /Machine:.* (\S+)$/m.exec(text)?.[1],
    needed: [...text.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name),
    runpath: /\(RUNPATH\).*\[(.*)\]/.exec(text)?.[1],
    versions: new Set([...dynamic.matchAll(/Name: (\w+_[\d.]+)/g)].map(([, name]) => name)),
    imported: fields.filter(([, , , , , , at]) => at === 'UND').map((row) => row[7]?.split('@')[0]),
    exported: fields
      .filter(([, , , , bind, , at]) => bind === 'GLOBAL' && /^\d+$/.test(at))
      .map((row) => row[7]),
    flags: /\(FLAGS_1\).*/.exec(text)?.[0] ?? '',
    stripped: !/ \.(symtab|debug_info) /.test(text),
    relro: / GNU_RELRO /.test(text) && /\(FLAGS\).*BIND_NOW/.test(text),
    stack: / GNU_STACK .* (\S+) +0x\w+$/m.exec(text)?.[1]
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string} folder
 * @param {keyof typeof MACHINES} arch
 */
function testFolder(t, folder, arch) {
  for (const name of fs.readdirSync(folder)) {
    const file = path.join(folder, name)
    const elf = inspect(file)
    t.equal(elf.machine, MACHINES[arch], `${arch}: ${name} is for ${MACHINES[arch]}`)
    t.ok(elf.stripped, `${arch}: ${name} is stripped`)
    t.ok(elf.relro, `${arch}: ${name} has read-only relocations`)
    t.equal(elf.stack, 'RW', `${arch}: ${name} needs no executable stack`)
    t.ok(elf.imported.includes('__stack_chk_fail'), `${arch}: ${name} protects its stack`)
    const foreign = [...elf.versions].filter((version) => !/^(GLIBC|LIBMNL)_/.test(version))
    t.same(foreign, [], `${arch}: ${name} needs no other library's symbols`)
    const glibc = [...elf.versions].filter((version) => version.startsWith('GLIBC_'))
    t.ok(glibc.length > 0, `${arch}: ${name} names the versions of glibc's symbols`)
    const newer = glibc.filter((version) => isNewer(version.slice('GLIBC_'.length)))
    t.same(newer, [], `${arch}: ${name} needs no symbol newer than glibc ${NEWEST_GLIBC}`)
    // libdl is part of glibc; since 2.34 libc.so.6 contains it.
    const known = /^(libc|libdl|ld-linux-.*|libmnl)\.so\./
    const others = elf.needed.filter((library) => !known.test(library))
    t.same(others, [], `${arch}: ${name} needs no other library`)
    t.notOk(
      fs.readFileSync(file).includes(projectRoot),
      `${arch}: ${name} does not contain the path that it was built in`
    )
  }
}

/** @param {string} version such as 2.3.4 */
function isNewer(version) {
  const [major, minor] = version.split('.').map(Number)
  const [newestMajor, newestMinor] = String(NEWEST_GLIBC).split('.').map(Number)
  return major > newestMajor || (major === newestMajor && minor > newestMinor)
}

/**
 * Each binary exports only its own interface, and finds this package's other libraries in its own folder.
 *
 * @param {import('tap').Test} t
 * @param {string} folder
 * @param {string} arch
 */
function testRoles(t, folder, arch) {
  const addon = inspect(path.join(folder, 'osh-ifaddrs.glibc.node'))
  const entries = ['napi_register_module_v1', 'node_api_module_get_api_version_v1']
  t.same(addon.exported.sort(), entries, `${arch}: the addon exports only its entry points`)
  const core = inspect(path.join(folder, 'osh_ifaddrs_core.so'))
  t.same(core.exported.sort(), CORE_EXPORTS, `${arch}: the core exports only its functions`)
  t.match(core.flags, 'NODELETE', `${arch}: the core is never unloaded`)
  for (const [name, elf] of Object.entries({ addon, core })) {
    t.equal(elf.runpath, '$ORIGIN', `${arch}: the ${name} finds libmnl in its own folder`)
    t.ok(elf.needed.includes('libmnl.so.0'), `${arch}: the ${name} needs libmnl`)
    t.ok(
      elf.imported.some((symbol) => /^__\w+_chk$/.test(symbol)),
      `${arch}: the ${name} is fortified`
    )
  }
  const preload = inspect(path.join(folder, 'osh_ifaddrs_preload.so'))
  t.same(
    preload.exported.sort(),
    PRELOAD_EXPORTS,
    `${arch}: the preload library exports the functions that it replaces`
  )
  t.equal(preload.runpath, '$ORIGIN', `${arch}: it finds its core in its own folder`)
  t.notOk(preload.needed.includes('libmnl.so.0'), `${arch}: it loads no libmnl into other programs`)
}

/**
 * @param {import('tap').Test} t
 * @param {string} root of an installed package
 */
function testBinaries(t, root) {
  for (const arch of /** @type {const} */ (['x64', 'arm64'])) {
    const folder = path.join(root, `prebuilds/linux-${arch}`)
    t.same(fs.readdirSync(folder).sort(), BINARIES, `${arch}: nothing is missing`)
    testFolder(t, folder, arch)
    testRoles(t, folder, arch)
  }
}

module.exports = { testBinaries }
