// Installs the project's npm packages, unless they are up to date.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { run } = require('./run')

const root = path.join(__dirname, '../..')

/** @param {string} file relative to the root */
function modified(file) {
  return fs.statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function installNpmPackages() {
  if (modified('node_modules/.package-lock.json') >= modified('package-lock.json')) return
  console.error('Installing the development dependencies of package.json, from npm.')
  // Without scripts: setup.js compiles the addon, and other callers do not need it.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
}

module.exports = { installNpmPackages, modified }
