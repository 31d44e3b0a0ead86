// Debian packages: installs missing ones, as root or with a sudo that needs no password. Downloads and
// unpacks others without installing them: packages for other processors, and sources.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { run } = require('./run')

const MIRROR = 'http://deb.debian.org/debian'
// Debian 12's has the keys of Debian 11, 13 and sid, too.
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const RETRIES = 2

/**
 * Whether a program is in PATH, or where root would find it.
 *
 * @param {string} command
 */
function isInstalled(command) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return folders.some((folder) => folder !== '' && fs.existsSync(path.join(folder, command)))
}

/** @param {string[]} names */
function missingDebianPackages(names) {
  const query = ['--show', '--showformat', '${Package} ${db:Status-Status}\n', ...names]
  const { stdout } = spawnSync('dpkg-query', query, { encoding: 'utf8' })
  const installed = stdout.split('\n').filter((line) => line.endsWith(' installed'))
  return names.filter((name) => !installed.includes(`${name} installed`))
}

/** @returns {string[] | null} the command that runs another as root, or null */
function asRoot() {
  if (process.getuid?.() === 0) return []
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : null
}

/**
 * Prints which Debian packages are missing and what each is for, and installs them if it can.
 *
 * @param {Record<string, string>} packages what each is for, by name
 * @returns {string[]} those that are still missing. On other systems none: programs are looked for when used
 */
function installDebianPackages(packages) {
  if (!isInstalled('dpkg-query')) return []
  const missing = missingDebianPackages(Object.keys(packages))
  if (missing.length === 0) return []
  const prefix = asRoot()
  const verb = prefix === null ? 'Not installed' : 'Installing'
  const width = Math.max(...missing.map((name) => name.length))
  console.error(`${verb}, from Debian:`)
  for (const name of missing) console.error(`  ${name.padEnd(width)}  ${packages[name]}`)
  if (prefix === null) {
    console.error(`As root, run: apt-get install ${missing.join(' ')}`)
    return missing
  }
  const apt = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-y']
  // apt-get prints each step.
  /** @type {import('node:child_process').SpawnSyncOptions} */
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] }
  run(apt[0], [...apt.slice(1), 'update'], quiet)
  run(apt[0], [...apt.slice(1), '--no-install-recommends', 'install', ...missing], quiet)
  return []
}

/**
 * @param {string} folder
 * @param {string} arch Debian's name
 * @returns {string[]} apt-get's options for package lists in the folder: it needs no root and leaves the
 *   machine's lists alone
 */
function aptOptions(folder, arch) {
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(path.join(folder, 'lists/partial'), { recursive: true })
  fs.mkdirSync(path.join(folder, 'cache/archives/partial'), { recursive: true })
  return [
    '-qq',
    ...['-o', `APT::Architecture=${arch}`, '-o', `APT::Architectures::=${arch}`],
    ...['-o', `Dir::State::lists=${folder}/lists`, '-o', `Dir::Cache=${folder}/cache`],
    // Otherwise apt-get looks for a package's installed version, which another suite lacks.
    ...['-o', 'Dir::State::status=/dev/null'],
    // apt-get downloads as the user _apt, who cannot write below a home directory.
    ...['-o', 'APT::Sandbox::User='],
    ...['-o', `Acquire::Retries=${RETRIES}`]
  ]
}

/**
 * @param {string} folder of aptOptions
 * @param {string} source a line of sources.list(5)
 * @returns {string[]} apt-get's options to use this source instead of the machine's
 */
function sourceOptions(folder, source) {
  const list = path.join(folder, 'sources.list')
  fs.writeFileSync(list, `${source}\n`)
  return ['-o', `Dir::Etc::sourcelist=${list}`, '-o', 'Dir::Etc::sourceparts=/dev/null']
}

/**
 * @param {string[]} apt options
 * @param {string} name of a package that depends on kernels, such as `linux-image-amd64`
 * @returns {string[]} the packages of the kernel and of its modules, whose names contain a version
 */
function findKernelPackages(apt, name) {
  const { stdout } = spawnSync('apt-cache', [...apt, 'depends', name], { encoding: 'utf8' })
  const found = [...stdout.matchAll(/Depends: (linux-(?:image|binary|modules)-\S+)/g)]
  return found.flatMap(([, each]) => [each, ...findKernelPackages(apt, each)])
}

/**
 * Downloads packages for any processor and unpacks them, unless it has done so before.
 *
 * @param {string} folder
 * @param {string} arch Debian's name
 * @param {string[] | ((apt: string[]) => string[])} names or what finds them, given apt-get's options
 * @param {string} [suite] of Debian, such as `trixie`; without it, what the machine's own sources have
 * @returns {string} the folder with their files
 */
function unpackDebianPackages(folder, arch, names, suite) {
  const unpacked = path.join(folder, 'root')
  if (fs.existsSync(unpacked)) return unpacked
  const apt = aptOptions(folder, arch)
  if (suite !== undefined)
    apt.push(...sourceOptions(folder, `deb [signed-by=${KEYRING}] ${MIRROR} ${suite} main`))
  run('apt-get', [...apt, 'update'], { cwd: folder })
  const found = typeof names === 'function' ? names(apt) : names
  run('apt-get', [...apt, 'download', ...found], { cwd: folder })
  const packages = fs.readdirSync(folder).filter((name) => name.endsWith('.deb'))
  // Renamed when complete, because this may be interrupted.
  const partial = path.join(folder, 'partial')
  for (const name of packages) run('dpkg-deb', ['-x', name, partial], { cwd: folder })
  fs.renameSync(partial, unpacked)
  return unpacked
}

/**
 * Downloads a package's upstream source and unpacks it, unless it has done so before.
 *
 * @param {string} folder
 * @param {string} name
 * @returns {string} the folder with the source
 */
function unpackDebianSource(folder, name) {
  const unpacked = path.join(folder, 'source')
  if (fs.existsSync(unpacked)) return unpacked
  const apt = aptOptions(folder, 'amd64')
  const [, codename] =
    /^VERSION_CODENAME=(\w+)$/m.exec(fs.readFileSync('/etc/os-release', 'utf8')) ?? []
  apt.push(...sourceOptions(folder, `deb-src ${MIRROR} ${codename} main`))
  run('apt-get', [...apt, 'update'], { cwd: folder })
  run('apt-get', [...apt, '--download-only', 'source', name], { cwd: folder })
  const archive = fs.readdirSync(folder).find((file) => /\.orig\.tar\.\w+$/.test(file))
  const partial = path.join(folder, 'partial')
  fs.mkdirSync(partial)
  // As root of a user namespace tar(1) would try to make the files those of users that are not there.
  const options = ['--no-same-owner', '--strip-components=1']
  run('tar', ['-xf', archive ?? name, '-C', partial, ...options], { cwd: folder })
  fs.renameSync(partial, unpacked)
  return unpacked
}

module.exports = {
  findKernelPackages,
  installDebianPackages,
  isInstalled,
  unpackDebianPackages,
  unpackDebianSource
}
