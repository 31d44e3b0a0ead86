'use strict'

// Bun and Deno load the package, and it answers in them.

const os = require('node:os')
const t = require('tap')
const { checkAnswer, makeApp, packOrSkip } = require('../support/app')
const { run } = require('../support/package')
const { runtime } = require('../support/runtimes')

t.setTimeout(1_800_000)

const app = makeApp(t, packOrSkip(t))

t.test('Bun', async (t) => {
  const bun = runtime('bun')
  const preload = [bun, '--preload', 'osh-ifaddrs/register']
  checkAnswer(t, app, [...preload, 'plain.cjs'], '--preload')
  checkAnswer(t, app, [...preload, 'plain.mjs'], '--preload, named import')
  checkAnswer(t, app, [bun, 'named.mjs'], 'imported')
})

t.test('Deno', async (t) => {
  const deno = [runtime('deno'), 'run', '--no-config', '--node-modules-dir=manual']
  checkAnswer(t, app, [...deno, '-A', 'deno.mjs'], 'npm:')
  // Without permissions the program works as it does alone.
  const { status, stdout } = run([...deno, '--no-prompt', '--allow-sys', 'deno.mjs'], { cwd: app })
  t.equal(status, 0)
  t.same(JSON.parse(stdout), JSON.parse(JSON.stringify(os.networkInterfaces())))
})
