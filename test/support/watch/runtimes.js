'use strict'

// watch() in other versions of Node, and in other runtimes.

const fs = require('node:fs')
const path = require('node:path')
const { isRunning, startStorm } = require('../../soak/storm')
const { Namespace, vethPair } = require('../namespace')
const { cleanEnvironment } = require('../package')

const WORKERS = 200
const TIMEOUT = 600_000
const CHANGES = [
  'link set d0 mtu 1400',
  'addr add 10.1.0.1/24 dev d0',
  'addr del 10.1.0.1/24 dev d0'
]

/**
 * Copies a program of this folder to where a runtime finds the package.
 *
 * @param {string} name
 * @param {string} app
 */
function copyProgram(name, app) {
  const program = `${name}.cjs`
  fs.copyFileSync(path.join(__dirname, `${name}.js`), path.join(app, program))
  return program
}

/**
 * Asserts that a change is reported in each mode, and that a watcher without a reference lets the process exit.
 *
 * @param {import('tap').Test} t
 * @param {string} app where the package is installed
 * @param {string[]} runtime the command that runs a program
 */
function checkFirstChange(t, app, [command, ...args]) {
  const program = copyProgram('first-change', app)
  for (const [mode, sources] of Object.entries({ netlink: [], polling: ['ioctl,procfs'] })) {
    const ns = Namespace.create('watch-runtime')
    t.teardown(() => ns.remove())
    const { status, stdout, stderr } = ns.exec(command, [...args, program, ...sources], {
      cwd: app,
      env: cleanEnvironment()
    })
    t.equal(status, 0, stderr)
    t.strictSame(JSON.parse(stdout || '{}'), { mode, names: ['watched'], known: true }, mode)
  }
}

/**
 * Asserts that nothing of the package is left of workers that were terminated at random.
 *
 * @param {import('tap').Test} t
 * @param {string} app where the package is installed
 * @param {string[]} runtime the command that runs a program
 * @param {{ leaks?: boolean }} [options] whether the runtime itself leaks descriptors
 */
async function checkWorkers(t, app, [command, ...args], { leaks = false } = {}) {
  const program = copyProgram('workers', app)
  const ns = Namespace.create('watch-workers')
  t.teardown(() => ns.remove())
  vethPair(ns, ns, { left: 'd0', right: 'd1' })
  const storm = startStorm(ns, CHANGES)
  const { status, signal, stdout, stderr } = ns.exec(command, [...args, program, `${WORKERS}`], {
    cwd: app,
    env: cleanEnvironment(),
    timeout: TIMEOUT
  })
  t.ok(await isRunning(storm), 'control: the network changed all the time')
  t.strictSame({ status, signal }, { status: 0, signal: null }, stderr)
  const { changes, errors, threads, sockets, descriptors } = JSON.parse(stdout || '{}')
  t.ok(changes?.netlink > 0 && changes.polling > 0, 'control: changes are reported in both modes')
  t.strictSame({ errors, threads }, { errors: [], threads: 0 })
  // Deno may close sockets of its own meanwhile.
  t.ok(sockets <= 0, `no socket is left: ${sockets}`)
  if (leaks) t.ok(descriptors > 0, 'control: the runtime leaks descriptors of its own')
  else t.equal(descriptors, 0, 'no descriptor is left')
}

module.exports = { checkFirstChange, checkWorkers }
