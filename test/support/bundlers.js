'use strict'

// Builds programs with bundlers, moves what comes out to another folder, and runs it there with netlink open and
// denied. The configurations are the snippets of docs/bundlers.md.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { DENIED, cleanEnvironment, fetchFromNpm, makeFolder, run, runChecked } = require('./package')
const { runtime } = require('./runtimes')
const { readSnippets } = require('./snippets')
const { makeTemporaryFolder } = require('./temporary-folder')

/** The test files, and the snippets that each runs. */
const SNIPPETS = {
  bundlers: [
    'import',
    'esbuild',
    'esbuild, ES module',
    'rollup',
    'webpack',
    'ncc',
    'bun build',
    'Vite'
  ],
  executables: ['bun build, compiled', 'SEA bundle', 'SEA', 'Electron'],
  next: ['Next', 'Next instrumentation']
}

/** With those that they load. */
const TOOLS = [
  'webpack@5',
  'bin/webpack.js',
  'webpack-cli@7',
  'node-loader@2',
  'rollup@4',
  '@rollup/plugin-commonjs@29',
  '@rollup/plugin-json@6',
  '@rollup/plugin-node-resolve@16',
  '@vercel/ncc@0',
  'vite@8',
  'postject@1.0.0-alpha.6'
]

const LOST =
  'cannot load the osh-ifaddrs addon: the bundle does not contain it. See docs/bundlers.md in the package osh-ifaddrs'

// A package that patches, as ciao might.
const ADVERTISER = {
  'package.json': '{ "name": "advertiser", "version": "1.0.0", "main": "index.js" }',
  'index.js': `
    require('osh-ifaddrs/register')
    const os = require('os')
    exports.interfaces = () => os.networkInterfaces()`
}

/** Asks in each way: the patched function, that of a dependency, and ours. */
const PROGRAM = `
  import os from 'node:os'
  import { interfaces } from 'advertiser'
  import { networkInterfaces } from 'osh-ifaddrs'

  const attempt = (read) => {
    try {
      return read()
    } catch ({ message, cause }) {
      return { message, cause: cause?.message }
    }
  }
  const ask = () => [() => os.networkInterfaces(), interfaces, networkInterfaces].map(attempt)
`
const PRINT = 'console.log(JSON.stringify(ask()))\n'

const PAGE = readSnippets('docs/bundlers.md')

/**
 * @param {string} name
 * @returns {string} the text of a snippet
 */
function snippet(name) {
  const found = PAGE.find((each) => each.name === name)
  if (found === undefined) throw new Error(`docs/bundlers.md has no snippet ${name}`)
  return found.text
}

/** @returns {string} the program's first lines without the one that embeds the addon */
function importWithoutAddon() {
  return snippet('import').replace(/^.*osh-ifaddrs\/bundled.*\n/m, '')
}

/**
 * @param {string} folder
 * @param {Record<string, string>} files
 */
function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, text)
  }
}

/** @returns {string} the folder node_modules with the tools */
function fetchTools() {
  const webpack = fetchFromNpm(TOOLS[0], TOOLS[1], ...TOOLS.slice(2))
  return path.resolve(webpack, '../../..')
}

/**
 * Makes a folder with a program that depends on the package, directly and through another one.
 *
 * @param {import('tap').Test} t
 * @param {string} installed an application's folder, in which the package is installed
 * @param {Record<string, string>} files
 * @returns {string}
 */
function makeProject(t, installed, files) {
  const project = makeFolder(t, 'an app')
  const modules = path.join(project, 'node_modules')
  fs.cpSync(path.join(installed, 'node_modules'), modules, { recursive: true })
  write(path.join(modules, 'advertiser'), ADVERTISER)
  write(project, files)
  return project
}

/**
 * Runs commands of docs/bundlers.md.
 *
 * @param {string} project
 * @param {string} script
 * @param {Record<string, string>} [env]
 * @returns {string} what they printed on stdout
 */
function build(project, script, env = {}) {
  const modules = path.join(project, '../node_modules')
  if (!fs.existsSync(modules)) fs.symlinkSync(fetchTools(), modules)
  const esbuild = fetchFromNpm(`@esbuild/linux-${process.arch}@0`, 'bin/esbuild')
  const programs = [process.execPath, esbuild, runtime('bun')].map((file) => path.dirname(file))
  const commands = [path.join(project, 'node_modules'), modules].map((folder) => `${folder}/.bin`)
  const folders = [...programs, ...commands, process.env.PATH]
  const all = { ...cleanEnvironment(), PATH: folders.join(':'), ...env }
  return runChecked(['sh', '-euc', script], { cwd: project, env: all })
}

/**
 * Moves a project's output to another machine, as it were: the project is gone afterwards.
 *
 * @param {import('tap').Test} t
 * @param {string} project
 * @param {string} [output]
 * @returns {string}
 */
function deploy(t, project, output = 'dist') {
  const folder = path.join(makeTemporaryFolder(t), 'deployed')
  fs.renameSync(path.join(project, output), folder)
  fs.rmSync(project, { recursive: true })
  return folder
}

/**
 * @param {string} folder
 * @param {string[]} command
 * @returns {object[]} what the program printed
 */
function ask(folder, command) {
  const { status, stdout, output } = run(command, { cwd: folder })
  if (status !== 0) throw new Error(`${command.join(' ')} failed: ${output}`)
  return JSON.parse(stdout)
}

/**
 * Asserts that the native function answers, although the addon may be missing.
 *
 * @param {import('tap').Test} t
 * @param {object[]} answers
 */
function checkNative(t, answers) {
  const links = Object.keys(os.networkInterfaces())
  const found = answers.slice(0, 2).map((answer) => Object.keys(answer))
  t.strictSame(found, [links, links], 'the native function answers')
}

/**
 * @param {import('tap').Test} t
 * @param {object[]} answers where netlink is denied
 */
function checkLost(t, answers) {
  const [patched, dependency, ours] = /** @type {{ message: string, cause?: string }[]} */ (answers)
  t.equal(patched.cause, LOST, 'the cause names the page')
  t.equal(dependency.cause, LOST, 'and that for a dependency')
  t.equal(ours.message, LOST, 'ours too')
}

/**
 * @param {import('tap').Test} t
 * @param {object[]} answers where netlink is denied
 * @param {string} [message]
 */
function checkEmbedded(t, answers, message = 'the addon answers') {
  const expected = os.networkInterfaces()
  t.strictSame(answers, [expected, expected, expected], message)
}

/**
 * Asserts that a bundle without the addon works where the native function does, and says what it lacks.
 *
 * @param {import('tap').Test} t
 * @param {string} folder
 * @param {string[]} command
 */
function checkWithoutAddon(t, folder, command) {
  checkNative(t, ask(folder, command))
  checkLost(t, ask(folder, [...DENIED, ...command]))
}

/**
 * @param {import('tap').Test} t
 * @param {string} folder
 * @param {string[]} command
 */
function checkWithAddon(t, folder, command) {
  checkNative(t, ask(folder, command))
  checkEmbedded(t, ask(folder, [...DENIED, ...command]))
}

module.exports = {
  PAGE,
  PRINT,
  PROGRAM,
  SNIPPETS,
  ask,
  build,
  checkEmbedded,
  checkLost,
  checkNative,
  checkWithAddon,
  checkWithoutAddon,
  deploy,
  importWithoutAddon,
  makeProject,
  snippet,
  write
}
