'use strict'

// Writes an initial RAM file system: an archive that the kernel unpacks into memory when it boots. Its format is
// `newc` (buffer-format.rst of the kernel's documentation). Root owns every file.

const fs = require('node:fs')
const path = require('node:path')

const { S_IFDIR, S_IFLNK, S_IFREG } = fs.constants
const MAGIC = '070701'
const END = 'TRAILER!!!'
const ALIGNMENT = 4

class Initramfs {
  /** @type {Set<string>} */
  #names = new Set()
  #fd
  #size = 0

  /** @param {string} file */
  constructor(file) {
    this.#fd = fs.openSync(file, 'w')
  }

  /** @param {Uint8Array | string} bytes */
  #write(bytes) {
    this.#size += fs.writeSync(this.#fd, Buffer.from(bytes))
  }

  #align() {
    this.#write(Buffer.alloc(-this.#size & (ALIGNMENT - 1)))
  }

  /** @param {string} name @param {number} mode @param {Uint8Array | string} [content] */
  #add(name, mode, content = '') {
    const inode = this.#names.add(name).size
    const fields = [inode, mode, 0, 0, 1, 0, Buffer.byteLength(content), 0, 0, 0, 0]
    const header = [...fields, Buffer.byteLength(name) + 1, 0]
    this.#write(MAGIC + header.map((field) => field.toString(16).padStart(8, '0')).join(''))
    this.#write(`${name}\0`)
    this.#align()
    this.#write(content)
    this.#align()
  }

  /** Adds a folder and those above it, unless they are there. @param {string} name without a slash at its ends */
  folder(name) {
    if (name === '.' || this.#names.has(name)) return
    this.folder(path.dirname(name))
    this.#add(name, S_IFDIR | 0o755)
  }

  /** @param {string} name @param {string} target */
  link(name, target) {
    this.folder(path.dirname(name))
    this.#add(name, S_IFLNK | 0o777, target)
  }

  /** @param {string} name @param {Uint8Array | string} content */
  file(name, content, mode = 0o755) {
    this.folder(path.dirname(name))
    this.#add(name, S_IFREG | mode, content)
  }

  /**
   * Adds a file, or a folder with all that is in it.
   *
   * @param {string} source
   * @param {string} name
   */
  copy(source, name) {
    const stats = fs.lstatSync(source)
    if (stats.isSymbolicLink()) return this.link(name, fs.readlinkSync(source))
    if (!stats.isDirectory()) return this.file(name, fs.readFileSync(source), stats.mode & 0o777)
    this.folder(name)
    for (const each of fs.readdirSync(source)) this.copy(path.join(source, each), `${name}/${each}`)
  }

  close() {
    this.#add(END, 0)
    fs.closeSync(this.#fd)
  }
}

module.exports = { Initramfs }
