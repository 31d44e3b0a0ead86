'use strict'

// Installs the package with and without a published binary, a compiler and a file system that allows loading it,
// and on other platforms.

const fs = require('node:fs')
const path = require('node:path')
const { requirements } = require('../../support/requirements')
const {
  DENIED,
  bareEnvironment,
  cleanEnvironment,
  makeFolder,
  packWithoutPrebuilds,
  projectRoot,
  run,
  runChecked
} = require('../../support/package')

const MACHINE = `linux-${process.arch}`
const PRINT_INTERFACES = `
  require('osh-ifaddrs/register')
  console.log(JSON.stringify(require('node:os').networkInterfaces()))`
const PRINT_ERROR = `
  try { require('osh-ifaddrs').networkInterfaces() } catch (error) { console.log(error.message) }`

/** @param {string} folder */
function installed(folder) {
  return path.join(folder, 'node_modules/osh-ifaddrs')
}

/**
 * @param {import('tap').Test} t
 * @param {string} folder where it is installed
 */
function testAnswer(t, folder) {
  const expected = JSON.stringify(require('node:os').networkInterfaces())
  t.equal(
    runChecked([...DENIED, process.execPath, '-e', PRINT_INTERFACES], { cwd: folder }).trim(),
    expected
  )
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 */
async function testBareMachine(t, tarball) {
  const folder = makeFolder(t)
  const env = bareEnvironment(t)
  runChecked(['npm', 'install', tarball], { cwd: folder, env })
  t.notOk(fs.existsSync(path.join(installed(folder), 'build')), 'compiles nothing')
  const packages = fs.readdirSync(path.join(folder, 'node_modules'))
  const others = packages.filter((name) => !name.startsWith('.'))
  t.same(others, ['osh-ifaddrs'], 'needs no other package')
  testAnswer(t, folder)
}

/**
 * Installs the package without a binary.
 *
 * @param {import('tap').Test} t
 * @param {string} tarball
 */
function installSources(t, tarball) {
  const folder = makeFolder(t)
  const env = bareEnvironment(t)
  const { status, output } = run(['npm', 'install', packWithoutPrebuilds(t, tarball)], {
    cwd: folder,
    env
  })
  t.equal(status, 0, output)
  return { folder, env }
}

/** @param {string} folder */
function buildCommand(folder) {
  return ['sh', path.join(installed(folder), 'lib/command-line/osh-ifaddrs'), 'build']
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 */
async function testNoBinary(t, tarball) {
  const { folder, env } = installSources(t, tarball)
  const command = buildCommand(folder)
  const reason = `none is published for ${MACHINE}, and none is compiled`
  const message = `cannot load the osh-ifaddrs addon: ${reason}. To compile it, run: ${command.join(' ')}`
  t.equal(
    runChecked([process.execPath, '-e', PRINT_ERROR], { cwd: folder, env }).trim(),
    message,
    'the first use says what to run'
  )
  const caught = `try { ${PRINT_INTERFACES} } catch (error) { console.log(error.syscall, error.cause.message) }`
  const patched = run([...DENIED, process.execPath, '-e', caught], { cwd: folder, env })
  t.equal(patched.stdout, `uv_interface_addresses ${message}\n`, 'the native error has it as cause')
  t.equal(patched.stderr.split(`Warning: ${message}`).length, 2, 'and one warning says so')
  const { status, stdout, stderr } = run(command, { cwd: folder, env })
  t.same({ status, stdout }, { status: 1, stdout: '' })
  t.match(
    stderr,
    /^osh-ifaddrs: cannot compile without make, cc, c\+\+, python3, pkg-config, libmnl\. Run: apt-get install g\+\+ /,
    'without a compiler it names the packages'
  )
}

/**
 * Other systems are imitated by their /etc/os-release, on a machine without compilers.
 *
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
async function testSystems(t, app) {
  const systems = {
    'ID=alpine': 'apk add',
    'ID="rocky"\nID_LIKE="rhel centos fedora"': 'dnf install',
    'ID="opensuse-leap"\nID_LIKE="suse opensuse"': 'zypper install',
    'ID=manjaro\nID_LIKE=arch': 'pacman -S',
    'ID=ubuntu\nID_LIKE=debian': 'apt-get install',
    'ID=nixos': 'apt-get install .* (debian) | dnf'
  }
  const release = path.join(makeFolder(t), 'os-release')
  const script = 'mount --bind "$1" "$(readlink -f /etc/os-release)"; shift; exec "$@"'
  const PATH = `PATH=${bareEnvironment(t).PATH}`
  const command = ['unshare', '--mount', 'sh', '-euc', script, 'sh', release, 'env', PATH]
  for (const [text, installs] of Object.entries(systems)) {
    fs.writeFileSync(release, `${text}\n`)
    const { stderr } = run([...command, ...buildCommand(app)])
    const pattern = installs.replace(/[()|]/g, '\\$&')
    t.match(stderr, new RegExp(`^osh-ifaddrs: cannot compile without make.*Run: ${pattern}`), text)
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 */
async function testCompiler(t, tarball) {
  const { folder } = installSources(t, tarball)
  // node-gyp compiles on every processor.
  const env = { ...cleanEnvironment(), JOBS: 'max' }
  const { status, stdout, stderr } = run(buildCommand(folder), { cwd: folder, env })
  const file = path.join(installed(folder), 'build/Release/osh_ifaddrs.node')
  t.same({ status, stdout, stderr }, { status: 0, stdout: `${file}\n`, stderr: 'Compiling.\n' })
  t.same(fs.readdirSync(path.join(installed(folder), 'build')), ['Release'], 'nothing else is left')
  testAnswer(t, folder)
  const broken = path.join(installed(folder), 'src/read.c')
  fs.appendFileSync(broken, '#error broken\n')
  const failed = run(buildCommand(folder), { cwd: folder, env })
  t.match(failed, {
    status: 1,
    stdout: '',
    stderr: /osh-ifaddrs: node-gyp failed:\n[^]*#error broken/
  })
  testAnswer(t, folder)
}

/**
 * @param {import('tap').Test} t
 * @param {string} root of an installed package
 */
async function testOtherPlatforms(t, root) {
  const env = bareEnvironment(t)
  fs.rmSync(path.join(env.PATH, 'uname'))
  fs.writeFileSync(path.join(env.PATH, 'uname'), '#!/bin/sh\necho Darwin\n', { mode: 0o755 })
  t.match(run(['sh', path.join(root, 'lib/command-line/osh-ifaddrs'), 'build'], { env }), {
    status: 1,
    output: 'osh-ifaddrs: nothing to compile: on Darwin the package uses the native function\n'
  })
  for (const platform of ['darwin', 'win32']) {
    const folder = makeFolder(t)
    fs.cpSync(root, installed(folder), { recursive: true })
    fs.rmSync(path.join(installed(folder), 'prebuilds'), { recursive: true })
    const preload = path.join(folder, 'platform.js')
    fs.writeFileSync(
      preload,
      `Object.defineProperty(process, 'platform', { value: '${platform}' })`
    )
    const command = [process.execPath, '-r', preload]
    const check = `
      const os = require('node:os')
      const native = os.networkInterfaces
      require('osh-ifaddrs/register')
      const { isDeepStrictEqual } = require('node:util')
      const answer = require('osh-ifaddrs').networkInterfaces()
      console.log(os.networkInterfaces === native && isDeepStrictEqual(answer, native()))`
    const printed = runChecked([...command, '-e', check], { cwd: folder }).trim()
    t.equal(printed, 'true', `${platform}: register does nothing, and the native function answers`)
  }
}

/**
 * Runs gyp with nodejs.org's headers, as on Termux. Those need the variable android_ndk_path; Termux's own
 * headers do not.
 *
 * @param {import('tap').Test} t
 * @param {string} root of an installed package
 */
async function testTermux(t, root) {
  const folder = makeFolder(t)
  fs.cpSync(root, folder, { recursive: true })
  fs.renameSync(path.join(folder, 'prebuilds/binding.gyp'), path.join(folder, 'binding.gyp'))
  const nodeGyp = path.join(projectRoot, 'node_modules/node-gyp/bin/node-gyp.js')
  const command = [process.execPath, nodeGyp, 'configure', '--silent', '--', '-DOS=android']
  const env = { npm_config_nodedir: path.resolve(process.execPath, '../..'), ...cleanEnvironment() }
  const { status, output } = run([...command, '-Dplatform=android'], { cwd: folder, env })
  t.same({ status, output }, { status: 0, output: '' })
  const gyp = path.join(folder, 'binding.gyp')
  fs.writeFileSync(gyp, fs.readFileSync(gyp, 'utf8').replace(/'android_ndk_path%'.*/, ''))
  const without = run([...command, '-Dplatform=android'], { cwd: folder, env })
  t.match(without.output, /Undefined variable android_ndk_path/, 'the variable is needed')
}

/**
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
async function testMounts(t, app) {
  const folder = makeFolder(t)
  /** @param {string} options of mount(8), for a file system that contains the installed application */
  const mount = (options) => `
    mount -t tmpfs osh-package "$1" && cp -a "$2/." "$1" && mount -o "remount,bind,${options}" "$1" && cd "$1" && shift 2
    exec "$@"`
  /** @param {string} options @param {string[]} command */
  const runOn = (options, command) =>
    run(['unshare', '--mount', 'sh', '-c', mount(options), 'sh', folder, app, ...command])
  const expected = JSON.stringify(require('node:os').networkInterfaces())
  const readOnly = runOn('ro', [...DENIED, process.execPath, '-e', PRINT_INTERFACES])
  t.equal(readOnly.output.trim(), expected, 'read-only: answers')
  const noexec = runOn('noexec', [process.execPath, '-e', PRINT_ERROR])
  t.match(
    noexec.stdout,
    /\.node: failed to map segment.*\. Node cannot load addons from a noexec mount\. .*\n$/
  )
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 */
async function testGlobal(t, tarball) {
  const prefix = makeFolder(t)
  runChecked(['npm', 'install', '--global', '--prefix', prefix, tarball], {
    env: bareEnvironment(t)
  })
  const register = path.join(prefix, 'lib/node_modules/osh-ifaddrs/lib/register.js')
  const print = 'console.log(JSON.stringify(require("node:os").networkInterfaces()))'
  const printed = runChecked([...DENIED, process.execPath, '-r', register, '-e', print]).trim()
  const expected = JSON.stringify(require('node:os').networkInterfaces())
  t.equal(printed, expected, '-r with an absolute path')
  const command = runChecked([...DENIED, path.join(prefix, 'bin/osh-ifaddrs'), '--json'])
  const names = JSON.parse(command).map((/** @type {{ name: string }} */ { name }) => name)
  for (const name of Object.keys(JSON.parse(expected)))
    t.ok(names.includes(name), `the command lists ${name}`)
  const ran = runChecked([
    ...DENIED,
    path.join(prefix, 'bin/osh-ifaddrs'),
    'run',
    'node',
    '-e',
    print
  ])
  t.equal(ran.trim(), expected, 'the command run')
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 * @param {string} app where it is installed
 */
function testInstall(t, tarball, app) {
  t.test('node and npm alone, offline', (t) => testBareMachine(t, tarball))
  t.test('neither a published binary nor a compiler', (t) => testNoBinary(t, tarball))
  t.test('a compiler, but no published binary', (t) => testCompiler(t, tarball))
  t.test('what other systems install', { skip: requirements() }, (t) => testSystems(t, app))
  t.test('macOS and Windows', (t) => testOtherPlatforms(t, installed(app)))
  t.test('Termux', (t) => testTermux(t, installed(app)))
  t.test('globally', (t) => testGlobal(t, tarball))
  t.test('read-only and noexec', { skip: requirements() }, (t) => testMounts(t, app))
  t.end()
}

module.exports = { testInstall }
