'use strict'

// node for tests that need no namespace.

const { spawnSync } = require('node:child_process')
const { projectRoot } = require('./namespace')

const TIMEOUT = 60_000

/**
 * Runs node in the project's root to its end. tap has child_process add its own modules to every child's
 * NODE_OPTIONS, which would talk, load and patch where a test watches just that; env(1) takes them out
 * again.
 *
 * @param {string[]} args
 * @param {Record<string, string | undefined>} [env] added to the environment; undefined removes
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
