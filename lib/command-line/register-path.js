// `osh-ifaddrs register-path`: prints the path for `node -r` and NODE_OPTIONS.
'use strict'

const { print } = require('./output')

/** @returns {number} exit status */
function printRegisterPath() {
  print(`${require.resolve('../register')}\n`)
  return 0
}

module.exports = printRegisterPath
