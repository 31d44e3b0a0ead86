'use strict'

// Bun and Deno load the package, and it answers in them as in Node, and reports changes.

const os = require('node:os')
const t = require('tap')
const { checkAnswer, makeApp, packOrSkip } = require('../support/app')
const { DENIED, run } = require('../support/package')
const { requirements } = require('../support/requirements')
const { runtime } = require('../support/runtimes')
const { checkFirstChange, checkWorkers } = require('../support/watch/runtimes')

t.setTimeout(1_800_000)

const app = makeApp(t, packOrSkip(t))

/**
 * Asserts that interfaces() returns in a runtime what it returns in Node, with netlink open and denied.
 *
 * @param {import('tap').Test} t
 * @param {string[]} command
 */
function checkInterfaces(t, command) {
  for (const [mode, prefix] of Object.entries({ open: [], denied: DENIED })) {
    const node = run([...prefix, process.execPath, 'interfaces.mjs'], { cwd: app })
    t.match(node.output, /^\[\{"name":"lo","index":1,/, 'control: Node')
    t.equal(run([...prefix, ...command], { cwd: app }).output, node.output, `netlink ${mode}`)
  }
}

t.test('Bun', async (t) => {
  const bun = runtime('bun')
  const preload = [bun, '--preload', 'osh-ifaddrs/register']
  checkAnswer(t, app, [...preload, 'plain.cjs'], '--preload')
  checkAnswer(t, app, [...preload, 'plain.mjs'], '--preload, named import')
  checkAnswer(t, app, [bun, 'named.mjs'], 'imported')
  checkInterfaces(t, [bun, 'interfaces.mjs'])
})

t.test('Deno', async (t) => {
  const deno = [runtime('deno'), 'run', '--no-config', '--node-modules-dir=manual']
  checkAnswer(t, app, [...deno, '-A', 'deno.mjs'], 'npm:')
  checkInterfaces(t, [...deno, '-A', 'interfaces-deno.mjs'])
  // Without permissions the program works as it does alone.
  const { status, stdout } = run([...deno, '--no-prompt', '--allow-sys', 'deno.mjs'], { cwd: app })
  t.equal(status, 0)
  t.same(JSON.parse(stdout), JSON.parse(JSON.stringify(os.networkInterfaces())))
})

/** @type {Record<string, { command: string[], leaks: boolean }>} */
const RUNTIMES = {
  Bun: { command: [runtime('bun')], leaks: false },
  // Deno 2.9 leaks an epoll descriptor and an eventfd with each terminated worker, whatever that has done.
  Deno: {
    command: [runtime('deno'), 'run', '--no-config', '--node-modules-dir=manual', '-A'],
    leaks: true
  }
}
for (const [name, { command, leaks }] of Object.entries(RUNTIMES)) {
  t.test(`${name}: watch()`, { skip: requirements() ?? false }, async (t) => {
    checkFirstChange(t, app, command)
    await checkWorkers(t, app, command, { leaks })
  })
}
