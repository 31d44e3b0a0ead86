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

/**
 * Runs a script, and asserts that it succeeds with nothing on stderr.
 *
 * @param {import('tap').Test} t
 * @param {string} script
 * @param {{ args?: string[], env?: Record<string, string | undefined> }} [options]
 * @returns {any} the JSON that it prints
 */
function evaluate(t, script, { args = [], env = {} } = {}) {
  const { status, stdout, stderr } = runNode([...args, '-e', script], env)
  t.equal(status, 0, stderr)
  t.equal(stderr, '', 'silent')
  return JSON.parse(stdout)
}

module.exports = { evaluate, runNode }
