'use strict'

// The arm64 binaries, and the tests that hold without seccomp, JavaScript and C, run on them by qemu (see
// test/support/emulation.js). On an arm64 machine the whole suite runs as it is, and nothing is emulated.

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { unpackDebianPackages } = require('../../scripts/development/debian')
const { makeEmulation, missing } = require('../support/emulation')
const {
  DENIED,
  cache,
  environment,
  fetchNode,
  makeFolder,
  must,
  projectRoot,
  run
} = require('../support/package')

const isNative = process.arch === 'arm64'

const DEBIAN_PACKAGES = [
  ...['coreutils', 'libc6', 'libcmocka-dev', 'libcmocka0', 'libgcc-s1', 'libmnl-dev', 'libmnl0'],
  'libstdc++6'
]

const NODE = 'node/bin/node'
const TIMEOUT = 600

// In one process beside this one, which is often waiting for others: nothing is to wait for it. Node starts
// programs, and has no threads of V8's then that could be busy: see `forks` below.
const RUN_ALL = `
  node=$1 results=$2 seconds=$3
  shift 3
  for file in "$@"; do
    status=0
    timeout "$seconds" "$node" --single-threaded "test/$file.test.js" >"$results/$file" 2>&1 || status=$?
    echo "status $status" >>"$results/$file"
  done`

const FILES = [
  ...['hardening', 'parity-cases', 'preload', 'register-sandboxed', 'sandboxed', 'torture-napi'],
  'unit'
]
// These take as long as those together, or longer, and run when OSH_ARM64 is `all`.
const MORE = ['cli', 'doctor', 'lib', 'limits', 'namespace', 'register', 'sandbox-steps']

// What qemu keeps the others from showing.
const MULTICAST = 'it knows neither IP_MULTICAST_IF nor SO_BINDTOIFINDEX'
const PROGRAMS = 'the programs that it starts are of this machine'
const TOOLS = 'strace and valgrind see qemu, and not what it runs'
const SECCOMP = 'seccomp filters, and containers, are of this machine'
/** @type {Record<string, string>} */
const OTHERS = {
  ciao: MULTICAST,
  docs: PROGRAMS,
  'doctor-remedies': SECCOMP,
  forks:
    'a child that is forked beside busy threads hangs in it now and then, with libc alone, too',
  instructions: TOOLS,
  load: 'eight threads of it are too slow to be under load',
  memcheck: TOOLS,
  package: 'this is it',
  parity: MULTICAST,
  'parity-node': MULTICAST,
  'parity-regressions': MULTICAST,
  'preload-programs': PROGRAMS,
  'preload-reach': PROGRAMS,
  'preload-run': `${PROGRAMS}, and /proc/self/stat is invented`,
  sandbox: SECCOMP,
  sandboxes: SECCOMP,
  'system-calls': TOOLS,
  torture: 'with so many faults qemu takes too long'
}

// Of what these need of C: what starts programs, and is none that is tested, and what is.
const OWN = ['raw', 'sandbox']
const COMPILED = ['lists', 'refuse.so', 'renamed.so', 'setns.node', 'torture.node']

// Everything the interface tells, by every source alone and together.
const TELL = `
  const { diagnose, networkInterfaces } = require('osh-ifaddrs')
  const told = [['rtnetlink'], ['ioctl'], ['procfs'], ['ioctl', 'procfs']].map((sources) => {
    try {
      return { sources, answer: networkInterfaces({ sources }), diagnosis: diagnose({ sources }) }
    } catch (error) {
      return { sources, message: error.message, diagnosis: diagnose({ sources }) }
    }
  })
  console.log(JSON.stringify({ arch: process.arch, told }))`
const SHOW = 'console.log(JSON.stringify(require("node:os").networkInterfaces()))'

/** @typedef {ReturnType<typeof makeEmulation>} Within */

/**
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 * @param {Within} within
 */
async function testAddon(t, app, within) {
  /** @param {string[]} command */
  const evaluate = (command) => JSON.parse(must(within(command, { cwd: app }), { cwd: app }))
  const node = fetchNode(24, 'arm64')
  for (const [name, cage] of Object.entries({ 'nothing denied': [], 'netlink denied': DENIED })) {
    const there = evaluate([...cage, node, '-e', TELL])
    const here = evaluate([...cage, process.execPath, '-e', TELL])
    t.equal(there.arch, 'arm64')
    t.equal(there.told.length, 4)
    t.same(there.told, here.told, `${name}: tells what this machine's own addon tells`)
  }
  const registered = evaluate([...DENIED, node, '-r', 'osh-ifaddrs/register', '-e', SHOW])
  t.same(registered, evaluate([process.execPath, '-e', SHOW]), 'register')
}

/**
 * @param {import('tap').Test} t
 * @param {string} project
 * @param {Within} within
 */
async function testPreload(t, project, within) {
  /** @param {string[]} command */
  const list = (command) => {
    const { status, output } = run(within([...DENIED, 'env', ...command, 'list']))
    if (status !== 0) return output
    // Counters differ from one moment to the next.
    return JSON.parse(output).map((/** @type {any} */ { data, ...entry }) => entry)
  }
  /** @param {string} arch */
  const preload = (arch) =>
    `LD_PRELOAD=${path.join(project, `prebuilds/linux-${arch}/osh_ifaddrs_preload.so`)}`
  const there = path.join(project, 'test/build/lists')
  const here = path.join(projectRoot, 'test/build/lists')
  const expected = list([preload(process.arch), here])
  t.match(list([there]), /Operation not permitted/, 'without it, getifaddrs(3) fails')
  t.ok(Array.isArray(expected) && expected.length > 0)
  t.same(list([preload('arm64'), there]), expected)
}

/**
 * A copy of the project that has the published binaries.
 *
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
function makeProject(t, app) {
  const project = makeFolder(t, 'project')
  // Sandboxes of tests are another user's.
  fs.chmodSync(path.dirname(project), 0o711)
  const tracked = must(['git', 'ls-files', '-z'], { cwd: projectRoot }).split('\0').slice(0, -1)
  for (const name of tracked) fs.cpSync(path.join(projectRoot, name), path.join(project, name))
  const prebuilds = path.join(app, 'node_modules/osh-ifaddrs/prebuilds')
  fs.cpSync(prebuilds, path.join(project, 'prebuilds'), { recursive: true })
  fs.mkdirSync(path.join(project, 'test/build'))
  for (const name of OWN) {
    const file = path.join('test/build', name)
    fs.copyFileSync(path.join(projectRoot, file), path.join(project, file))
  }
  // In the project: the sandbox of a test opens that.
  fs.mkdirSync(path.join(project, 'node/bin'), { recursive: true })
  fs.copyFileSync(fetchNode(24, 'arm64'), path.join(project, NODE))
  return project
}

/**
 * Gives the copy what tests need: the modules of others, and programs for arm64.
 *
 * @param {string} project
 * @param {string} root where Debian's packages are unpacked
 * @param {Within} within
 */
function furnish(project, root, within) {
  const modules = path.join(project, 'node_modules')
  fs.mkdirSync(modules)
  // A link would lead out of the sandboxes of tests.
  must(within(['mount', '--bind', path.join(projectRoot, 'node_modules'), modules]))
  // Tests start programs by env(1), some with an LD_PRELOAD that is for arm64.
  must(within(['mount', '--bind', path.join(root, 'usr/bin/env'), '/usr/bin/env']))
  const test = path.join(project, 'test')
  const targets = ['units', ...COMPILED.map((name) => `build/${name}`)]
  must(within(['make', '--silent', 'CC=aarch64-linux-gnu-gcc', ...targets], { cwd: test }), {
    env: {
      ...environment(),
      PKG_CONFIG_SYSROOT_DIR: root,
      PKG_CONFIG_LIBDIR: path.join(root, 'usr/lib/aarch64-linux-gnu/pkgconfig')
    }
  })
}

/** @param {import('tap').Test} t */
function checkNames(t) {
  const names = fs
    .readdirSync(path.join(projectRoot, 'test'))
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => path.basename(name, '.test.js'))
  const known = [...FILES, ...MORE, ...Object.keys(OTHERS)]
  t.strictSame(known.sort(), names.sort(), 'each file is run, or it is said why not')
  for (const [file, reason] of Object.entries(OTHERS)) t.comment(`${file} is not run: ${reason}`)
}

/**
 * @param {import('tap').Test} t
 * @param {string} project
 * @param {Within} within
 */
async function testSuite(t, project, within) {
  checkNames(t)
  const results = path.join(project, 'results')
  fs.mkdirSync(results)
  const files = process.env.OSH_ARM64 === 'all' ? [...FILES, ...MORE] : FILES
  const words = ['sh', '-euc', RUN_ALL, 'sh', NODE, results, `${TIMEOUT}`, ...files]
  const [command, ...args] = within(words, { cwd: project })
  const env = { ...environment(), TAP_TIMEOUT: `${TIMEOUT}` }
  await once(spawn(command, args, { stdio: 'ignore', env }), 'exit')
  for (const file of files) {
    const output = fs.readFileSync(path.join(results, file), 'utf8')
    const passes = output.endsWith('\nstatus 0\n')
    t.ok(passes, `${file}: passes`, { output: passes ? '' : output })
    // tap's last line, which counts the failed and the skipped too, where there are any.
    const [counts] = /^# \{ total: .*\}$/m.exec(output) ?? ['nothing counted']
    t.match(counts, /^# \{ total: [1-9]\d*, pass: \d+ \}$/, `${file}: ${counts}`)
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
async function testArm64(t, app) {
  if (isNative) return t.test('the addon', (t) => testAddon(t, app, (command) => command))
  const reason = missing()
  if (reason !== null) return t.skip(reason)
  const root = unpackDebianPackages(path.join(cache, 'debian-arm64'), 'arm64', DEBIAN_PACKAGES)
  const within = makeEmulation(t, root)
  const project = makeProject(t, app)
  furnish(project, root, within)
  await t.test('the addon', (t) => testAddon(t, app, within))
  await t.test('the preload library', (t) => testPreload(t, project, within))
  await t.test('the suite', (t) => testSuite(t, project, within))
}

module.exports = { testArm64 }
