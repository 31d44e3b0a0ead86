'use strict'

// Measurements of whole processes: the time that the patch adds to the start, and the peak memory of one call.

const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { summarize } = require('./statistics')

/** @typedef {import('../test/support/namespace').Namespace} Namespace */

const root = path.join(__dirname, '..')
const register = path.join(root, 'lib/register.js')
const empty = path.join(__dirname, 'empty.js')

/** @param {string} module */
function start(module) {
  const begin = process.hrtime.bigint()
  spawnSync(process.execPath, ['-r', module, '-e', '0'])
  return Number(process.hrtime.bigint() - begin)
}

/**
 * Measures with and without the patch in turns, so that other load on the machine affects both.
 *
 * @param {number} pairs
 */
async function measureStartup(pairs) {
  /** @type {number[]} */
  const patched = []
  /** @type {number[]} */
  const plain = []
  for (let i = 0; i < pairs; i++) {
    const order = i % 2 === 0 ? [patched, plain] : [plain, patched]
    for (const samples of order) samples.push(start(samples === patched ? register : empty))
  }
  const differences = patched.map((time, i) => time - plain[i])
  return {
    empty: await summarize(plain),
    register: await summarize(patched),
    added: await summarize(differences),
    addonLoaded: isAddonLoaded()
  }
}

function isAddonLoaded() {
  const program = `
    require('os').networkInterfaces()
    console.log(/osh_ifaddrs/.test(require('fs').readFileSync('/proc/self/maps', 'latin1')))`
  const { stdout } = spawnSync(process.execPath, ['-r', register, '-e', program])
  return String(stdout).trim() !== 'false'
}

/**
 * Measures the peak memory of a process that makes one call, in KiB.
 *
 * @param {Namespace} namespace
 * @param {string} call
 */
function measurePeak(namespace, call) {
  const program = `
    const interfaces = ${call}
    const status = require('fs').readFileSync('/proc/self/status', 'latin1')
    console.log(Object.keys(interfaces).length && status.match(/VmHWM:\\s*(\\d+)/)[1])`
  const { stdout, stderr } = namespace.node(program)
  if (stderr !== '') throw new Error(stderr)
  return Number(stdout)
}

/**
 * @param {Namespace} namespace
 * @param {number} rounds
 */
function measureMemory(namespace, rounds) {
  const calls = {
    native: "require('os').networkInterfaces()",
    ours: `require(${JSON.stringify(root)}).networkInterfaces()`,
    none: '{ none: [] }'
  }
  /** @param {string} call */
  const median = (call) => {
    const peaks = Array.from({ length: rounds }, () => measurePeak(namespace, call))
    return peaks.sort((a, b) => a - b)[rounds >> 1]
  }
  return { native: median(calls.native), ours: median(calls.ours), none: median(calls.none) }
}

module.exports = { measureMemory, measureStartup }
