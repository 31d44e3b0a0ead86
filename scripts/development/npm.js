// Installs the project's npm packages, where that is not already done.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { run } = require('./run')

const root = path.join(__dirname, '../..')

/** @param {string} file below the root */
function modified(file) {
  return fs.statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function installNpmPackages() {
  if (modified('node_modules/.package-lock.json') >= modified('package-lock.json')) return
  // The addon is compiled by what needs it, and by that alone.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
}

module.exports = { installNpmPackages, modified }
