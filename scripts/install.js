// What `npm install` runs: nothing where the native function is all there is, else node-gyp-build, which
// takes a prebuilt addon or compiles one.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

if (process.platform === 'linux' || process.platform === 'android') {
  const env = { ...process.env }
  // The official images and Debian's package bring the headers: nothing need be downloaded then.
  const prefix = path.resolve(process.execPath, '../..')
  if (!env.npm_config_nodedir && fs.existsSync(path.join(prefix, 'include/node/node_api.h'))) {
    env.npm_config_nodedir = prefix
  }
  const { status } = spawnSync(process.execPath, [require.resolve('node-gyp-build/bin')], {
    env,
    stdio: 'inherit'
  })
  process.exitCode = status ?? 1
}
