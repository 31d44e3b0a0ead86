'use strict'

// Changes to a namespace without pause.

const { setImmediate } = require('node:timers/promises')

/**
 * Starts an ip(8) that repeats commands until the namespace is removed.
 *
 * @param {import('../support/namespace').Namespace} ns
 * @param {string[]} commands
 */
function startStorm(ns, commands) {
  // `remove` kills the process that it started, so ip replaces the shell. Without ip, yes(1) ends by SIGPIPE.
  const script = 'exec ip -batch <(yes "$1")'
  return ns.spawnCommand('bash', ['-c', script, 'bash', commands.join('\n')], { stdio: 'ignore' })
}

/**
 * Whether all commands have succeeded until now.
 *
 * @param {import('node:child_process').ChildProcess} storm
 */
async function isRunning(storm) {
  // Node learns of an exit when it polls for events. The first wait can end before the next poll, the second cannot.
  await setImmediate()
  await setImmediate()
  return storm.exitCode === null && storm.signalCode === null
}

module.exports = { isRunning, startStorm }
