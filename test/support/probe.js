'use strict'

// Runs in a sandbox, and prints as JSON what the native function and this package answer there.

const os = require('node:os')

/**
 * @param {() => unknown} read
 */
function answerOrErrno(read) {
  try {
    return read()
  } catch (error) {
    return /** @type {{ errno: unknown }} */ (error).errno
  }
}

const native = answerOrErrno(os.networkInterfaces)
const { networkInterfaces, diagnose } = require('../..')
require('osh-ifaddrs/register')

console.log(
  JSON.stringify({
    native,
    ours: answerOrErrno(networkInterfaces),
    patched: answerOrErrno(os.networkInterfaces),
    missing: diagnose().missing,
    sources: Object.fromEntries(
      diagnose().sources.map(({ name, status, syscall, code }) => [
        name,
        syscall === null ? status : `${status}: ${syscall} ${code}`
      ])
    )
  })
)
