'use strict'

// The tarball: its files, its size, and its types.

const fs = require('node:fs')
const path = require('node:path')
const { projectRoot, run, runChecked } = require('../../support/package')

const LARGEST = 290_000
const LARGEST_INSTALLED = 1_000_000

const FILES = [
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'bench/results.svg',
  'bundled.d.ts',
  'bundled.js',
  'docs/architecture.md',
  'docs/bundlers.md',
  'docs/command.md',
  'docs/deploy.md',
  'docs/differences.md',
  'docs/doctor.md',
  'docs/interfaces.md',
  'docs/picture.svg',
  'docs/preload.md',
  'docs/programs.md',
  'docs/races.md',
  'docs/register.md',
  'docs/sandboxes.md',
  'docs/speed.md',
  'docs/system-calls.md',
  'docs/watch.md',
  'docs/why-it-fails.md',
  'lib/addon/explain.js',
  'lib/addon/load.js',
  'lib/addon/locate.js',
  'lib/build/build.sh',
  'lib/build/compile.sh',
  'lib/command-line/changes.js',
  'lib/command-line/cli.js',
  'lib/command-line/doctor.js',
  'lib/command-line/help.js',
  'lib/command-line/list.js',
  'lib/command-line/nearest.js',
  'lib/command-line/osh-ifaddrs',
  'lib/command-line/output.js',
  'lib/command-line/preload-path.js',
  'lib/command-line/register-path.js',
  'lib/command-line/terminal.js',
  'lib/command-line/watch.js',
  'lib/doctor/attempt.js',
  'lib/doctor/causes.js',
  'lib/doctor/commands.js',
  'lib/doctor/evidence.js',
  'lib/doctor/listen.js',
  'lib/doctor/mechanisms.js',
  'lib/doctor/process.js',
  'lib/doctor/remedies.js',
  'lib/doctor/report.js',
  'lib/doctor/sandboxes.js',
  'lib/doctor/sources.js',
  'lib/doctor/suspects.js',
  'lib/doctor/symptoms.js',
  'lib/doctor/watchdog.js',
  'lib/index.d.ts',
  'lib/index.js',
  'lib/openclaw.js',
  'lib/register.js',
  'lib/results/diagnosis.js',
  'lib/results/interfaces.js',
  'lib/results/kernel-names.js',
  'lib/results/layout.js',
  'lib/results/listing.js',
  'lib/results/network-interfaces.js',
  'lib/watch/compare.js',
  'lib/watch/monitors.js',
  'lib/watch/readers.js',
  'lib/watch/watch.js',
  'lib/watch/watcher.js',
  'openclaw.plugin.json',
  'package.json',
  'prebuilds/SHA256SUMS',
  'prebuilds/binding.gyp',
  'prebuilds/libmnl-licence.txt',
  'prebuilds/linux-arm.node',
  'prebuilds/linux-arm64.node',
  'prebuilds/linux-x64.node',
  'register.d.ts',
  'register.js',
  'src/addon/addon.c',
  'src/addon/interfaces.c',
  'src/addon/interfaces.h',
  'src/addon/layout.c',
  'src/addon/layout.h',
  'src/addon/napi.c',
  'src/addon/napi.h',
  'src/addon/strings.c',
  'src/addon/strings.h',
  'src/addon/text.c',
  'src/addon/text.h',
  'src/addon/watch.c',
  'src/addon/watch.h',
  'src/core-files.txt',
  'src/core/addresses.c',
  'src/core/addresses.h',
  'src/core/links.c',
  'src/core/links.h',
  'src/core/snapshot.c',
  'src/core/snapshot.h',
  'src/kernel/netdevice.c',
  'src/kernel/netdevice.h',
  'src/kernel/proc_net.c',
  'src/kernel/proc_net.h',
  'src/preload/block.c',
  'src/preload/block.h',
  'src/preload/fortified.c',
  'src/preload/lists.c',
  'src/preload/lists.h',
  'src/preload/preload.c',
  'src/preload/requested_sources.c',
  'src/preload/requested_sources.h',
  'src/read.c',
  'src/read.h',
  'src/sources/ioctl.c',
  'src/sources/ioctl.h',
  'src/sources/ioctl_labels.c',
  'src/sources/ioctl_labels.h',
  'src/sources/procfs.c',
  'src/sources/procfs.h',
  'src/sources/procfs_infer.c',
  'src/sources/procfs_infer.h',
  'src/sources/procfs_parse.c',
  'src/sources/procfs_parse.h',
  'src/sources/rtnetlink.c',
  'src/sources/rtnetlink.h',
  'src/sources/rtnetlink_parse.c',
  'src/sources/rtnetlink_parse.h',
  'src/watch/monitor.c',
  'src/watch/monitor.h',
  'src/watch/namespace.c',
  'src/watch/namespace.h'
]

// Compiles only if the declarations are complete and strict.
const USAGE = `
import { networkInterfaces as native } from 'node:os'
import 'osh-ifaddrs/register'
import 'osh-ifaddrs/bundled'
import ifaddrs, { diagnose, interfaces, networkInterfaces, preloadPath, watch } from 'osh-ifaddrs'
import type { Diagnosis, Fact, Inference, Options, SourceName, SourceReport } from 'osh-ifaddrs'
import type { Interface, InterfaceAddress, SourceStatus, UnavailableError } from 'osh-ifaddrs'
import type { InterfaceChange, InterfaceWatcher, WatchOptions } from 'osh-ifaddrs'

const sources: readonly SourceName[] = ['rtnetlink', 'ioctl', 'procfs']
const options: Options = { sources }
const same: ReturnType<typeof native> = networkInterfaces(options)
const entry = same.lo?.[0]
if (entry?.family === 'IPv6') entry.scopeid satisfies number
const link: Interface | undefined = interfaces(options)[0]
if (link?.state === 'no-carrier') link.mac satisfies string | null
const linkAddress: InterfaceAddress | undefined = link?.addresses[0]
linkAddress?.scope satisfies 'global' | 'site' | 'link' | 'host' | number | null | undefined
const { complete, missing, sources: reports, inferred, omitted }: Diagnosis = diagnose()
complete satisfies boolean
missing satisfies Fact[]
inferred satisfies Inference[]
omitted satisfies { name: string; address: string }[]
const report: SourceReport | undefined = reports[0]
report?.status satisfies SourceStatus | undefined
report?.errno satisfies number | null | undefined
function explain(error: UnavailableError): string {
  return [error.code satisfies 'ERR_OSH_IFADDRS_UNAVAILABLE', error.message].join()
}
explain satisfies (error: UnavailableError) => string
ifaddrs.networkInterfaces()
const links: Interface[] = ifaddrs.interfaces()
for (const { name, index, state, mac, addresses, inferred } of interfaces(options)) {
  name satisfies string
  index satisfies number | null
  mac satisfies string | null
  if (state === 'up') state satisfies Interface['state']
  inferred satisfies ('state' | 'internal' | 'name')[]
  addresses satisfies InterfaceAddress[]
  const [address] = addresses
  if (typeof address?.scope === 'string') address.scope satisfies 'global' | 'site' | 'link' | 'host'
  address?.inferred satisfies ('prefixLength' | 'netmask' | 'cidr' | 'link')[] | undefined
}
const preload: string | null = preloadPath
preload satisfies typeof ifaddrs.preloadPath
const watchOptions: WatchOptions = { ...options, signal: AbortSignal.abort(), persistent: false, interval: 1, settle: 0 }
const watcher: InterfaceWatcher = watch(watchOptions, ({ interfaces, added, removed, changed }) => {
  for (const { before, after } of changed) [before, after] satisfies Interface[]
  ;[...interfaces, ...added, ...removed] satisfies Interface[]
})
watch().mode satisfies 'netlink' | 'polling'
watch(undefined, (change) => change satisfies InterfaceChange)
watch((change) => change satisfies InterfaceChange).unref().ref().close()
ifaddrs.watch(watchOptions)
watcher
  .on('change', ({ changed }) => changed[0]?.after.mtu satisfies number | null | undefined)
  .once('error', (error) => error.message)
  .once('close', () => {})
async function iterate() {
  for await (const { added } of watcher) added satisfies Interface[]
}
iterate satisfies () => Promise<void>
watcher[Symbol.asyncIterator]().return() satisfies Promise<IteratorResult<InterfaceChange, void>>
// @ts-expect-error
networkInterfaces({ sources: ['sysfs'] })
// @ts-expect-error
interfaces()[0].mtu.toFixed()
// @ts-expect-error
diagnose({ source: ['ioctl'] })
// @ts-expect-error
diagnose().complete = 'yes'
// @ts-expect-error
preloadPath.length
// @ts-expect-error
links[0].mac.length
// @ts-expect-error
interfaces({ sources: [] })[0].state = 'unknown'
// @ts-expect-error
watch({ interval: '5' })
// @ts-expect-error
watch({ signal: null })
// @ts-expect-error
watch({ settle: 5, recursive: true })
// @ts-expect-error
watch(({ interfaces }) => interfaces[0].frob)
// @ts-expect-error
watch((change) => change, {})
// @ts-expect-error
watcher.mode = 'polling'
// @ts-expect-error
watcher.on('change', ({ interfaces }, filename) => interfaces)
`

/** @param {string} folder */
function sizeOf(folder) {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.reduce(
    (sum, { path: parent, name }) => sum + fs.statSync(path.join(parent, name)).size,
    0
  )
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 * @param {string} app where it is installed
 */
async function testFiles(t, tarball, app) {
  const listed = runChecked(['tar', '-tzf', tarball]).trim().split('\n')
  t.same(listed.map((name) => name.replace(/^package\//, '')).sort(), FILES)
  t.ok(fs.statSync(tarball).size < LARGEST, `smaller than ${LARGEST} bytes`)
  const installed = sizeOf(path.join(app, 'node_modules/osh-ifaddrs'))
  t.ok(installed < LARGEST_INSTALLED, `installed, smaller than ${LARGEST_INSTALLED} bytes`)
}

/**
 * @param {import('tap').Test} t
 * @param {string} root of the installed package
 */
async function testLinks(t, root) {
  const pages = FILES.filter((name) => name.endsWith('.md'))
  for (const page of pages) {
    const text = fs.readFileSync(path.join(root, page), 'utf8')
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link)
    const targets = links.map((link) => path.join(path.dirname(page), link))
    const broken = targets.filter((target) => !fs.existsSync(path.join(root, target)))
    t.same(broken, [], `${page}: ${links.length} links`)
  }
}

/**
 * OpenClaw, for example, refuses a plug-in for any of these, in comments too.
 *
 * @param {import('tap').Test} t
 * @param {string} root of the installed package
 */
async function testScanners(t, root) {
  const isRefused = (/** @type {string} */ text) =>
    /child_process|\beval\(|new Function\(/.test(text) ||
    (text.includes('process.env') && /\b(fetch|post)\b/i.test(text))
  t.ok(isRefused("require('child_process')") && isRefused('// process.env\n// post'), 'control')
  const scripts = FILES.filter((name) => /\.js$|\/osh-ifaddrs$/.test(name))
  const read = (/** @type {string} */ name) => fs.readFileSync(path.join(root, name), 'utf8')
  t.same(
    scripts.filter((name) => isRefused(read(name))),
    [],
    `${scripts.length} files`
  )
}

/**
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
async function testLicence(t, app) {
  const file = path.join(app, 'node_modules/osh-ifaddrs/prebuilds/libmnl-licence.txt')
  const text = fs.readFileSync(file, 'utf8')
  t.match(text, 'GNU LESSER GENERAL PUBLIC LICENSE')
  t.match(text, 'Copyright: 2008-2012, Pablo Neira Ayuso')
  const licence = fs.readFileSync(path.join(app, 'node_modules/osh-ifaddrs/LICENSE'), 'utf8')
  t.match(licence, 'libmnl-licence.txt')
  t.match(licence, 'valid for three years')
}

/**
 * @param {import('tap').Test} t
 * @param {string} app where it is installed
 */
async function testTypes(t, app) {
  fs.writeFileSync(path.join(app, 'usage.mts'), USAGE)
  const types = path.join(projectRoot, 'node_modules/@types')
  const tsc = path.join(projectRoot, 'node_modules/typescript/bin/tsc')
  // Without the DOM's declarations, which take as long as all others.
  const language = ['--target', 'es2022', '--lib', 'es2022']
  const options = ['--strict', '--noEmit', ...language, '--typeRoots', types]
  const system = ['--module', 'nodenext', '--types', 'node']
  const { output } = run([process.execPath, tsc, ...options, ...system, 'usage.mts'], { cwd: app })
  t.equal(output, '', 'tsc --strict')
  // It reads no `exports`, and so looks for register.d.ts and bundled.d.ts in the root.
  const node10 = ['--module', 'commonjs', '--moduleResolution', 'node10', '--esModuleInterop']
  fs.copyFileSync(path.join(app, 'usage.mts'), path.join(app, 'usage.ts'))
  const older = [process.execPath, tsc, ...options, ...node10, '--types', 'node', 'usage.ts']
  t.equal(run(older, { cwd: app }).output, '', 'tsc --strict --moduleResolution node10')
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 * @param {string} app where it is installed
 */
function testContents(t, tarball, app) {
  t.test('files', (t) => testFiles(t, tarball, app))
  t.test('links', (t) => testLinks(t, path.join(app, 'node_modules/osh-ifaddrs')))
  t.test('what scanners refuse', (t) => testScanners(t, path.join(app, 'node_modules/osh-ifaddrs')))
  t.test('licence of libmnl', (t) => testLicence(t, app))
  t.test('types', (t) => testTypes(t, app))
  t.end()
}

module.exports = { testContents }
