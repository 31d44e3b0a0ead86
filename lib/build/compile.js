// Compiles the binary with node-gyp, in a folder of its own: the package's root has no binding.gyp when it is
// installed, which package managers would take for an install script.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { headersEnvironment } = require('./headers')

const root = path.join(__dirname, '../..')

const ADVICE = 'Install npm, which includes it, or run: pnpm add --global node-gyp'

/** @returns {string[]} where npm may be: next to Node, or elsewhere in PATH, as not every Node comes with it */
function findNpm() {
  const links = (process.env.PATH ?? '').split(':').map((folder) => path.join(folder, 'npm'))
  const found = links.filter((link) => fs.existsSync(link)).map((link) => fs.realpathSync(link))
  return [path.resolve(process.execPath, '../../lib/node_modules/npm'), ...found.map(path.dirname)]
}

/** @returns {string[]} the command for node-gyp, which npm includes */
function findNodeGyp() {
  const paths = [root, ...findNpm()]
  try {
    return [process.execPath, require.resolve('node-gyp/bin/node-gyp.js', { paths })]
  } catch {
    return ['node-gyp']
  }
}

/** @param {string} folder */
function copySources(folder) {
  fs.rmSync(folder, { recursive: true, force: true })
  // `npm pack` puts it where no package manager looks.
  const recipes = ['binding.gyp', 'prebuilds/binding.gyp'].map((name) => path.join(root, name))
  const recipe = recipes.find((file) => fs.existsSync(file)) ?? recipes[0]
  fs.cpSync(path.join(root, 'src'), path.join(folder, 'src'), { recursive: true })
  fs.copyFileSync(recipe, path.join(folder, 'binding.gyp'))
}

/**
 * @param {string} folder where to compile; emptied first
 * @param {string[]} [options] for node-gyp
 * @param {NodeJS.ProcessEnv} [environment] variables to add
 * @returns {string} the binary
 * @throws {Error} what node-gyp printed
 */
function compile(folder, options = [], environment = {}) {
  copySources(folder)
  const [command, ...args] = findNodeGyp()
  const { status, error, stdout, stderr } = spawnSync(command, [...args, 'rebuild', ...options], {
    cwd: folder,
    env: { ...process.env, ...headersEnvironment(), ...environment },
    encoding: 'utf8',
    maxBuffer: Infinity
  })
  if (error) throw new Error(`cannot run node-gyp: ${error.message}. ${ADVICE}`)
  if (status !== 0) throw new Error(`node-gyp failed:\n${stdout}${stderr}`)
  return path.join(folder, 'build/Release/osh_ifaddrs.node')
}

module.exports = { compile }
