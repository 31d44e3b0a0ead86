'use strict'

// Programs that are installed as one file or archive: Bun's and Node's single executables, and Electron's archives,
// with the configurations of docs/bundlers.md.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { makeApp, packOrSkip } = require('../support/app')
const {
  PRINT,
  PROGRAM,
  SNIPPETS,
  ask,
  build,
  checkWithAddon,
  checkWithoutAddon,
  deploy,
  importWithoutAddon,
  makeProject,
  snippet
} = require('../support/bundlers')
const { DENIED, fetchNode, makeFolder } = require('../support/package')

t.setTimeout(1_800_000)

const app = makeApp(t, packOrSkip(t))

const WITH_ADDON = snippet('import') + PROGRAM + PRINT
const WITHOUT_ADDON = importWithoutAddon() + PROGRAM + PRINT
const COMPILE = snippet('bun build, compiled')
const CONFIGURATION = 'sea-config.json'
const ELECTRON = ['-r', require.resolve('../support/asar')]

/** @type {Record<string, (t: import('tap').Test) => void>} */
const tests = {
  'bun build, compiled': (t) => {
    const project = makeProject(t, app, { 'app.js': WITH_ADDON })
    build(project, COMPILE)
    const folder = deploy(t, project)
    t.strictSame(fs.readdirSync(folder), ['app'])
    checkWithAddon(t, folder, ['./app'])
  },
  'bun build, compiled, without the addon': (t) => {
    const project = makeProject(t, app, { 'app.js': WITHOUT_ADDON })
    build(project, COMPILE)
    checkWithoutAddon(t, deploy(t, project), ['./app'])
  },
  SEA: (t) => {
    const files = { 'app.js': WITH_ADDON, [CONFIGURATION]: snippet(CONFIGURATION) }
    const project = makeProject(t, app, files)
    build(project, snippet('SEA bundle'))
    build(project, snippet('SEA'))
    checkSea(t, project)
  },
  'SEA, in one command': (t) => {
    const configuration = snippet(CONFIGURATION).replace('dist/app.blob', 'dist/app')
    const project = makeProject(t, app, { 'app.js': WITH_ADDON, [CONFIGURATION]: configuration })
    build(project, snippet('SEA bundle'))
    build(project, `${fetchNode(26, process.arch)} --build-sea ${CONFIGURATION}`)
    checkSea(t, project)
  },
  'SEA, without the addon': (t) => {
    const files = { 'app.js': WITHOUT_ADDON, [CONFIGURATION]: snippet(CONFIGURATION) }
    const project = makeProject(t, app, files)
    build(project, snippet('SEA bundle'))
    build(project, snippet('SEA'))
    checkWithoutAddon(t, deploy(t, project), ['./app'])
  },
  'Electron, imitated': (t) => {
    const project = makeProject(t, app, { 'app.js': WITHOUT_ADDON })
    // To CommonJS: the imitation does not reach the loader of ES modules.
    build(project, 'esbuild app.js --bundle --platform=node --packages=external --outfile=main.js')
    checkArchive(t, project, 'main.js')
  },
  'Electron, imitated, with a bundle': (t) => {
    const project = makeProject(t, app, { 'app.js': WITH_ADDON })
    build(project, snippet('esbuild'))
    fs.rmSync(path.join(project, 'node_modules'), { recursive: true })
    checkArchive(t, project, 'dist/app.js')
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string} project
 */
function checkSea(t, project) {
  const folder = deploy(t, project)
  for (const name of fs.readdirSync(folder)) {
    if (name !== 'app' && !name.endsWith('.node')) fs.rmSync(path.join(folder, name))
  }
  checkWithAddon(t, folder, ['./app'])
}

/**
 * Packs a project as electron-builder does, and runs it.
 *
 * @param {import('tap').Test} t
 * @param {string} project
 * @param {string} main
 */
function checkArchive(t, project, main) {
  const { asarUnpack } = JSON.parse(snippet('Electron')).build
  t.strictSame(asarUnpack, ['**/*.node'], 'the pattern that is imitated')
  const resources = makeFolder(t, 'resources')
  const archive = path.join(resources, 'app.asar')
  fs.cpSync(project, archive, { recursive: true })
  for (const name of fs.readdirSync(archive, { encoding: 'utf8', recursive: true })) {
    if (!name.endsWith('.node')) continue
    const unpacked = path.join(resources, 'app.asar.unpacked', name)
    fs.mkdirSync(path.dirname(unpacked), { recursive: true })
    fs.renameSync(path.join(archive, name), unpacked)
  }
  fs.rmSync(project, { recursive: true })
  const program = path.join(archive, main)
  checkWithAddon(t, resources, [process.execPath, ...ELECTRON, program])
  const [{ message }] = /** @type {{ message: string }[]} */ (
    ask(resources, [...DENIED, process.execPath, program])
  )
  t.type(message, 'string', 'control: needs what Electron does')
}

for (const [name, run] of Object.entries(tests)) t.test(name, async (t) => run(t))

t.test('snippets', async (t) => {
  const tested = [...Object.keys(tests), 'SEA bundle', 'Electron']
  t.strictSame(
    SNIPPETS.executables.filter((name) => !tested.includes(name)),
    []
  )
})
