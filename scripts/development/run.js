// How the scripts beside this one run programs, and end when one of these fails.
'use strict'

const { spawnSync } = require('node:child_process')
const path = require('node:path')

/**
 * Runs a program to its end; throws if it fails.
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
 * Does what a script is for. The failed program has told the rest: one line says which one it was.
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
