// Prepares a machine that has only Node and npm for `npm run demo` and `npm test`: Debian packages, npm
// packages, the addon, and the native parts of the tests. Skips what is up to date.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { installDebianPackages } = require('./debian')
const { installNpmPackages, modified } = require('./npm')
const { attempt, run } = require('./run')

const root = path.join(__dirname, '../..')

const DEBIAN_PACKAGES = [
  'bubblewrap',
  'firejail',
  'gcc',
  'g++',
  'hostname',
  'iproute2',
  'libc6-dev',
  'libcmocka-dev',
  'libmnl-dev',
  'libseccomp-dev',
  'make',
  'musl-tools',
  'perl',
  'php-cli',
  'pkg-config',
  'python3',
  'python3-psutil',
  'qemu-user-static',
  'runc',
  'strace',
  'valgrind'
]

function buildAddon() {
  const names = fs.readdirSync(path.join(root, 'src'), { encoding: 'utf8', recursive: true })
  const sources = names.map((name) => `src/${name}`)
  const built = modified('build/Release/osh_ifaddrs.node')
  if ([...sources, 'binding.gyp'].every((file) => modified(file) < built)) return
  // From source: a published addon, or one compiled from older sources, would hide a change.
  run(process.execPath, ['scripts/install/install.js'], {
    env: { ...process.env, npm_config_build_from_source: 'true' }
  })
}

attempt(() => {
  installDebianPackages(DEBIAN_PACKAGES)
  installNpmPackages()
  buildAddon()
  run('make', ['--silent', '--directory=test'])
})
