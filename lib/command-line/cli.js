// The command `osh-ifaddrs` in Node: parses the command line and runs the command. Each command is a file of this
// folder, loaded only when it is used. `run` and `build` are shell scripts.
'use strict'

const { parseArgs } = require('node:util')
const { shellCommand } = require('../addon/locate')
const { HELP } = require('./help')
const { nearest } = require('./nearest')
const { print, printError } = require('./output')

/** @typedef {{ json?: boolean, help?: boolean, version?: boolean }} Values */
/** @typedef {NonNullable<import('node:util').ParseArgsConfig['options']>} Options */

// EX_USAGE of sysexits.h: 1 and 2 are results of the doctor.
const USAGE = 64
const UNAVAILABLE = 2
const FAILED = 1

/** @type {Options} */
const JSON_OPTION = { json: { type: 'boolean' } }

/**
 * `raw`: the arguments belong to another command and are not parsed.
 *
 * @type {Record<string, { options: Options, raw?: boolean, run(values: Values, args: string[]): number | Promise<number> }>}
 */
const COMMANDS = {
  list: { options: JSON_OPTION, run: (values) => require('./list')(values) },
  watch: { options: JSON_OPTION, run: (values) => require('./watch')(values) },
  doctor: { options: JSON_OPTION, run: (values) => require('./doctor')(values) },
  run: { options: {}, raw: true, run: (_, args) => refuse(125, 'run', ...args) },
  build: { options: {}, run: () => refuse(FAILED, 'build') },
  'preload-path': { options: {}, run: () => require('./preload-path')() },
  'register-path': { options: {}, run: () => require('./register-path')() },
  help: { options: {}, raw: true, run: (_, args) => showHelp(args) }
}

/**
 * Called only if a runtime loads the command as JavaScript; see ./osh-ifaddrs.
 *
 * @param {number} exitStatus
 * @param {string[]} args
 * @returns {never}
 */
function refuse(exitStatus, ...args) {
  const message = `${args[0]} needs a shell, but the command was loaded as JavaScript. Run: ${shellCommand(...args)}`
  throw Object.assign(new Error(message), { exitStatus })
}

/**
 * @param {string} problem
 * @param {string} given
 * @param {string[]} known
 * @param {string} help
 */
function usageError(problem, given, known, help) {
  const near = nearest(given, known)
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  const message = `${problem}: ${given}.${hint}\nRun: ${help}`
  return Object.assign(new Error(message), { exitStatus: USAGE })
}

/**
 * @param {string[]} args of the command `help`
 * @returns {number} exit status
 */
function showHelp([name = 'main', ...others]) {
  if (!Object.hasOwn(HELP, name))
    throw usageError('Unknown command', name, Object.keys(COMMANDS), 'osh-ifaddrs --help')
  if (others.length > 0)
    throw usageError('Unexpected argument', others[0], [], 'osh-ifaddrs help --help')
  print(HELP[name])
  return 0
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
    if (token.kind === 'positional') throw usageError('Unexpected argument', token.value, [], help)
    if (token.kind !== 'option') continue
    if (!Object.hasOwn(options, token.name))
      throw usageError('Unknown option', token.rawName, known, help)
    if (token.value !== undefined)
      throw usageError('This option takes no value', token.rawName, [], help)
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
  throw usageError('Unknown command', first, Object.keys(COMMANDS), 'osh-ifaddrs --help')
}

/**
 * @param {string[]} args
 * @returns {Promise<number>} exit status
 */
async function execute(args) {
  const { name, rest } = findCommand(args)
  const command = COMMANDS[name]
  const own = command.raw ? rest.slice(0, 1).filter((arg) => /^(-h|--help)$/.test(arg)) : rest
  const values = parse(name, own)
  if (!values.help && !values.version) return command.run(values, rest)
  const help = args[0] === name ? HELP[name] : HELP.main
  print(values.help ? help : `${require('../../package.json').version}\n`)
  return 0
}

/** @param {Error & { code?: string, exitStatus?: number }} error */
function exitStatusOf({ code, exitStatus = FAILED }) {
  if (code === 'ERR_OSH_IFADDRS_SOURCES') return USAGE
  return code === 'ERR_OSH_IFADDRS_UNAVAILABLE' ? UNAVAILABLE : exitStatus
}

async function main() {
  try {
    process.exitCode = await execute(process.argv.slice(2))
  } catch (error) {
    printError(`osh-ifaddrs: ${/** @type {Error} */ (error).message}\n`)
    process.exitCode = exitStatusOf(/** @type {Error} */ (error))
  }
}

main()
