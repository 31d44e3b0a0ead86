// The commands that make this package answer, as they can be typed in the current directory. What they name exists.
'use strict'

const fs = require('node:fs')
const { createRequire } = require('node:module')
const path = require('node:path')
const locate = require('../addon/locate')
const { attempt } = require('./attempt')

const REGISTER = 'osh-ifaddrs/register'
const COMMAND = 'osh-ifaddrs'

/** @returns {string} what to put after `node -r`: the name, if it leads here from the current directory */
function registerPath() {
  const file = require.resolve('../register')
  // Not by the option `paths` of require.resolve(): it finds this package from any directory.
  const found = attempt(() => createRequire(`${process.cwd()}/`).resolve(REGISTER))
  return found === file ? REGISTER : file
}

/**
 * @param {string} folder
 * @returns {boolean} whether the command there is this package's
 */
function hasCommand(folder) {
  const own = attempt(() => fs.realpathSync(path.join(__dirname, '../command-line', COMMAND)))
  const found = attempt(() => fs.realpathSync(path.join(folder, COMMAND)))
  return own !== null && found === own
}

const BIN = 'node_modules/.bin'

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string} the command `osh-ifaddrs`
 */
function commandWord({ PATH = '' }) {
  // npx adds such folders to PATH, which the user's shell does not search.
  const searched = PATH.split(':').filter((folder) => !/node_modules\/\.bin\/?$/.test(folder))
  const first = searched.find((folder) => attempt(() => fs.statSync(path.join(folder, COMMAND))))
  if (first !== undefined && hasCommand(first)) return COMMAND
  return hasCommand(BIN) ? `${BIN}/${COMMAND}` : locate.shellCommand()
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | null} the command that runs a program with the preload library, if that exists
 */
function runCommand(env) {
  const { preloadPath } = locate
  // ld.so(8) separates names at both.
  if (preloadPath === null || /[\s:]/.test(preloadPath)) return null
  return `${commandWord(env)} run -- program`
}

/** In Yarn's Plug'n'Play, only `yarn node` finds packages. */
const NODE = process.versions.pnp === undefined ? 'node' : 'yarn node'

/** @returns {string} the command that starts Node with register */
function registerCommand() {
  return `${NODE} -r ${locate.quote(registerPath())} app.js`
}

/**
 * @param {string[]} [options] in addition to those that Node has here
 * @returns {string}
 */
function nodeCommand(options = []) {
  const { execArgv } = process
  const added = options.filter((option) => !execArgv.includes(option))
  return [NODE, ...[...execArgv, ...added].map(locate.quote), 'app.js'].join(' ')
}

/**
 * @param {boolean} mayRead whether Node may read this package's files
 * @returns {string} the command that lets Node load the addon under --permission
 */
function permittedCommand(mayRead) {
  const right = mayRead ? [] : [`--allow-fs-read=${path.join(__dirname, '../..')}`]
  return nodeCommand(['--allow-addons', ...right, `--require=${registerPath()}`])
}

/** @param {string} preloadPath */
function preloadCommand(preloadPath) {
  return `LD_PRELOAD=${locate.quote(preloadPath)} ${nodeCommand()}`
}

module.exports = { permittedCommand, preloadCommand, registerCommand, runCommand }
