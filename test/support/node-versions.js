'use strict'

// The Node versions that are supported, each as an executable: installed from npm beside what the tests
// build, once.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { projectRoot } = require('./namespace')

const MAJORS = [20, 22, 24, 26]
const folder = path.join(projectRoot, 'test', 'build', 'nodes')

/** @param {number} major */
const executable = (major) => path.join(folder, 'node_modules', `node-${major}`, 'bin', 'node')

function install() {
  const partial = `${folder}.${process.pid}`
  fs.mkdirSync(partial, { recursive: true })
  // npm would look for a package to install into in the folders above.
  fs.writeFileSync(path.join(partial, 'package.json'), '{ "private": true }\n')
  const wanted = MAJORS.map((major) => `node-${major}@npm:node-linux-${process.arch}@${major}`)
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  const { status, stderr } = spawnSync('npm', ['install', ...options, ...wanted], {
    cwd: partial,
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`npm install ${wanted.join(' ')}: ${stderr}`)
  try {
    // Whole or not there, for tests run side by side.
    fs.renameSync(partial, folder)
  } catch (error) {
    if (!fs.existsSync(folder)) throw error
    fs.rmSync(partial, { recursive: true })
  }
}

/**
 * @returns {{ major: number, execPath: string }[]}
 * @throws {Error} when they are not there and cannot be installed
 */
function nodeVersions() {
  if (!fs.existsSync(folder)) install()
  return MAJORS.map((major) => ({ major, execPath: executable(major) }))
}

module.exports = { nodeVersions }
