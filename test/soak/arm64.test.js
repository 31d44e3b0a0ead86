'use strict'

// Runs the published arm64 binaries, and the tests that need no seccomp, in qemu (see test/support/emulation.js).
// On an arm64 machine nothing is emulated: the other tests cover these binaries.

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { unpackDebianPackages } = require('../../scripts/development/debian')
const { makeApp, packOrSkip } = require('../support/app')
const { emulationRequirements, makeEmulation } = require('../support/emulation')
const {
  DENIED,
  cacheFolder,
  cleanEnvironment,
  fetchNode,
  makeFolder,
  projectRoot,
  run,
  runChecked
} = require('../support/package')
const { requirements } = require('../support/requirements')
const duration = require('./duration')

const DEBIAN_PACKAGES = [
  ...['coreutils', 'libc6', 'libcmocka-dev', 'libcmocka0', 'libgcc-s1', 'libmnl-dev', 'libmnl0'],
  'libstdc++6'
]

const NODE = 'node/bin/node'
// Of each file, in seconds.
const FILE_TIMEOUT = 1200

// One shell runs all files, so that no file waits for this process, which is often blocked. Node starts
// programs here, so V8 must have no busy threads: see `behaviour/forks` below.
const RUN_ALL = `
  node=$1 results=$2 seconds=$3
  shift 3
  for file in "$@"; do
    started=$(date +%s)
    status=0
    timeout "$seconds" "$node" --single-threaded "test/$file.test.js" >"$results/$file" 2>&1 || status=$?
    echo "status $status after $(($(date +%s) - started)) s" >>"$results/$file"
  done`

const CORE = ['behaviour/addon', 'behaviour/hardening', 'behaviour/unit', 'soak/torture-napi']
// Run if SOAK_SECONDS is at least the default: they take longer than the core.
const MORE = [
  'behaviour/cli',
  'behaviour/doctor',
  'behaviour/doctor-suspects',
  'behaviour/interfaces',
  'behaviour/interfaces-links',
  'behaviour/lib',
  'behaviour/namespace',
  'behaviour/preload',
  'behaviour/register',
  'behaviour/register-reach',
  'behaviour/sandboxed',
  'soak/limits'
]

// Why the other files cannot run in qemu.
const MULTICAST = 'qemu implements neither IP_MULTICAST_IF nor SO_BINDTOIFINDEX'
const PROGRAMS = 'the programs that it starts are built for this machine'
const TOOLS = 'strace and valgrind trace qemu instead of the program'
const BUSY = 'qemu is too slow for a network that changes without pause'
const DESCRIPTORS = 'qemu needs descriptors itself'
const SECCOMP = 'seccomp filters and containers use the system calls of this machine'
/** @type {Record<string, string>} */
const OTHERS = {
  'behaviour/ciao': MULTICAST,
  'behaviour/differences': MULTICAST,
  'behaviour/docs': PROGRAMS,
  'behaviour/doctor-causes': SECCOMP,
  'behaviour/doctor-command': SECCOMP,
  'behaviour/doctor-guards': SECCOMP,
  'behaviour/doctor-robust': TOOLS,
  'behaviour/downloads': 'it runs no addon',
  'behaviour/forks':
    'a child that is forked beside busy threads sometimes hangs in qemu, even with libc alone',
  'behaviour/guards': 'qemu is too slow for a Node for each order of loading',
  'behaviour/hostile-javascript': 'qemu is too slow for a Node for each replaced function',
  'behaviour/imitated-sandboxes': SECCOMP,
  'behaviour/interfaces-cases': MULTICAST,
  'behaviour/interfaces-parity': MULTICAST,
  'behaviour/interfaces-requests': SECCOMP,
  'behaviour/interfaces-sources': MULTICAST,
  'behaviour/launcher': SECCOMP,
  'behaviour/layers': 'it reads object files of this machine',
  'behaviour/loading-shortage': DESCRIPTORS,
  'behaviour/masked-files': PROGRAMS,
  'behaviour/never-returns': SECCOMP,
  'behaviour/old-headers': 'it runs no addon',
  'behaviour/package': PROGRAMS,
  'behaviour/parity': MULTICAST,
  'behaviour/parity-cases': MULTICAST,
  'behaviour/picture': MULTICAST,
  'behaviour/preload-reach': PROGRAMS,
  'behaviour/preload-run': PROGRAMS,
  'behaviour/preload-run-environment': PROGRAMS,
  'behaviour/release': 'it runs no addon',
  'behaviour/requirements': SECCOMP,
  'behaviour/shortage': DESCRIPTORS,
  'behaviour/system-calls': TOOLS,
  'behaviour/variables': TOOLS,
  'behaviour/watch': BUSY,
  'behaviour/watch-command': BUSY,
  'behaviour/watch-ends': BUSY,
  'behaviour/watch-example': MULTICAST,
  'behaviour/watch-modes': SECCOMP,
  'soak/arm64': 'it is this file',
  'soak/fuzz': 'clang builds fuzzers for this machine only',
  'soak/libcs': 'it runs programs for this machine, and the binary for arm64 with musl',
  'soak/load': 'eight emulated threads are too slow',
  'soak/memcheck': TOOLS,
  'soak/musl': 'it compiles for this machine',
  'soak/parity': MULTICAST,
  'soak/preload': 'test/behaviour/preload.test.js does the same on fewer networks',
  'soak/processors': 'it compiles for other processors, and emulates them itself',
  'soak/races': SECCOMP,
  'soak/reproducible': 'it compiles for this machine',
  'soak/torture': 'qemu is too slow for so many faults',
  'soak/watch': BUSY
}

// Helpers in C that only start programs: this machine's binaries do.
const NATIVE_HELPERS = ['raw', 'sandbox']
// Helpers in C that must be compiled for arm64.
const ARM64_HELPERS = ['lists', 'refuse.so', 'renamed.so', 'setns.node', 'torture.node']

// Prints the answer and diagnosis of each source, and of the two without netlink.
const PRINT_ALL = `
  const { diagnose, networkInterfaces } = require('osh-ifaddrs')
  const results = [['rtnetlink'], ['ioctl'], ['procfs'], ['ioctl', 'procfs']].map((sources) => {
    try {
      return { sources, answer: networkInterfaces({ sources }), diagnosis: diagnose({ sources }) }
    } catch (error) {
      return { sources, message: error.message, diagnosis: diagnose({ sources }) }
    }
  })
  console.log(JSON.stringify({ arch: process.arch, results }))`
const PRINT_INTERFACES = 'console.log(JSON.stringify(require("node:os").networkInterfaces()))'

/** @typedef {ReturnType<typeof makeEmulation>} Emulated */

/**
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 * @param {Emulated} emulated
 */
async function testAddon(t, app, emulated) {
  /** @param {string[]} command */
  const evaluate = (command) =>
    JSON.parse(runChecked(emulated(command, { cwd: app }), { cwd: app }))
  const node = fetchNode(24, 'arm64')
  for (const [name, prefix] of Object.entries({ 'nothing denied': [], 'netlink denied': DENIED })) {
    const arm64 = evaluate([...prefix, node, '-e', PRINT_ALL])
    const native = evaluate([...prefix, process.execPath, '-e', PRINT_ALL])
    t.equal(arm64.arch, 'arm64')
    t.equal(arm64.results.length, 4)
    t.same(arm64.results, native.results, `${name}: reports the same as this machine's own addon`)
  }
  const registered = evaluate([
    ...DENIED,
    node,
    '-r',
    'osh-ifaddrs/register',
    '-e',
    PRINT_INTERFACES
  ])
  t.same(registered, evaluate([process.execPath, '-e', PRINT_INTERFACES]), 'register')
}

/**
 * @param {import('tap').Test} t
 * @param {string} project
 * @param {Emulated} emulated
 */
async function testPreload(t, project, emulated) {
  /** @param {string[]} command */
  const list = (command) => {
    const { status, output } = run(emulated([...DENIED, 'env', ...command, 'list']))
    if (status !== 0) return output
    // Counters differ from one moment to the next.
    return JSON.parse(output).map((/** @type {any} */ { data, ...entry }) => entry)
  }
  /** @param {string} arch */
  const preload = (arch) => `LD_PRELOAD=${path.join(project, `prebuilds/linux-${arch}.node`)}`
  const arm64 = path.join(project, 'test/build/lists')
  const native = path.join(projectRoot, 'test/build/lists')
  const expected = list([preload(process.arch), native])
  t.match(list([arm64]), /Operation not permitted/, 'without it, getifaddrs(3) fails')
  t.ok(Array.isArray(expected) && expected.length > 0)
  t.same(list([preload('arm64'), arm64]), expected)
}

/**
 * Copies the project, with the published binaries.
 *
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
function makeProject(t, app) {
  const project = makeFolder(t, 'project')
  // Sandboxed programs are another user's and need to reach the copy.
  fs.chmodSync(path.dirname(project), 0o711)
  const tracked = runChecked(['git', 'ls-files', '-z'], { cwd: projectRoot })
    .split('\0')
    .slice(0, -1)
  for (const name of tracked) fs.cpSync(path.join(projectRoot, name), path.join(project, name))
  const prebuilds = path.join(app, 'node_modules/osh-ifaddrs/prebuilds')
  fs.cpSync(prebuilds, path.join(project, 'prebuilds'), { recursive: true })
  fs.mkdirSync(path.join(project, 'test/build'))
  for (const name of NATIVE_HELPERS) {
    const file = path.join('test/build', name)
    fs.copyFileSync(path.join(projectRoot, file), path.join(project, file))
  }
  // Inside the project, which the tests' sandboxes leave open.
  fs.mkdirSync(path.join(project, 'node/bin'), { recursive: true })
  fs.copyFileSync(fetchNode(24, 'arm64'), path.join(project, NODE))
  return project
}

/**
 * Adds what the tests need to the copy: node_modules, and programs for arm64.
 *
 * @param {string} project
 * @param {string} root where Debian's packages are unpacked
 * @param {Emulated} emulated
 */
function addDependencies(project, root, emulated) {
  const modules = path.join(project, 'node_modules')
  fs.mkdirSync(modules)
  // The tests' sandboxes close the target of a symbolic link.
  runChecked(emulated(['mount', '--bind', path.join(projectRoot, 'node_modules'), modules]))
  // Tests start programs through env(1), some with an LD_PRELOAD for arm64.
  runChecked(emulated(['mount', '--bind', path.join(root, 'usr/bin/env'), '/usr/bin/env']))
  const test = path.join(project, 'test')
  const targets = ['units', ...ARM64_HELPERS.map((name) => `build/${name}`)]
  runChecked(
    emulated(['make', '--silent', 'CC=aarch64-linux-gnu-gcc', ...targets], { cwd: test }),
    {
      env: {
        ...cleanEnvironment(),
        PKG_CONFIG_SYSROOT_DIR: root,
        PKG_CONFIG_LIBDIR: path.join(root, 'usr/lib/aarch64-linux-gnu/pkgconfig')
      }
    }
  )
}

/** @param {import('tap').Test} t */
function checkNames(t) {
  const names = ['behaviour', 'soak'].flatMap((folder) =>
    fs
      .readdirSync(path.join(projectRoot, 'test', folder))
      .filter((name) => name.endsWith('.test.js'))
      .map((name) => path.join(folder, path.basename(name, '.test.js')))
  )
  const known = [...CORE, ...MORE, ...Object.keys(OTHERS)]
  t.strictSame(known.sort(), names.sort(), 'each file is run or has a reason')
}

/**
 * @param {import('tap').Test} t
 * @param {string} project
 * @param {Emulated} emulated
 */
async function testSuite(t, project, emulated) {
  const results = path.join(project, 'results')
  const files = duration.SECONDS < duration.DEFAULT ? CORE : [...CORE, ...MORE]
  for (const file of files)
    fs.mkdirSync(path.join(results, path.dirname(file)), { recursive: true })
  const script = ['sh', '-euc', RUN_ALL, 'sh', NODE, results, `${FILE_TIMEOUT}`, ...files]
  const [command, ...args] = emulated(script, { cwd: project })
  // An emulated soak test only has to work, so it takes as little time as it can.
  const env = { ...cleanEnvironment(), TAP_TIMEOUT: `${FILE_TIMEOUT}`, SOAK_SECONDS: '1' }
  await once(spawn(command, args, { stdio: 'ignore', env }), 'exit')
  for (const file of files) {
    const output = fs.readFileSync(path.join(results, file), 'utf8')
    const [, status, seconds] = /\nstatus (\d+) after (\d+) s\n$/.exec(output) ?? []
    t.equal(status, '0', `${file}: passes in ${seconds} s`, {
      output: status === '0' ? '' : output
    })
    // tap's last line also has counts of failed and skipped tests if there are any.
    const [counts] = /^# \{ total: .*\}$/m.exec(output) ?? ['nothing counted']
    t.match(counts, /^# \{ total: [1-9]\d*, pass: \d+ \}$/, `${file}: ${counts}`)
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
async function testEmulated(t, app) {
  const root = unpackDebianPackages(
    path.join(cacheFolder, 'debian-arm64'),
    'arm64',
    DEBIAN_PACKAGES
  )
  const emulated = makeEmulation(t, root)
  const project = makeProject(t, app)
  addDependencies(project, root, emulated)
  await t.test('the addon', (t) => testAddon(t, app, emulated))
  await t.test('the preload library', (t) => testPreload(t, project, emulated))
  await t.test('the suite', (t) => testSuite(t, project, emulated))
}

t.setTimeout(duration.TIMEOUT)
t.test('the tables', async (t) => checkNames(t))

const isNative = process.arch === 'arm64'
const reason = isNative ? requirements() : emulationRequirements()
t.test('the published binaries', { skip: reason }, async (t) => {
  const app = makeApp(t, packOrSkip(t))
  if (isNative) await testAddon(t, app, (command) => command)
  else await testEmulated(t, app)
})
