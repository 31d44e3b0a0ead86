'use strict'

// The contenders that are JavaScript functions, in one process of any runtime. Each line on standard input is a
// number of calls. For each line, every function is called that often, and one line with the nanoseconds per call
// is printed, in the order of the arguments.

const fs = require('node:fs')
const os = require('node:os')

const native = os.networkInterfaces

function loadPatched() {
  require('../lib/register')
  return os.networkInterfaces
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function spawner(command, args) {
  const { spawnSync } = require('node:child_process')
  return () => spawnSync(command, args, { stdio: 'ignore' })
}

/** @type {Record<string, () => () => unknown>} */
const contenders = {
  native: () => native,
  ours: () => require('../lib').networkInterfaces,
  interfaces: () => require('../lib').interfaces,
  // What a watcher does at intervals where netlink is refused. Nothing changes.
  poll: () => {
    const { bitsOf } = require('../lib/addon/load')
    return require('../lib/watch/readers').openReader(bitsOf(), () => {}).read
  },
  procfs: () => {
    const { networkInterfaces } = require('../lib')
    return () => networkInterfaces({ sources: ['procfs'] })
  },
  patched: loadPatched,
  'ip -j addr': () => spawner('ip', ['-j', 'addr']),
  'ip -j -d addr': () => spawner('ip', ['-j', '-d', 'addr'])
}

/**
 * @param {() => unknown} call
 * @param {number} times
 */
function sample(call, times) {
  const start = process.hrtime.bigint()
  for (let i = 0; i < times; i++) call()
  return Number(process.hrtime.bigint() - start) / times
}

const calls = process.argv.slice(2).map((name) => contenders[name]())
const buffer = Buffer.alloc(64)
for (;;) {
  const length = fs.readSync(0, buffer)
  if (length === 0) break
  const times = Number(buffer.toString('latin1', 0, length))
  fs.writeSync(1, calls.map((call) => sample(call, times)).join(' ') + '\n')
}
