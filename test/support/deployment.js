'use strict'

// The folder in which test/docs.test.js runs the snippets of docs/deploy.md.

const fs = require('node:fs')
const path = require('node:path')
const { projectRoot } = require('./namespace')

/** Prints an address of the test's namespace, or the error's errno. */
const APP = `
  const { networkInterfaces } = require('node:os')
  try {
    console.log(networkInterfaces().d0[0].cidr)
  } catch ({ errno }) {
    console.log('errno ' + errno)
  }
`

/**
 * Makes a folder with app.js and the package as after `npm install`, both locally and globally.
 *
 * @param {import('tap').Test} t
 */
function makeDeployment(t) {
  const link = t.fixture('symlink', projectRoot)
  const folder = t.testdir({
    'app.js': APP,
    node_modules: { 'osh-ifaddrs': link },
    global: { lib: { node_modules: { 'osh-ifaddrs': link } } },
    bin: {
      // Stands in for OpenClaw, whose gateway lists the interfaces first.
      openclaw: '#!/bin/sh\nexec node app.js\n',
      npm: `#!/bin/sh
case "$1" in
  install) ;;
  root) echo "${path.join(t.testdirName, 'global/lib/node_modules')}" ;;
  *) exit 1 ;;
esac
`
    }
  })
  for (const name of fs.readdirSync(path.join(folder, 'bin'))) {
    fs.chmodSync(path.join(folder, 'bin', name), 0o755)
  }
  const bin = path.join(folder, 'node_modules/.bin')
  fs.mkdirSync(bin)
  fs.symlinkSync('../osh-ifaddrs/lib/command-line/cli.js', path.join(bin, 'osh-ifaddrs'))
  return folder
}

/**
 * Replaces the path of global packages in an image by the one in the folder.
 *
 * @param {string} text
 * @param {string} folder
 */
function relocate(text, folder) {
  return text.replaceAll(
    '/usr/local/lib/node_modules',
    path.join(folder, 'global/lib/node_modules')
  )
}

module.exports = { makeDeployment, relocate }
