// Where the binaries for this machine are: compiled here, or else published with the package for this
// platform, processor and C library. Loads none of them.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '../..')

// Of elf(5), for 64 bits and little-endian, as every processor is that binaries are published for.
const ELF64_LITTLE_ENDIAN = '7f454c460201'
const PT_INTERP = 3

/**
 * @param {Buffer} head the begin of an ELF file
 * @returns {{ at: number, size: number } | undefined} where in the file its dynamic loader is named
 */
function locateLoader(head) {
  if (!head.toString('hex').startsWith(ELF64_LITTLE_ENDIAN)) return undefined
  const first = Number(head.readBigUInt64LE(32))
  const size = head.readUInt16LE(54)
  for (let i = 0, at = first; i < head.readUInt16LE(56); i++, at += size) {
    if (head.readUInt32LE(at) !== PT_INTERP) continue
    return { at: Number(head.readBigUInt64LE(at + 8)), size: Number(head.readBigUInt64LE(at + 32)) }
  }
  return undefined
}

/**
 * @param {string} file a program
 * @returns {string} its dynamic loader; '' where that is not to be seen
 */
function findLoader(file) {
  let fd
  try {
    fd = fs.openSync(file, 'r')
    const head = Buffer.alloc(4096)
    fs.readSync(fd, head, 0, head.length, 0)
    const place = locateLoader(head)
    if (place === undefined) return ''
    const name = Buffer.alloc(Math.min(place.size, head.length))
    fs.readSync(fd, name, 0, name.length, place.at)
    return name.toString('latin1')
  } catch {
    return ''
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}

/** @returns {string} the C library that Node runs with, and so its addons */
function findLibc() {
  if (process.platform === 'android') return 'bionic'
  return findLoader(process.execPath).includes('/ld-musl-') ? 'musl' : 'glibc'
}

/**
 * @param {string} file
 * @throws {Error} when that is not to be known, as where Node's permission model forbids it
 */
function exists(file) {
  try {
    fs.accessSync(file)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return false
    throw error
  }
}

/**
 * @returns {string} the addon's file; what else was compiled with it lies beside it
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

module.exports = { findAddon }
