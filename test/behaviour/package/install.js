'use strict'

// Installs the package with and without its install script, a matching prebuilt addon, a compiler and a file
// system that allows loading it, and on other platforms.

const fs = require('node:fs')
const path = require('node:path')
const { environment: headers } = require('../../../scripts/install/headers')
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
 * @param {import('tap').Test} t
 * @param {string} tarball
 */
async function testIgnoredScripts(t, tarball) {
  const env = bareEnvironment(t)
  const folder = makeFolder(t)
  runChecked(['npm', 'install', '--ignore-scripts', tarball], { cwd: folder, env })
  testAnswer(t, folder)
  const without = makeFolder(t)
  const bare = packWithoutPrebuilds(t, tarball)
  runChecked(['npm', 'install', '--ignore-scripts', bare], { cwd: without, env })
  const printed = runChecked([process.execPath, '-e', PRINT_ERROR], { cwd: without })
  const reason = `none is published for ${MACHINE}, and none is compiled`
  const advice = 'To compile it, run: npm rebuild --foreground-scripts osh-ifaddrs'
  t.equal(printed, `cannot load the osh-ifaddrs addon: ${reason}. ${advice}\n`)
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 */
async function testNoCompiler(t, tarball) {
  const folder = makeFolder(t)
  const env = bareEnvironment(t)
  const command = ['npm', 'install', '--foreground-scripts', packWithoutPrebuilds(t, tarball)]
  const { status, stderr } = run(command, { cwd: folder, env })
  t.equal(status, 0, 'the install succeeds')
  const messages = stderr.split('\n').filter((line) => line.includes('osh-ifaddrs addon'))
  t.match(messages, [
    /none is published for .*\. Missing .*: make, cc, c\+\+, python3, pkg-config, libmnl\. Install/
  ])
  t.equal(messages.length, 1, 'with one line')
  t.equal(
    runChecked([process.execPath, '-e', PRINT_ERROR], { cwd: folder, env }).trim(),
    messages[0]
  )
  const caught = `try { ${PRINT_INTERFACES} } catch (error) { console.log(error.syscall, error.cause.message) }`
  const patched = run([...DENIED, process.execPath, '-e', caught], { cwd: folder, env })
  t.equal(
    patched.stdout,
    `uv_interface_addresses ${messages[0]}\n`,
    'the native error has it as cause'
  )
  const warning = `Warning: ${messages[0]}`
  t.equal(patched.stderr.split(warning).length, 2, 'and one warning says so')
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 */
async function testCompiler(t, tarball) {
  const folder = makeFolder(t)
  const command = ['npm', 'install', packWithoutPrebuilds(t, tarball)]
  // node-gyp compiles on every processor.
  runChecked(command, { cwd: folder, env: { ...cleanEnvironment(), JOBS: 'max' } })
  t.ok(fs.existsSync(path.join(installed(folder), 'build/Release/osh_ifaddrs.node')))
  t.notOk(fs.existsSync(path.join(installed(folder), 'build/no-addon.txt')))
  testAnswer(t, folder)
}

/**
 * @param {import('tap').Test} t
 * @param {string} root of an installed package
 */
async function testOtherPlatforms(t, root) {
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
    const { status, output } = run([
      ...command,
      path.join(installed(folder), 'scripts/install/install.js')
    ])
    t.same({ status, output }, { status: 0, output: '' }, `${platform}: installs nothing`)
    t.notOk(fs.existsSync(path.join(installed(folder), 'build')))
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
  const nodeGyp = path.join(projectRoot, 'node_modules/node-gyp/bin/node-gyp.js')
  const command = [process.execPath, nodeGyp, 'configure', '--silent', '--', '-DOS=android']
  const env = { ...cleanEnvironment(), ...headers() }
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
    /\.node: failed to map segment.*\. Node cannot load addons from a noexec mount\.\n$/
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
  t.equal(JSON.stringify(JSON.parse(command)), expected, 'the command')
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 * @param {string} app where it is installed
 */
function testInstall(t, tarball, app) {
  t.test('node and npm alone, offline', (t) => testBareMachine(t, tarball))
  t.test('--ignore-scripts', (t) => testIgnoredScripts(t, tarball))
  t.test('neither a prebuilt addon nor a compiler', (t) => testNoCompiler(t, tarball))
  t.test('a compiler, but no prebuilt addon', (t) => testCompiler(t, tarball))
  t.test('macOS and Windows', (t) => testOtherPlatforms(t, installed(app)))
  t.test('Termux', (t) => testTermux(t, installed(app)))
  t.test('globally', (t) => testGlobal(t, tarball))
  const skip = requirements()
  t.test('read-only and noexec', { skip }, (t) => testMounts(t, app))
  t.end()
}

module.exports = { testInstall }
