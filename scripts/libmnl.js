// Says how to compile against libmnl or how to link with it (`--cflags`, `--libs`), for binding.gyp.
// Where pkg-config does not find it, one line says what to install.
'use strict'

const { spawnSync } = require('node:child_process')

const { status, stdout } = spawnSync('pkg-config', [process.argv[2], 'libmnl'], {
  encoding: 'utf8'
})
if (status !== 0) {
  console.error(
    'osh-ifaddrs: libmnl and pkg-config are needed to compile; install them with one of: ' +
      'apt-get install libmnl-dev pkg-config (Debian, Ubuntu) | ' +
      'dnf install libmnl-devel pkgconf-pkg-config (Fedora) | ' +
      'apk add libmnl-dev pkgconf (Alpine) | pkg install libmnl pkg-config (Termux)'
  )
  process.exit(1)
}
console.log(stdout.trim())
