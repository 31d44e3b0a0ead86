// Writes to standard output and standard error by descriptor. Where the sandbox refuses getsockname(2), as Codex's
// does, process.stdout silently drops what it should write to a socket, such as a pipe that another Node made.
'use strict'

const fs = require('node:fs')

const STDOUT = 1
const STDERR = 2
const PAUSE_MS = 10

/** Of a descriptor in non-blocking mode, such as a pipe after process.stdout was used. */
function pause() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
}

/**
 * @param {number} fd
 * @param {string} text
 * @throws {NodeJS.ErrnoException}
 */
function write(fd, text) {
  let rest = Buffer.from(text)
  while (rest.length > 0)
    try {
      rest = rest.subarray(fs.writeSync(fd, rest))
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EAGAIN') throw error
      pause()
    }
}

/**
 * A reader that closes early, such as head(1), is no failure.
 *
 * @param {string} text
 * @returns {boolean} whether there is a reader
 * @throws {Error} when standard output does not take it, such as a full disk
 */
function print(text) {
  try {
    write(STDOUT, text)
    return true
  } catch (cause) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (cause)
    if (code !== 'EPIPE') throw new Error(`cannot print: ${message}`, { cause })
    return false
  }
}

/** @param {string} text for standard error. If that fails, nothing is left to report it to */
function printError(text) {
  try {
    write(STDERR, text)
  } catch {
    // Only the exit status remains.
  }
}

/** @returns {{ isTTY?: boolean, columns?: number }} nothing if Node cannot open it, because ioctl(2) is refused */
function describeStdout() {
  try {
    return process.stdout
  } catch {
    return {}
  }
}

module.exports = { STDOUT, describeStdout, print, printError }
