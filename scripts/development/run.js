// Runs programs for the scripts in this folder, and ends a script when a program fails.
'use strict'

const { spawnSync } = require('node:child_process')
const path = require('node:path')

/**
 * Runs a program to its end. Throws if it fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
function run(command, args, options) {
  const root = path.join(__dirname, '../..')
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (status === 0) return
  throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
}

/**
 * Runs a script. If it fails, prints one line with the failed program, which has printed the reason.
 *
 * @param {() => void} script
 */
function attempt(script) {
  try {
    script()
  } catch (error) {
    console.error(`setup: ${/** @type {Error} */ (error).message}`)
    process.exitCode = 1
  }
}

module.exports = { attempt, run }
