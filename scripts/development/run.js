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
 * Runs a script. If it fails, prints one line: what is wrong, or which program failed after it printed why.
 *
 * @param {() => void} script
 */
function attempt(script) {
  try {
    script()
  } catch (error) {
    const name = path.basename(process.argv[1], '.js')
    console.error(`${name}: ${/** @type {Error} */ (error).message}`)
    process.exitCode = 1
  }
}

module.exports = { attempt, run }
