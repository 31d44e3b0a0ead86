'use strict'

// The executables of the supported Node versions. The first use installs them from npm below test/build.

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
  // Without a package.json, npm would install into a folder above.
  fs.writeFileSync(path.join(partial, 'package.json'), '{ "private": true }\n')
  const specs = MAJORS.map((major) => `node-${major}@npm:node-linux-${process.arch}@${major}`)
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  const { status, stderr } = spawnSync('npm', ['install', ...options, ...specs], {
    cwd: partial,
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`npm install ${specs.join(' ')}: ${stderr}`)
  try {
    // Tests run in parallel, so the folder must appear complete.
    fs.renameSync(partial, folder)
  } catch (error) {
    if (!fs.existsSync(folder)) throw error
    fs.rmSync(partial, { recursive: true })
  }
}

/**
 * @returns {{ major: number, execPath: string }[]}
 * @throws {Error} if they are not installed and cannot be
 */
function nodeVersions() {
  if (!fs.existsSync(folder)) install()
  return MAJORS.map((major) => ({ major, execPath: executable(major) }))
}

module.exports = { nodeVersions }
