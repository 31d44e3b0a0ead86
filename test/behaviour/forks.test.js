'use strict'

// Forks children while other threads read. A child of a program with the preload library reads too. A child of
// Node runs another program, which must inherit no descriptor.

const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('osh-ifaddrs')
const { CALLER, makeNamespace } = require('../support/sandbox')
const { launcher } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')

skipWithout(t)

const CHILDREN = 50
const MODES = { rtnetlink: [], denied: ['--deny-family', 'netlink'] }

const ns = makeNamespace(t, 'forks')

t.test('of a program with the preload library', async (t) => {
  const build = path.dirname(launcher)
  const countFailures = (preload, launch = []) => {
    const { status, stdout, stderr } = ns.exec(path.join(build, 'lists'), ['forks'], {
      launch,
      env: { LD_PRELOAD: preload }
    })
    t.equal(status, 0, stderr)
    return Number(stdout)
  }
  t.equal(countFailures(preloadPath), 0, 'libc answers')
  t.equal(countFailures(preloadPath, MODES.denied), 0, 'libc fails')
  const refuse = path.join(build, 'refuse.so')
  t.equal(countFailures(`${preloadPath} ${refuse}`), 0, 'a shim makes libc fail')
  t.ok(countFailures(undefined, MODES.denied) > 0, 'control: failures are counted')
})

t.test('of Node: children inherit no descriptor', async (t) => {
  const script = `
    const { once } = require('node:events')
    const { Worker } = require('node:worker_threads')
    const { spawnSync } = require('node:child_process')
    // A line of ls: … 3 -> socket:[12345]
    const inherited = () =>
      spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' }).stdout
        .split('\\n')
        .map((line) => line.split(' ').slice(-3))
        .filter(([fd, arrow]) => arrow === '->' && fd > 2)
        .map(([, , file]) => file.replace(/\\d+/g, 'N'))
    const workers = [1, 2, 3].map(() => new Worker(${JSON.stringify(CALLER)}, { eval: true }))
    Promise.all(workers.map((worker) => once(worker, 'message'))).then(() => {
      const seen = new Set()
      for (let i = 0; i < ${CHILDREN}; i++) inherited().forEach((file) => seen.add(file))
      console.log(JSON.stringify([...seen]))
      process.exit()
    })`
  for (const [mode, denials] of Object.entries(MODES)) {
    const launch = ['--user', 'keep', '--no-landlock', ...denials]
    const { status, stdout, stderr } = ns.node(script, { launch })
    t.equal(status, 0, stderr)
    const seen = JSON.parse(stdout)
    t.ok(seen.includes('/proc/N/fd'), 'control: the list contains its own descriptor')
    const ours = seen.filter((name) => /^socket|\/net\//.test(name))
    t.strictSame(ours, [], mode)
  }
})
