'use strict'

// Runs node for tests that need no namespace.

const { spawnSync } = require('node:child_process')
const { projectRoot } = require('./namespace')

const TIMEOUT = 60_000

/**
 * Runs node in the project's root until it exits. tap patches child_process to add its own modules to every
 * child's NODE_OPTIONS. They would print, load and patch what tests observe, so env(1) removes them.
 *
 * @param {string[]} args
 * @param {Record<string, string | undefined>} [env] added to the environment; undefined removes a variable
 */
function runNode(args, env = {}) {
  const { NODE_OPTIONS, ...others } = env
  const options =
    NODE_OPTIONS === undefined ? ['-u', 'NODE_OPTIONS'] : [`NODE_OPTIONS=${NODE_OPTIONS}`]
  return spawnSync('/usr/bin/env', [...options, process.execPath, ...args], {
    cwd: projectRoot,
    env: { ...process.env, NODE_V8_COVERAGE: undefined, ...others },
    encoding: 'utf8',
    timeout: TIMEOUT
  })
}

module.exports = { runNode }
