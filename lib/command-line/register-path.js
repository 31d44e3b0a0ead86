// `osh-ifaddrs register-path`: prints the path for `node -r` and NODE_OPTIONS.
'use strict'

/** @returns {number} exit status */
function printRegisterPath() {
  process.stdout.write(`${require.resolve('../register')}\n`)
  return 0
}

module.exports = printRegisterPath
