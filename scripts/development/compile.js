// Compiles the binary with lib/build/compile.sh, as `osh-ifaddrs build` does.
'use strict'

const { spawnSync } = require('node:child_process')
const path = require('node:path')

const script = path.join(__dirname, '../../lib/build/compile.sh')

/**
 * @param {string} folder where to compile; emptied first
 * @param {string[]} [options] for node-gyp
 * @param {NodeJS.ProcessEnv} [environment] variables to add
 * @returns {string} the binary
 * @throws {Error} what node-gyp printed
 */
function compile(folder, options = [], environment = {}) {
  const { status, stdout, stderr } = spawnSync('sh', [script, folder, ...options], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    maxBuffer: Infinity
  })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}

module.exports = { compile }
