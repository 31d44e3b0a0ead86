'use strict'

// Everything that loads the package: each supported Node, each kind of import, and other runtimes, bundlers
// and package managers. Each program prints the network interfaces while seccomp denies netlink.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const {
  DENIED,
  cleanEnvironment,
  fetchFromNpm,
  makeFolder,
  run,
  runChecked
} = require('../support/package')
const { nodeVersions } = require('../support/node-versions')
const { runtime } = require('../support/runtimes')

const PROGRAMS = {
  'plain.cjs': "console.log(JSON.stringify(require('node:os').networkInterfaces()))",
  'plain.mjs': `
    import { networkInterfaces } from 'node:os'
    console.log(JSON.stringify(networkInterfaces()))`,
  'require.cjs': `
    const { networkInterfaces } = require('osh-ifaddrs')
    console.log(JSON.stringify(networkInterfaces()))`,
  'default.mjs': `
    import ifaddrs from 'osh-ifaddrs'
    console.log(JSON.stringify(ifaddrs.networkInterfaces()))`,
  'namespace.mjs': `
    import * as ifaddrs from 'osh-ifaddrs'
    console.log(JSON.stringify(ifaddrs.networkInterfaces()))`,
  'named.mjs': `
    import { networkInterfaces, diagnose } from 'osh-ifaddrs'
    if (diagnose().sources[0].code !== 'EPERM') throw new Error('not denied')
    console.log(JSON.stringify(networkInterfaces()))`,
  'register.cjs': `
    require('osh-ifaddrs/register')
    console.log(JSON.stringify(require('node:os').networkInterfaces()))`,
  'register.mjs': `
    import 'osh-ifaddrs/register'
    import { networkInterfaces } from 'node:os'
    console.log(JSON.stringify(networkInterfaces()))`,
  // Deno's module.syncBuiltinESMExports is empty: named imports of node:os stay native there.
  'deno.mjs': `
    import 'npm:osh-ifaddrs/register'
    import os from 'node:os'
    console.log(JSON.stringify(os.networkInterfaces()))`,
  'worker.cjs': `
    const { Worker } = require('node:worker_threads')
    const code = "require('worker_threads').parentPort.postMessage(require('os').networkInterfaces())"
    const answers = []
    for (let i = 0; i < 2; i++) {
      new Worker(code, { eval: true }).on('message', (answer) => {
        answers.push(JSON.stringify(answer))
        if (answers.length === 2 && answers[0] === answers[1]) console.log(answers[0])
      })
    }`
}

/**
 * Arguments and environment of Node for each method of loading the package.
 *
 * @param {string} app
 * @returns {Record<string, { args: string[], env?: Record<string, string> }>}
 */
function nodeInvocations(app) {
  const register = path.join(app, 'node_modules/osh-ifaddrs/lib/register.js')
  return {
    CommonJS: { args: ['require.cjs'] },
    'ESM default import': { args: ['default.mjs'] },
    'ESM namespace import': { args: ['namespace.mjs'] },
    'ESM named imports': { args: ['named.mjs'] },
    'register, required': { args: ['register.cjs'] },
    'register, imported': { args: ['register.mjs'] },
    '-r': { args: ['-r', 'osh-ifaddrs/register', 'plain.mjs'] },
    '--import': { args: ['--import', 'osh-ifaddrs/register', 'plain.mjs'] },
    'NODE_OPTIONS -r': { args: ['plain.cjs'], env: { NODE_OPTIONS: `-r "${register}"` } },
    'NODE_OPTIONS --import': {
      args: ['plain.mjs'],
      env: { NODE_OPTIONS: `--import=${pathToFileURL(register)}` }
    },
    workers: { args: ['-r', 'osh-ifaddrs/register', 'worker.cjs'] }
  }
}

/** @param {string} folder */
function writePrograms(folder) {
  for (const [name, text] of Object.entries(PROGRAMS)) {
    fs.writeFileSync(path.join(folder, name), text)
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string} folder
 * @param {string[]} command
 * @param {string} message
 * @param {Record<string, string>} [env]
 */
function testAnswer(t, folder, command, message, env = {}) {
  const { output } = run([...DENIED, ...command], {
    cwd: folder,
    env: { ...cleanEnvironment(), ...env }
  })
  t.equal(output.trim(), JSON.stringify(os.networkInterfaces()), message)
}

/**
 * @param {import('tap').Test} t
 * @param {string} app
 */
async function testNodes(t, app) {
  for (const { execPath: node } of nodeVersions()) {
    const version = runChecked([node, '--version']).trim()
    const control = run([...DENIED, node, 'plain.cjs'], { cwd: app })
    t.match(control.stderr, /uv_interface_addresses/, `${version} alone: throws`)
    for (const [name, { args, env }] of Object.entries(nodeInvocations(app))) {
      testAnswer(t, app, [node, ...args], `${version}: ${name}`, env)
    }
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string} app
 */
async function testBundler(t, app) {
  const esbuild = fetchFromNpm(`@esbuild/linux-${process.arch}@0`, 'bin/esbuild')
  for (const [from, format] of [
    ['require.cjs', 'cjs'],
    ['named.mjs', 'esm'],
    ['register.mjs', 'esm'],
    ['register.mjs', 'cjs']
  ]) {
    const to = `bundle-${from}.${format === 'esm' ? 'mjs' : 'cjs'}`
    const options = ['--bundle', '--platform=node', `--format=${format}`, `--outfile=${to}`]
    runChecked([esbuild, from, ...options, '--external:osh-ifaddrs', '--log-level=warning'], {
      cwd: app
    })
    testAnswer(t, app, [process.execPath, to], `${from} as ${format}`)
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string} app
 */
async function testRuntimes(t, app) {
  const bun = runtime('bun')
  testAnswer(t, app, [bun, '--preload', 'osh-ifaddrs/register', 'plain.cjs'], 'Bun: --preload')
  testAnswer(t, app, [bun, 'named.mjs'], 'Bun: imported')
  const command = [runtime('deno'), 'run', '--no-config', '--node-modules-dir=manual', '-A']
  testAnswer(t, app, [...command, 'deno.mjs'], 'Deno: npm:')
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 */
async function testManagers(t, tarball) {
  const pnpm = fetchFromNpm('pnpm@10', 'bin/pnpm.cjs')
  const yarn = fetchFromNpm('yarn@1', 'bin/yarn.js')
  for (const [name, command] of Object.entries({
    pnpm: [pnpm, 'add', '--offline', tarball],
    // yarn queries the registry even for a tarball, so it cannot run offline.
    yarn: [yarn, 'add', '--no-lockfile', `file:${tarball}`]
  })) {
    const folder = makeFolder(t)
    const env = { ...cleanEnvironment(), HOME: path.dirname(folder) }
    runChecked([process.execPath, ...command], { cwd: folder, env })
    writePrograms(folder)
    testAnswer(t, folder, [process.execPath, 'named.mjs'], `${name}: imported`)
    const args = ['-r', 'osh-ifaddrs/register', 'plain.cjs']
    testAnswer(t, folder, [process.execPath, ...args], `${name}: -r`)
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 * @param {string} app where it is installed
 */
function testMatrix(t, tarball, app) {
  writePrograms(app)
  t.test('Node', (t) => testNodes(t, app))
  t.test('esbuild', (t) => testBundler(t, app))
  t.test('Bun and Deno', (t) => testRuntimes(t, app))
  t.test('pnpm and yarn', (t) => testManagers(t, tarball))
  t.end()
}

module.exports = { testMatrix }
