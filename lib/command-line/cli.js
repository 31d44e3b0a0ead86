#!/usr/bin/env node
// The command `osh-ifaddrs`: finds out which command is meant, reads its options and runs it. What the
// commands do is in this folder, a file for each, loaded only when it is asked for.
'use strict'

const { parseArgs } = require('node:util')
const { version } = require('../../package.json')
const { HELP } = require('./help')
const { nearest } = require('./nearest')

/** @typedef {{ json?: boolean, help?: boolean, version?: boolean }} Values */
/** @typedef {NonNullable<import('node:util').ParseArgsConfig['options']>} Options */

// EX_USAGE of sysexits.h: 1 and 2 say what the doctor found.
const USAGE = 64
const UNAVAILABLE = 2
const FAILED = 1

/** @type {Options} */
const JSON_OPTION = { json: { type: 'boolean' } }

/**
 * `raw`: takes its arguments as they are, as some are another command's.
 *
 * @type {Record<string, { options: Options, raw?: boolean, run(values: Values, args: string[]): number | Promise<number> }>}
 */
const COMMANDS = {
  list: { options: JSON_OPTION, run: (values) => require('./list')(values) },
  doctor: { options: JSON_OPTION, run: (values) => require('./doctor')(values) },
  run: { options: {}, raw: true, run: (_, args) => require('./run')(args) },
  'preload-path': { options: {}, run: () => require('./preload-path')() }
}

/** A command line that is not understood. */
class UsageError extends Error {}

/**
 * @param {string} problem
 * @param {string} given
 * @param {string[]} known
 * @param {string} help
 */
function makeUsageError(problem, given, known, help) {
  const near = nearest(given, known)
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  return new UsageError(`${problem} ${given}.${hint}\nTry ${help}.`)
}

/**
 * @param {string} name
 * @param {string[]} args
 * @returns {Values}
 */
function parse(name, args) {
  /** @type {Options} */
  const options = {
    ...COMMANDS[name].options,
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'V' }
  }
  const known = Object.keys(options).map((option) => `--${option}`)
  const help = name === 'list' ? 'osh-ifaddrs --help' : `osh-ifaddrs ${name} --help`
  const { values, tokens } = parseArgs({ args, options, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind === 'positional')
      throw makeUsageError('There is no use for', token.value, [], help)
    if (token.kind !== 'option') continue
    if (!Object.hasOwn(options, token.name))
      throw makeUsageError('There is no option', token.rawName, known, help)
    if (token.value !== undefined)
      throw makeUsageError('No value goes with', token.rawName, [], help)
  }
  return values
}

/**
 * @param {string[]} args
 * @returns {{ name: string, rest: string[] }}
 */
function findCommand(args) {
  const [first, ...rest] = args
  if (first === undefined || first.startsWith('-')) return { name: 'list', rest: args }
  if (Object.hasOwn(COMMANDS, first)) return { name: first, rest }
  throw makeUsageError('There is no command', first, Object.keys(COMMANDS), 'osh-ifaddrs --help')
}

/** @param {string[]} args */
async function answer(args) {
  const { name, rest } = findCommand(args)
  const command = COMMANDS[name]
  const own = command.raw ? rest.slice(0, 1).filter((word) => /^(-h|--help)$/.test(word)) : rest
  const values = parse(name, own)
  if (values.help) {
    process.stdout.write(args[0] === name ? HELP[name] : HELP.main)
    return 0
  }
  if (values.version) {
    process.stdout.write(`${version}\n`)
    return 0
  }
  return command.run(values, rest)
}

async function main() {
  // A reader that has seen enough, such as head(1), is no error.
  process.stdout.on('error', (error) => {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error
  })
  try {
    process.exitCode = await answer(process.argv.slice(2))
  } catch (error) {
    const { message, code } = /** @type {NodeJS.ErrnoException} */ (error)
    const unavailable = code === 'ERR_OSH_IFADDRS_UNAVAILABLE'
    const hint = unavailable ? '\nTry osh-ifaddrs doctor.' : ''
    process.stderr.write(`osh-ifaddrs: ${message}${hint}\n`)
    process.exitCode = error instanceof UsageError ? USAGE : unavailable ? UNAVAILABLE : FAILED
  }
}

main()
