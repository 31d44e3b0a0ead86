'use strict'

// An application in which the packed package is installed. Its programs print the network interfaces, and must
// print the same while seccomp denies netlink.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const {
  DENIED,
  bareEnvironment,
  cleanEnvironment,
  makeFolder,
  pack,
  run,
  runChecked
} = require('./package')
const { skipWithout } = require('./requirements')
const { makeTemporaryFolder } = require('./temporary-folder')

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
  'interfaces.mjs': `
    import { interfaces } from 'osh-ifaddrs'
    console.log(JSON.stringify(interfaces()))`,
  'watch.mjs': `
    import { networkInterfaces, watch } from 'osh-ifaddrs'
    const watcher = watch({ interval: 5 }, () => {})
    if (watcher.mode !== 'polling') throw new Error('not denied')
    watcher.on('close', () => console.log(JSON.stringify(networkInterfaces())))
    watcher.close()`,
  'register.cjs': `
    require('osh-ifaddrs/register')
    console.log(JSON.stringify(require('node:os').networkInterfaces()))`,
  'register.mjs': `
    import 'osh-ifaddrs/register'
    import { networkInterfaces } from 'node:os'
    console.log(JSON.stringify(networkInterfaces()))`,
  'dependent.cjs': `
    const { networkInterfaces } = require('depends-on-osh-ifaddrs')
    console.log(JSON.stringify(networkInterfaces()))`,
  // Deno's module.syncBuiltinESMExports is empty: named imports of node:os stay native there.
  'deno.mjs': `
    import 'npm:osh-ifaddrs/register'
    import os from 'node:os'
    console.log(JSON.stringify(os.networkInterfaces()))`,
  'interfaces-deno.mjs': `
    import { interfaces } from 'npm:osh-ifaddrs'
    console.log(JSON.stringify(interfaces()))`,
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

/** @param {string} folder */
function writePrograms(folder) {
  for (const [name, text] of Object.entries(PROGRAMS)) {
    fs.writeFileSync(path.join(folder, name), text)
  }
}

/** What pack() needs. */
const COMPILERS = ['x86_64-linux-gnu-gcc', 'aarch64-linux-gnu-gcc', 'arm-linux-gnueabihf-gcc']

/**
 * Packs the package, or ends a test file that cannot.
 *
 * @param {import('tap').Test} t
 * @returns {string} the tarball
 */
function packOrSkip(t) {
  skipWithout(t, ...COMPILERS)
  return pack()
}

/**
 * Installs the package on a bare machine, and adds the programs.
 *
 * @param {import('tap').Test} t
 * @param {string} tarball
 * @returns {string} the application's folder
 */
function makeApp(t, tarball) {
  const app = makeFolder(t, 'an app')
  runChecked(['npm', 'install', tarball], { cwd: app, env: bareEnvironment(t) })
  writePrograms(app)
  return app
}

/**
 * Copies a published binary to a path that LD_PRELOAD can name, which the application's cannot: it has a blank.
 *
 * @param {import('tap').Test} t
 * @param {string} app
 * @param {string} [arch]
 * @param {string} [parent] where the folder with the copy is made
 */
function copyBinary(t, app, arch = process.arch, parent) {
  const name = `linux-${arch}.node`
  const copy = path.join(makeTemporaryFolder(t, parent), name)
  fs.copyFileSync(path.join(app, 'node_modules/osh-ifaddrs/prebuilds', name), copy)
  return copy
}

/**
 * Asserts that a command prints the network interfaces, although netlink is denied.
 *
 * @param {import('tap').Test} t
 * @param {string} folder
 * @param {string[]} command
 * @param {string} message
 * @param {Record<string, string>} [env]
 */
function checkAnswer(t, folder, command, message, env = {}) {
  const { output } = run([...DENIED, ...command], {
    cwd: folder,
    env: { ...cleanEnvironment(), ...env }
  })
  t.equal(output.trim(), JSON.stringify(os.networkInterfaces()), message)
}

module.exports = { COMPILERS, checkAnswer, copyBinary, makeApp, packOrSkip, writePrograms }
