// `osh-ifaddrs preload-path`: prints the path for LD_PRELOAD.
'use strict'

const { supported } = require('../addon/load')
const locate = require('../addon/locate')

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
  process.stdout.write(`${preloadPath}\n`)
  return 0
}

module.exports = printPreloadPath
