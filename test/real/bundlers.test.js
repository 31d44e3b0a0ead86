'use strict'

// esbuild: programs that it has bundled for Node load the package, which stays outside the bundle.

const t = require('tap')
const { checkAnswer, makeApp, packOrSkip } = require('../support/app')
const { fetchFromNpm, runChecked } = require('../support/package')

t.setTimeout(1_800_000)

const app = makeApp(t, packOrSkip(t))

t.test('esbuild', async (t) => {
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
    checkAnswer(t, app, [process.execPath, to], `${from} as ${format}`)
  }
})
