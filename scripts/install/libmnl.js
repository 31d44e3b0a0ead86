// Prints the compiler's or the linker's options for libmnl (`--cflags`, `--libs`). binding.gyp runs it.
'use strict'

const { spawnSync } = require('node:child_process')

const { status, stdout } = spawnSync('pkg-config', [process.argv[2], 'libmnl'], {
  encoding: 'utf8'
})
if (status !== 0) {
  console.error('osh-ifaddrs: pkg-config cannot find libmnl. Install its development package.')
  process.exit(1)
}
console.log(stdout.trim())
