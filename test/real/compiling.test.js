'use strict'

// Where no binary is published, the first use prints a command, which works as it is, whichever package manager
// installed the package, and although the folder's name has a blank.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { checkAnswer, packOrSkip, writePrograms } = require('../support/app')
const { packWithoutPrebuilds, run, runChecked } = require('../support/package')
const {
  installNode,
  installNodeAlone,
  makeProject,
  packageManager
} = require('../support/package-managers')
const { publishOriginal } = require('../support/publish')
const { startRegistry } = require('../support/registry')
const { skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')

t.setTimeout(1_800_000)

const TOOLS = ['make', 'cc', 'c++', 'python3', 'pkg-config']
// Every shell has these beside it.
const BASIC = ['cp', 'dirname', 'mkdir', 'rm', 'uname']
skipWithout(t, ...TOOLS)
const tarball = packOrSkip(t)

const PRINT_ERROR = `
  try { require('osh-ifaddrs').networkInterfaces() } catch (error) { console.log(error.message) }`
const REASON = `none is published for linux-${process.arch}, and none is compiled`

/**
 * Installs the copy without binaries.
 *
 * @param {import('tap').Test} t
 * @param {string} registry its address
 * @param {string} bin the folder with Node
 * @param {string} name of the package manager
 * @param {string} verb
 * @returns {{ folder: string, env: Record<string, string>, command: string }} `command`: what the error says
 */
function install(t, registry, bin, name, verb) {
  const { folder, env } = makeProject(t, registry, bin, 'an app')
  const options = { cwd: folder, env }
  runChecked([...packageManager(name, bin), verb, 'osh-ifaddrs'], options)
  const message = runChecked([path.join(bin, 'node'), '-e', PRINT_ERROR], options).trim()
  const start = `cannot load the osh-ifaddrs addon: ${REASON}. To compile it, run: `
  t.equal(message.slice(0, start.length), start)
  return { folder, env, command: message.slice(start.length) }
}

/**
 * @param {import('tap').Test} t
 * @param {ReturnType<typeof install>} installed
 * @param {string} bin the folder with Node
 */
function checkCommand(t, { folder, env, command }, bin) {
  const PATH = [env.PATH, '/usr/bin', '/bin'].join(':')
  const { status, output } = run(['sh', '-c', command], { cwd: folder, env: { ...env, PATH } })
  t.equal(status, 0, output)
  t.match(output, /\/build\/Release\/osh_ifaddrs\.node$/m, command)
  writePrograms(folder)
  checkAnswer(t, folder, [path.join(bin, 'node'), 'named.mjs'], 'answers')
}

/**
 * Adds a folder to PATH.
 *
 * @param {import('tap').Test} t
 * @param {Record<string, string>} env
 */
function makeTools(t, env) {
  const folder = makeTemporaryFolder(t)
  env.PATH += `:${folder}`
  return folder
}

t.test('without a published binary', async (t) => {
  const registry = await startRegistry(t)
  publishOriginal(t, registry, packWithoutPrebuilds(t, tarball))

  t.test('npm 12', async (t) => {
    const bin = installNode(t)
    checkCommand(t, install(t, registry, bin, 'npm 12', 'install'), bin)
  })

  t.test('pnpm 12, npm not next to Node', async (t) => {
    const bin = installNodeAlone(t)
    const installed = install(t, registry, bin, 'pnpm 12', 'add')
    const npm = path.join(installNode(t), 'npm')
    fs.symlinkSync(npm, path.join(makeTools(t, installed.env), 'npm'))
    checkCommand(t, installed, bin)
  })

  t.test('pnpm 12, no npm', async (t) => {
    const bin = installNodeAlone(t)
    const { folder, env, command } = install(t, registry, bin, 'pnpm 12', 'add')
    const tools = makeTools(t, env)
    for (const name of [...TOOLS, ...BASIC])
      fs.symlinkSync(path.join('/usr/bin', name), path.join(tools, name))
    const { status, stderr } = run(['sh', '-c', command], { cwd: folder, env })
    t.equal(status, 1)
    t.match(
      stderr,
      /^osh-ifaddrs: cannot find node-gyp\. Install npm, .* pnpm add --global node-gyp$/m
    )
  })
})
