'use strict'

// Bun and Deno load the package, and it answers in them.

const t = require('tap')
const { checkAnswer, makeApp, packOrSkip } = require('../support/app')
const { runtime } = require('../support/runtimes')

t.setTimeout(1_800_000)

const app = makeApp(t, packOrSkip(t))

t.test('Bun', async (t) => {
  const bun = runtime('bun')
  checkAnswer(t, app, [bun, '--preload', 'osh-ifaddrs/register', 'plain.cjs'], '--preload')
  checkAnswer(t, app, [bun, 'named.mjs'], 'imported')
})

t.test('Deno', async (t) => {
  const deno = [runtime('deno'), 'run', '--no-config', '--node-modules-dir=manual', '-A']
  checkAnswer(t, app, [...deno, 'deno.mjs'], 'npm:')
})
