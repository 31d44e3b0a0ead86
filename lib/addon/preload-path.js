// Where the preload library is: beside the addon, wherever that was put. Loads neither.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { findAddon } = require('./locate')

/**
 * @returns {string | null} null where there is none: another platform, or nothing was compiled
 */
function findPreload() {
  if (process.platform !== 'linux') return null
  try {
    const file = path.join(path.dirname(findAddon()), 'osh_ifaddrs_preload.so')
    return fs.existsSync(file) ? file : null
  } catch {
    return null
  }
}

module.exports = {
  findPreload,
  get preloadPath() {
    return findPreload()
  }
}
