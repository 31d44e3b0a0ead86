// Finds the binaries for this machine: compiled here, or else published with the package for this platform,
// processor and C library. Loads none of them.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '../..')

/** @returns {string} the C library that Node uses, and so its addons */
function findLibc() {
  if (process.platform === 'android') return 'bionic'
  const head = Buffer.alloc(4096)
  try {
    const fd = fs.openSync(process.execPath, 'r')
    fs.readSync(fd, head)
    fs.closeSync(fd)
  } catch {
    // Not readable, as under Node's --permission. Most machines have glibc.
  }
  // The dynamic loader's path, PT_INTERP of elf(5), which linkers put right behind the program headers.
  return head.includes('/ld-musl-') ? 'musl' : 'glibc'
}

/**
 * @param {string} file
 * @throws {Error} when Node's --permission forbids the question
 */
function exists(file) {
  return fs.statSync(file, { throwIfNoEntry: false }) !== undefined
}

/**
 * @returns {string} the addon's file; the preload library is in the same folder
 * @throws {Error} when there is none for this machine
 */
function findAddon() {
  const compiled = path.join(root, 'build/Release/osh_ifaddrs.node')
  if (exists(compiled)) return compiled
  const machine = `${process.platform}-${process.arch}`
  const libc = findLibc()
  const prebuilt = path.join(root, `prebuilds/${machine}/osh-ifaddrs.${libc}.node`)
  if (exists(prebuilt)) return prebuilt
  throw new Error(`none is published for ${machine} with ${libc}, and none is compiled`)
}

/** @returns {string | null} null where there is none: another platform, or nothing is compiled */
function findPreload() {
  try {
    const file = path.join(path.dirname(findAddon()), 'osh_ifaddrs_preload.so')
    return exists(file) ? file : null
  } catch {
    return null
  }
}

module.exports = {
  findAddon,
  get preloadPath() {
    return findPreload()
  }
}
