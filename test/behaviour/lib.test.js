'use strict'

// How lib/ is organised: what is at its top level, which folder may depend on which, no cycles. And when it
// searches the file system for the preload library.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { runNode } = require('../support/node')

const lib = path.join(__dirname, '../../lib')

const PACKAGE = '{"name":"osh-ifaddrs"}'

// What users and OpenClaw require. Everything else belongs to a folder.
const TOP_LEVEL = ['index.d.ts', 'index.js', 'openclaw.js', 'register.js']

/**
 * The folders that the files of a folder may use, besides their own: by require(), and for types. '.' is the
 * top level. Everything may use the public types of index.d.ts.
 *
 * @type {Record<string, { requires: string[], types: string[] }>}
 */
const ALLOWED = {
  addon: { requires: [], types: [] },
  results: { requires: [], types: ['addon'] },
  watch: { requires: ['addon', 'results'], types: ['addon'] },
  '.': { requires: ['addon', 'results', 'watch'], types: ['watch'] },
  doctor: { requires: ['.', 'addon', 'results'], types: [] },
  // Shell scripts.
  build: { requires: [], types: [] },
  'command-line': {
    requires: ['.', 'addon', 'results', 'doctor'],
    types: ['results', 'doctor']
  }
}

const names = fs.readdirSync(lib, { recursive: true }).sort()
const sources = names.filter((name) => name.endsWith('.js'))

/**
 * @param {string} name a file below lib/
 * @param {RegExp} pattern whose first group is a relative path
 * @returns {string[]} the files below lib/ that it refers to
 */
function references(name, pattern) {
  const text = fs.readFileSync(path.join(lib, name), 'utf8')
  return [...text.matchAll(pattern)]
    .map(([, target]) => require.resolve(path.resolve(lib, path.dirname(name), target)))
    .map((file) => path.relative(lib, file))
    .filter((file) => file !== '../package.json')
}

const required = (name) => references(name, /\brequire\('(\.[^']*)'\)/g)
const typed = (name) =>
  references(name, /\bimport\('(\.[^']*)'\)/g).filter((file) => file !== 'index.js')

t.test('the top level has only what users require', async (t) => {
  t.strictSame(
    names.filter((name) => fs.statSync(path.join(lib, name)).isFile() && !name.includes('/')),
    TOP_LEVEL
  )
  const folders = names.filter((name) => fs.statSync(path.join(lib, name)).isDirectory())
  t.strictSame(['.', ...folders].sort(), Object.keys(ALLOWED).sort(), 'each folder has its rules')
})

t.test('dependencies between folders', async (t) => {
  const check = (kind, name, targets) => {
    const folder = path.dirname(name)
    const allowed = [folder, ...ALLOWED[folder][kind]]
    const forbidden = targets.filter((target) => !allowed.includes(path.dirname(target)))
    t.strictSame(forbidden, [], `${name}: ${kind}`)
  }
  for (const name of sources) {
    check('requires', name, required(name))
    check('types', name, typed(name))
  }
  t.ok(required('index.js').length > 2, 'the search finds require()')
  t.ok(typed('results/diagnosis.js').length > 0, 'the search finds types')
})

t.test('no file requires itself, directly or through others', async (t) => {
  const visit = (name, path) => {
    if (path.includes(name)) return [[...path.slice(path.indexOf(name)), name].join(' -> ')]
    return required(name).flatMap((target) => visit(target, [...path, name]))
  }
  t.strictSame([...new Set(sources.flatMap((name) => visit(name, [])))], [])
})

t.test('the preload library is searched for on first use', async (t) => {
  const copy = t.testdir({ 'package.json': PACKAGE, build: { Release: {} } })
  fs.cpSync(lib, path.join(copy, 'lib'), { recursive: true })
  const release = path.join(copy, 'build', 'Release')
  const index = JSON.stringify(path.join(copy, 'lib', 'index.js'))
  const { status, stdout, stderr } = runNode([
    '-e',
    `const fs = require('fs')
    const ifaddrs = require(${index})
    fs.writeFileSync(${JSON.stringify(path.join(release, 'osh_ifaddrs.node'))}, '')
    const { preloadPath } = ifaddrs
    console.log(preloadPath)
    console.log(Object.keys(ifaddrs).join())`
  ])
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  t.equal(
    stdout,
    `${path.join(release, 'osh_ifaddrs.node')}\nnetworkInterfaces,interfaces,watch,diagnose,preloadPath\n`
  )
})

t.test('the published binary for arm is for ARMv7', async (t) => {
  const copy = t.testdir({ 'package.json': PACKAGE, prebuilds: { 'linux-arm.node': '' } })
  fs.cpSync(lib, path.join(copy, 'lib'), { recursive: true })
  /** @param {string} version */
  const preloadPathOn = (version) => {
    const script = `
      Object.defineProperty(process, 'arch', { value: 'arm' })
      Object.defineProperty(process, 'config', { value: { variables: { arm_version: '${version}' } } })
      const { preloadPath, networkInterfaces } = require(${JSON.stringify(path.join(copy, 'lib'))})
      console.log(preloadPath)
      if (preloadPath === null) try { networkInterfaces() } catch ({ message }) { console.log(message) }`
    return runNode(['-e', script])
  }
  const file = path.join(copy, 'prebuilds/linux-arm.node')
  t.match(preloadPathOn('7'), { stdout: `${file}\n`, stderr: '' })
  t.match(preloadPathOn('6'), { stdout: /^null\n.*: none is published for linux-armv6, and none/ })
})

t.test('in a bundle it loads nothing that lies two folders above', async (t) => {
  const bundles = { 'of a bundle': '{ "name": "program" }', 'without package.json': undefined }
  for (const [name, manifest] of Object.entries(bundles)) {
    const copy = t.testdir({
      ...(manifest === undefined ? {} : { 'package.json': manifest }),
      build: { Release: { 'osh_ifaddrs.node': '' } },
      prebuilds: { [`linux-${process.arch}.node`]: '' }
    })
    fs.cpSync(lib, path.join(copy, 'lib'), { recursive: true })
    const { stdout } = runNode([
      '-e',
      `const { preloadPath, networkInterfaces } = require(${JSON.stringify(path.join(copy, 'lib'))})
      console.log(preloadPath)
      try { networkInterfaces() } catch ({ message }) { console.log(message) }`
    ])
    const advice = 'See docs/bundlers.md in the package osh-ifaddrs'
    const message = `cannot load the osh-ifaddrs addon: the bundle does not contain it. ${advice}`
    t.equal(stdout, `null\n${message}\n`, name)
  }
})

t.test('a bundle that has lost its addon', async (t) => {
  const copy = t.testdir({ 'package.json': PACKAGE })
  fs.cpSync(lib, path.join(copy, 'lib'), { recursive: true })
  fs.cpSync(path.join(lib, '../bundled.js'), path.join(copy, 'bundled.js'))
  const { stdout } = runNode([
    '-e',
    `require(${JSON.stringify(path.join(copy, 'bundled'))})
    const { networkInterfaces } = require(${JSON.stringify(path.join(copy, 'lib'))})
    try { networkInterfaces() } catch ({ message }) { console.log(message) }`
  ])
  t.match(
    stdout,
    /: Cannot find module '.*\.node'\. See docs\/bundlers\.md in the package osh-ifaddrs\n$/
  )
})

t.test('preloadPath is a named export for ES modules', async (t) => {
  const { preloadPath } = require('../..')
  const { networkInterfaces, ...rest } = await import('osh-ifaddrs')
  t.equal(rest.preloadPath, preloadPath)
  const program = path.join(t.testdir(), 'program.mjs')
  const script = `import { preloadPath } from ${JSON.stringify(path.join(lib, 'index.js'))}
    console.log(preloadPath)`
  fs.writeFileSync(program, script)
  t.match(runNode([program]), { status: 0, stdout: `${preloadPath}\n`, stderr: '' })
})
