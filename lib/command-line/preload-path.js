// `osh-ifaddrs preload-path`: prints the path for LD_PRELOAD.
'use strict'

const { requirePreload } = require('./environment')

/** @returns {number} exit status */
function preloadPath() {
  process.stdout.write(`${requirePreload()}\n`)
  return 0
}

module.exports = preloadPath
