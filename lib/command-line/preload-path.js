// `osh-ifaddrs preload-path`: prints the path for LD_PRELOAD.
'use strict'

const { supported } = require('../addon/load')
const locate = require('../addon/locate')
const { print } = require('./output')

/**
 * @returns {number} exit status
 * @throws {Error} when there is no preload library
 */
function printPreloadPath() {
  const { preloadPath } = locate
  if (preloadPath === null) {
    const reason = `no preload library for ${process.platform}-${process.arch} is published or compiled`
    throw new Error(supported ? `${reason}. ${locate.adviseToCompile()}` : reason)
  }
  print(`${preloadPath}\n`)
  return 0
}

module.exports = printPreloadPath
