// All that `npm run demo` and `npm test` need, on a machine with Node and npm alone: Debian packages, npm
// packages, the addon, and the native parts of the tests. Does nothing that is already done.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')

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
  'perl',
  'php-cli',
  'pkg-config',
  'python3',
  'python3-psutil',
  'runc',
  'strace',
  'valgrind'
]

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) {
    console.error(`setup: ${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
    process.exit(1)
  }
}

/** @param {string} command */
function exists(command) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return folders.some((folder) => folder !== '' && fs.existsSync(path.join(folder, command)))
}

function lackingDebianPackages() {
  const query = ['--show', '--showformat', '${Package} ${db:Status-Status}\n', ...DEBIAN_PACKAGES]
  const { stdout } = spawnSync('dpkg-query', query, { encoding: 'utf8' })
  const installed = stdout.split('\n').filter((line) => line.endsWith(' installed'))
  return DEBIAN_PACKAGES.filter((name) => !installed.includes(`${name} installed`))
}

function installDebianPackages() {
  if (!exists('dpkg-query')) return
  const lacking = lackingDebianPackages()
  if (lacking.length === 0) return
  const isRoot = process.getuid?.() === 0
  const maySudo = !isRoot && spawnSync('sudo', ['-n', 'true']).status === 0
  if (!isRoot && !maySudo) {
    console.error(`setup: as root, run first: apt-get install ${lacking.join(' ')}`)
    process.exit(1)
  }
  console.error(`setup: installing ${lacking.join(' ')}`)
  const prefix = isRoot ? [] : ['sudo', '-n']
  const apt = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-y']
  run(apt[0], [...apt.slice(1), 'update'])
  run(apt[0], [...apt.slice(1), '--no-install-recommends', 'install', ...lacking])
}

/** @param {string} file below the root */
function modified(file) {
  return fs.statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function installNpmPackages() {
  if (modified('node_modules/.package-lock.json') >= modified('package-lock.json')) return
  // The addon is compiled below, and by that alone.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
}

function buildAddon() {
  const sources = fs.readdirSync(path.join(root, 'src')).map((name) => `src/${name}`)
  const built = modified('build/Release/osh_ifaddrs.node')
  if ([...sources, 'binding.gyp'].every((file) => modified(file) < built)) return
  run(process.execPath, ['scripts/install.js'])
}

installDebianPackages()
installNpmPackages()
buildAddon()
run('make', ['--silent', '--directory=test'])
