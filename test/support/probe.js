'use strict'

// Run inside a sandbox: prints, as JSON, what the native function and this package answer there.

const os = require('node:os')

/**
 * What the native function answers, or the number of its error.
 *
 * @param {() => unknown} ask
 */
function attempt(ask) {
  try {
    return ask()
  } catch (error) {
    return /** @type {{ errno: unknown }} */ (error).errno
  }
}

const native = attempt(os.networkInterfaces)
const { networkInterfaces, diagnose } = require('../..')
require('osh-ifaddrs/register')

console.log(
  JSON.stringify({
    native,
    ours: attempt(networkInterfaces),
    patched: attempt(os.networkInterfaces),
    missing: diagnose().missing,
    sources: Object.fromEntries(
      diagnose().sources.map(({ name, status, syscall, code }) => [
        name,
        syscall === null ? status : `${status}: ${syscall} ${code}`
      ])
    )
  })
)
