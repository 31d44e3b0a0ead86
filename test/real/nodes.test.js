'use strict'

// Each supported Node loads the package in every way, answers as that Node's native function does, and as the
// other versions do; and reports changes, in workers too.

const path = require('node:path')
const { pathToFileURL } = require('node:url')
const fc = require('fast-check')
const t = require('tap')
const { checkAnswer, copyBinary, makeApp, packOrSkip } = require('../support/app')
const { command } = require('../support/command')
const { Namespace } = require('../support/namespace')
const { nodeVersions } = require('../support/node-versions')
const { DENIED, cleanEnvironment, fetchNode, run, runChecked } = require('../support/package')
const { requirements } = require('../support/requirements')
const { build, settleCarriers } = require('../support/topology')
const { topologies } = require('../support/topology-arbitrary')
const { cases, mixed } = require('../support/topology-cases')
const { Readers } = require('../support/topology-readers')
const { checkFirstChange, checkWorkers } = require('../support/watch/runtimes')

const SAMPLES = 10
const SEED = 4

t.setTimeout(1_800_000)

const app = makeApp(t, packOrSkip(t))
const nodes = nodeVersions()
const preload = { LD_PRELOAD: copyBinary(t, app) }

const register = path.join(app, 'node_modules/osh-ifaddrs/lib/register.js')

/**
 * Arguments and environment of Node for each method of loading the package.
 *
 * @type {Record<string, { args: string[], env?: Record<string, string> }>}
 */
const invocations = {
  CommonJS: { args: ['require.cjs'] },
  'ESM default import': { args: ['default.mjs'] },
  'ESM namespace import': { args: ['namespace.mjs'] },
  'ESM named imports': { args: ['named.mjs'] },
  'register, required': { args: ['register.cjs'] },
  'register, imported': { args: ['register.mjs'] },
  '-r': { args: ['-r', 'osh-ifaddrs/register', 'plain.mjs'] },
  '--import': { args: ['--import', 'osh-ifaddrs/register', 'plain.mjs'] },
  'NODE_OPTIONS -r': { args: ['plain.cjs'], env: { NODE_OPTIONS: `-r "${register}"` } },
  'NODE_OPTIONS --import': {
    args: ['plain.mjs'],
    env: { NODE_OPTIONS: `--import=${pathToFileURL(register)}` }
  },
  workers: { args: ['-r', 'osh-ifaddrs/register', 'worker.cjs'] }
}

for (const { major, execPath } of nodes) {
  t.test(`Node ${major}`, async (t) => {
    t.match(run([execPath, '--version']).stdout, `v${major}.`)
    const control = run([...DENIED, execPath, 'plain.cjs'], { cwd: app })
    t.match(control.stderr, /uv_interface_addresses/, 'control: it throws without the package')
    for (const [name, { args, env }] of Object.entries(invocations)) {
      checkAnswer(t, app, [execPath, ...args], name, env)
    }
    checkAnswer(t, app, [execPath, 'plain.cjs'], 'preload library', preload)
    checkAnswer(t, app, [execPath, 'require.cjs'], 'addon and preload library', preload)
  })

  t.test(`Node ${major}: watch()`, { skip: requirements() ?? false }, async (t) => {
    checkFirstChange(t, app, [execPath])
    await checkWorkers(t, app, [execPath, '--expose-gc'])
  })

  t.test(`Node ${major}: osh-ifaddrs run prints nothing`, async (t) => {
    const program = ['run', execPath, '-p', 'process.versions.node']
    const { status, stdout, stderr } = run([command, ...program], { cwd: app })
    t.match({ status, stderr }, { status: 0, stderr: '' })
    t.equal(stdout.split('.')[0], `${major}`)
  })
}

// NODE_OPTIONS reaches every Node on a machine.
for (const major of [12, 14, 16, 18]) {
  t.test(`Node ${major}, which is not supported: register changes nothing`, async (t) => {
    const node = fetchNode(major, process.arch)
    const script = `
      const os = require('os')
      console.log(os.networkInterfaces.name, Object.getOwnPropertySymbols(os.networkInterfaces).length)`
    const alone = runChecked([node, '-e', script], { cwd: app })
    const env = { ...cleanEnvironment(), NODE_OPTIONS: `-r "${register}"` }
    const { status, stdout, stderr } = run([node, '-e', script], { cwd: app, env })
    t.same({ status, stdout, stderr }, { status: 0, stdout: alone, stderr: '' })
    const patched = run([process.execPath, '-e', script], { cwd: app, env })
    t.match(patched.stdout, / 1\n$/, 'control: a supported Node is patched')
  })
}

// Only root may open /dev/net/tun everywhere.
t.test('parity', { skip: requirements('users') ?? false }, async (t) => {
  const home = Namespace.create('nodes-home')
  const readers = nodes.map(({ major, execPath }) => ({
    major,
    readers: new Readers(home, { only: ['rtnetlink', 'no netlink'], execPath })
  }))
  t.teardown(async () => {
    for (const version of readers) await version.readers.close()
    home.remove()
  })

  const samples = fc.sample(topologies, { numRuns: SAMPLES, seed: SEED })
  const all = {
    ...cases,
    'a mixed network': mixed,
    ...Object.fromEntries(samples.map((sample, i) => [`generated, number ${i}`, sample]))
  }
  for (const [name, topology] of Object.entries(all)) {
    await t.test(name, async (t) => {
      const ns = Namespace.create('nodes')
      t.teardown(() => ns.remove())
      t.teardown(await build(ns, topology, { force: true }))
      await settleCarriers(ns)
      const outside = new Set()
      const inside = new Set()
      for (const { major, readers: reader } of readers) {
        const { rtnetlink, 'no netlink': sandboxed } = await reader.read(ns)
        t.equal(rtnetlink.ours.answer, rtnetlink.native.answer, `Node ${major}`)
        t.equal(sandboxed.ours.error, undefined)
        outside.add(rtnetlink.native.answer)
        inside.add(sandboxed.ours.answer)
      }
      t.equal(outside.size, 1, 'the native functions agree')
      t.equal(inside.size, 1, 'ours agree when netlink is denied')
    })
  }
})
