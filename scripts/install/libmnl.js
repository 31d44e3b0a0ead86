// Says how to compile against libmnl or how to link with it (`--cflags`, `--libs`), for binding.gyp.
'use strict'

const { spawnSync } = require('node:child_process')

const { status, stdout } = spawnSync('pkg-config', [process.argv[2], 'libmnl'], {
  encoding: 'utf8'
})
if (status !== 0) {
  console.error('osh-ifaddrs: pkg-config does not find libmnl')
  process.exit(1)
}
console.log(stdout.trim())
