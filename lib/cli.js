#!/usr/bin/env node
// The command line: what is asked for, and how it ends. What is shown, ./commands know.
'use strict'

const { parseArgs } = require('node:util')
const { printable } = require('./table')

const HELP = `Usage: osh-ifaddrs [--json]

Shows the network interfaces that are up and running, read from whatever the
sandbox leaves open.

  --json         print what networkInterfaces() gives, as JSON
  -h, --help     show this text
  -V, --version  show the version

Exit status: 0; 1 when the interfaces cannot be read; 2 when the command line
is not understood.`

/** A command line that is not understood. */
class UsageError extends Error {}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'V' }
      }
    })
  } catch (error) {
    // Node goes on to explain how to pass arguments that look like options, which are no use here.
    const [message] = /** @type {Error} */ (error).message.split('. ')
    throw new UsageError(message[0].toLowerCase() + message.slice(1))
  }
}

/**
 * @param {string[]} args
 * @returns {string} what to print
 */
function answer(args) {
  const { values, positionals } = parse(args)
  if (values.help) return HELP
  if (values.version) return require('../package.json').version
  if (positionals.length > 0) throw new UsageError(`unknown command '${positionals[0]}'`)
  return require('./commands/list').list(values.json === true)
}

/** @param {unknown} error */
function fail(error) {
  const usage = error instanceof UsageError
  const message = error instanceof Error ? error.message : String(error)
  // Of an addon that cannot be loaded, the first line says why.
  const [reason] = usage ? [message] : message.split('\n')
  process.stderr.write(`osh-ifaddrs: ${printable(reason)}\n`)
  if (usage) process.stderr.write('Try osh-ifaddrs --help.\n')
  process.exitCode = usage ? 2 : 1
}

function main() {
  // A reader that has seen enough, such as head(1), is no error.
  process.stdout.on('error', (error) => {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error
  })
  try {
    process.stdout.write(`${answer(process.argv.slice(2))}\n`)
  } catch (error) {
    fail(error)
  }
}

main()
