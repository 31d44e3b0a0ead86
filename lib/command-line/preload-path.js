// `osh-ifaddrs preload-path`: prints what LD_PRELOAD is to be set to.
'use strict'

const { findPreload } = require('../addon/preload-path')

/** @returns {number} exit status */
function preloadPath() {
  const file = findPreload()
  if (file === null) {
    console.error('osh-ifaddrs: there is no preload library for this platform, or it is not built')
    return 1
  }
  console.log(file)
  return 0
}

module.exports = preloadPath
