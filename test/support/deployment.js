'use strict'

// What docs/deploy.md's snippets become when they are run: a folder as its reader has it, and a command in a
// cage that refuses netlink.

const fs = require('node:fs')
const path = require('node:path')
const { projectRoot } = require('./namespace')

/** Prints an address that the tests' namespace has, or the error's number. */
const APP = `
  const { networkInterfaces } = require('node:os')
  try {
    console.log(networkInterfaces().d0[0].cidr)
  } catch ({ errno }) {
    console.log('errno ' + errno)
  }
`

/**
 * A folder with app.js and the package in it, which is in the global folder too: `npm install` has been.
 *
 * @param {import('tap').Test} t
 */
function makeFolder(t) {
  const link = t.fixture('symlink', projectRoot)
  const folder = t.testdir({
    'app.js': APP,
    node_modules: { 'osh-ifaddrs': link },
    global: { lib: { node_modules: { 'osh-ifaddrs': link } } },
    bin: {
      // In place of OpenClaw: what its gateway does first.
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
 * A global package is elsewhere here than in an image.
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

module.exports = { makeFolder, relocate }
