'use strict'

// Package managers, each with an empty home and cache, on a machine that has nothing but Node, npm and a shell.

const fs = require('node:fs')
const path = require('node:path')
const { fetchFromNpm, fetchNode, makeFolder } = require('./package')
const { runtime } = require('./runtimes')
const { makeTemporaryFolder } = require('./temporary-folder')

// npm 12 does not run with Node 20.
const NODE = 24

/**
 * Makes a folder with Node as in the archives of nodejs.org, but without npm.
 *
 * @param {import('tap').Test} t
 * @returns {string} its bin folder
 */
function installNodeAlone(t) {
  const prefix = makeTemporaryFolder(t)
  const bin = path.join(prefix, 'bin')
  const node = fetchNode(NODE, process.arch)
  fs.mkdirSync(bin)
  // A link would lead to the project's own modules.
  fs.copyFileSync(node, path.join(bin, 'node'))
  fs.symlinkSync(path.resolve(node, '../../include'), path.join(prefix, 'include'))
  return bin
}

/**
 * Makes a folder with Node and npm as in the archives of nodejs.org.
 *
 * @param {import('tap').Test} t
 * @returns {string} its bin folder
 */
function installNode(t) {
  const bin = installNodeAlone(t)
  const modules = path.join(bin, '../lib/node_modules')
  fs.mkdirSync(modules, { recursive: true })
  fs.symlinkSync(path.resolve(npm(12), '../..'), path.join(modules, 'npm'))
  fs.symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', path.join(bin, 'npm'))
  return bin
}

/** @param {number} major */
function npm(major) {
  return fetchFromNpm(`npm@${major}`, 'bin/npm-cli.js')
}

/**
 * The commands, by what they are called below. Those that end in .js or .cjs run in Node.
 *
 * @type {Record<string, () => string>}
 */
const FILES = {
  'npm 9': () => npm(9),
  'npm 10': () => npm(10),
  'npm 11': () => npm(11),
  'npm 12': () => npm(12),
  'pnpm 10': () => fetchFromNpm('pnpm@10', 'bin/pnpm.cjs'),
  'pnpm 12': () => fetchFromNpm(`@pnpm/exe.linux-${process.arch}@12`, 'pnpm'),
  'yarn 1': () => fetchFromNpm('yarn@1', 'bin/yarn.js'),
  'yarn 4': () => fetchFromNpm('@yarnpkg/cli-dist@4', 'bin/yarn.js'),
  Bun: () => runtime('bun'),
  Deno: () => runtime('deno')
}

/**
 * @param {string} name a key of FILES
 * @param {string} bin the folder with Node
 * @returns {string[]} the command
 */
function packageManager(name, bin) {
  const file = FILES[name]()
  return /\.c?js$/.test(file) ? [path.join(bin, 'node'), file] : [file]
}

/**
 * Makes an empty application in an empty home.
 *
 * @param {import('tap').Test} t
 * @param {string} registry its address
 * @param {string} bin the folder with Node
 * @param {string} [name] of the folder
 */
function makeProject(t, registry, bin, name) {
  const folder = makeFolder(t, name)
  const home = path.dirname(folder)
  const tools = path.join(home, 'tools')
  const pnpmHome = path.join(home, 'pnpm')
  fs.mkdirSync(tools)
  fs.symlinkSync('/bin/sh', path.join(tools, 'sh'))
  fs.writeFileSync(path.join(home, '.npmrc'), `registry=${registry}\n`)
  const env = {
    HOME: home,
    // pnpm 12 leaves locks there, and npm a cache.
    TMPDIR: home,
    // pnpm installs nothing globally unless its folder is in PATH.
    PATH: [path.join(pnpmHome, 'bin'), bin, tools].join(':'),
    PNPM_HOME: pnpmHome,
    // yarn 4 does not read .npmrc.
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    YARN_ENABLE_TELEMETRY: 'false',
    NO_COLOR: '1'
  }
  return { folder, env, pnpmBin: path.join(pnpmHome, 'bin') }
}

module.exports = { installNode, installNodeAlone, makeProject, packageManager }
