'use strict'

// Bundlers: their default builds, which leave the addon out, and the configurations of docs/bundlers.md, which put
// it in. executables.test.js and next.test.js have the rest of that page.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { checkAnswer, makeApp, packOrSkip } = require('../support/app')
const {
  PAGE,
  PRINT,
  PROGRAM,
  SNIPPETS,
  ask,
  build,
  checkEmbedded,
  checkLost,
  checkWithAddon,
  checkWithoutAddon,
  deploy,
  importWithoutAddon,
  makeProject,
  snippet,
  write
} = require('../support/bundlers')
const { DENIED } = require('../support/package')
const { runtime } = require('../support/runtimes')
const { makeTemporaryFolder } = require('../support/temporary-folder')

t.setTimeout(1_800_000)

const app = makeApp(t, packOrSkip(t))

const NODE = [process.execPath]
const WITH_ADDON = snippet('import') + PROGRAM + PRINT
const WITHOUT_ADDON = importWithoutAddon() + PROGRAM + PRINT

const ROLLUP = 'rollup app.js --plugin node-resolve --plugin commonjs --plugin json --silent'
const INLINED = 'export default { ssr: { noExternal: true } }'

/** @type {Record<string, { script: string, command: string[], files?: Record<string, string> }>} */
const DEFAULT_BUILDS = {
  esbuild: {
    script: 'esbuild app.js --bundle --platform=node --outfile=dist/app.js',
    command: [...NODE, 'app.js']
  },
  'esbuild, ES module': {
    script: snippet('esbuild, ES module').replace('--loader:.node=copy', ''),
    command: [...NODE, 'app.mjs']
  },
  rollup: { script: `${ROLLUP} --file=dist/app.mjs`, command: [...NODE, 'app.mjs'] },
  'rollup, CommonJS': {
    script: `${ROLLUP} --format=cjs --file=dist/app.js`,
    command: [...NODE, 'app.js']
  },
  webpack: {
    script: 'webpack ./app.js --target=node --mode=production --output-filename=app.js',
    command: [...NODE, 'app.js']
  },
  ncc: { script: 'ncc build app.js --out dist', command: [...NODE, 'index.js'] },
  'bun build': {
    script: 'bun build app.js --target=node --outdir=dist',
    command: [...NODE, 'app.js']
  },
  'bun build, for Bun': {
    script: 'bun build app.js --target=bun --outdir=dist',
    command: [runtime('bun'), 'app.js']
  },
  'Vite, all inlined': {
    script: 'vite build --ssr app.js',
    command: [...NODE, 'app.mjs'],
    files: { 'vite.config.mjs': INLINED }
  }
}

/** @type {Record<string, { command: string[], file?: string }>} */
const CONFIGURATIONS = {
  esbuild: { command: [...NODE, 'app.js'] },
  'esbuild, ES module': { command: [...NODE, 'app.mjs'] },
  rollup: { command: [...NODE, 'app.mjs'], file: 'rollup.config.mjs' },
  webpack: { command: [...NODE, 'app.js'], file: 'webpack.config.js' },
  ncc: { command: [...NODE, 'index.js'] },
  'bun build': { command: [...NODE, 'app.js'] }
}

/**
 * Puts a bundle two folders below files that it must not load.
 *
 * @param {import('tap').Test} t
 * @param {string} bundle its folder
 * @param {Record<string, string>} files more in each folder above
 * @returns {string} the bundle's new folder
 */
function surround(t, bundle, files) {
  const top = makeTemporaryFolder(t)
  const place = path.join(top, 'a/b')
  fs.cpSync(bundle, place, { recursive: true })
  const addon = fs.readFileSync(
    path.join(app, `node_modules/osh-ifaddrs/prebuilds/linux-${process.arch}.node`)
  )
  for (const folder of [top, path.join(top, 'a'), place]) {
    const names = ['build/Release/osh_ifaddrs.node', `prebuilds/linux-${process.arch}.node`]
    write(folder, Object.fromEntries(names.map((name) => [name, addon])))
    // Node itself reads the package.json beside the bundle.
    write(folder, folder === place ? { 'package.json': '{}' } : files)
  }
  return place
}

/** In the folders above a bundle. */
const MANIFESTS = {
  none: {},
  'of another package': { 'package.json': '{ "name": "other" }' },
  'without a name': { 'package.json': '{}' },
  'not an object': { 'package.json': 'null' },
  'not JSON': { 'package.json': '{ name: ' },
  'a folder': { 'package.json/file': '' }
}

for (const [name, { script, command, files }] of Object.entries(DEFAULT_BUILDS)) {
  t.test(`${name}, default build`, async (t) => {
    const project = makeProject(t, app, { 'app.js': WITHOUT_ADDON, ...files })
    build(project, script)
    const folder = deploy(t, project)
    checkWithoutAddon(t, folder, command)
    for (const [kind, above] of Object.entries(MANIFESTS)) {
      await t.test(`addons in folders above, package.json: ${kind}`, async (t) =>
        checkLost(t, ask(surround(t, folder, above), [...DENIED, ...command]))
      )
    }
  })
}

t.test('control: these addons could be loaded', async (t) => {
  const project = makeProject(t, app, { 'app.js': WITHOUT_ADDON })
  build(project, DEFAULT_BUILDS.esbuild.script)
  const place = surround(t, deploy(t, project), {
    'package.json': '{ "name": "osh-ifaddrs" }'
  })
  checkEmbedded(t, ask(place, [...DENIED, ...NODE, 'app.js']))
})

for (const [name, { command, file }] of Object.entries(CONFIGURATIONS)) {
  t.test(`${name}, with the addon`, async (t) => {
    const files = file === undefined ? {} : { [file]: snippet(file) }
    const project = makeProject(t, app, { 'app.js': WITH_ADDON, ...files })
    build(project, snippet(name))
    checkWithAddon(t, deploy(t, project), command)
  })
}

t.test('a dependency patches, and the program only embeds the addon', async (t) => {
  const [embedding] = snippet('import').split('\n')
  const project = makeProject(t, app, { 'app.js': `${embedding}\n${PROGRAM}${PRINT}` })
  build(project, snippet('esbuild'))
  checkWithAddon(t, deploy(t, project), [...NODE, 'app.js'])
})

t.test('a bundle whose addons were lost later', async (t) => {
  const project = makeProject(t, app, { 'app.js': WITH_ADDON })
  build(project, snippet('esbuild'))
  const folder = deploy(t, project)
  const addons = fs.readdirSync(folder).filter((name) => name.endsWith('.node'))
  t.equal(addons.length, 3)
  for (const name of addons) fs.rmSync(path.join(folder, name))
  const [{ cause }] = /** @type {{ cause: string }[]} */ (
    ask(folder, [...DENIED, ...NODE, 'app.js'])
  )
  t.match(cause, /addon: Cannot find module '\.\/linux-.*\. See docs\/bundlers\.md in the package/)
})

t.test('Vite', async (t) => {
  const files = {
    configured: { 'vite.config.mjs': snippet('vite.config.mjs') },
    default: { 'vite.config.mjs': "export default { build: { ssr: 'app.js' } }" }
  }
  for (const [name, file] of Object.entries(files)) {
    const project = makeProject(t, app, { 'app.js': WITHOUT_ADDON, ...file })
    build(project, snippet('Vite'))
    const modules = path.join(project, 'node_modules')
    if (name === 'configured') fs.rmSync(path.join(modules, 'advertiser'), { recursive: true })
    fs.renameSync(modules, path.join(project, 'dist/node_modules'))
    await t.test(name, async (t) => checkWithAddon(t, deploy(t, project), [...NODE, 'app.mjs']))
  }
})

t.test('esbuild, with the package outside the bundle', async (t) => {
  for (const [from, format] of [
    ['require.cjs', 'cjs'],
    ['named.mjs', 'esm'],
    ['register.mjs', 'esm'],
    ['register.mjs', 'cjs']
  ]) {
    const to = `bundle-${from}.${format === 'esm' ? 'mjs' : 'cjs'}`
    const options = `--bundle --platform=node --format=${format} --outfile=${to}`
    build(app, `esbuild ${from} ${options} --external:osh-ifaddrs --log-level=warning`)
    checkAnswer(t, app, [process.execPath, to], `${from} as ${format}`)
  }
})

t.test('the page', async (t) => {
  const tested = Object.values(SNIPPETS).flat()
  for (const { kind, line } of PAGE) t.match(kind, /^(test|file)$/, `line ${line} is marked`)
  const named = PAGE.filter(({ kind }) => kind === 'test').map(({ name }) => name)
  t.strictSame(named.sort(), tested.sort(), 'a test runs each snippet')
  t.strictSame([...Object.keys(CONFIGURATIONS), 'import', 'Vite'].sort(), SNIPPETS.bundlers.sort())
})
