'use strict'

// The folder and the sandbox in which the tests run the snippets of docs/deploy.md.

const fs = require('node:fs')
const path = require('node:path')
const { projectRoot } = require('./namespace')

const OPEN = ['--user', 'keep', '--no-landlock']
const NETLINK = ['--deny-family', 'netlink']

/** The address of d0 in the namespace that `makeNamespace` makes. */
const ADDRESS = '10.0.0.1/24'

/** The snippets that need a program of others, by the test in test/real; test/behaviour/docs.test.js runs the rest. */
const REAL_SNIPPETS = {
  'code-server': ['code-server'],
  codex: ['Codex'],
  docs: ['Bun', 'Deno', 'Deno, run', 'firejail', 'firejail, register', 'tarball'],
  openclaw: ['OpenClaw'],
  openshell: ['OpenShell', 'OpenShell, undo'],
  servers: ['next dev', 'pm2', 'vite --host']
}

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
  // Starts faster than the shims of version managers.
  fs.symlinkSync('/usr/bin/python3', path.join(folder, 'bin/python3'))
  const bin = path.join(folder, 'node_modules/.bin')
  fs.mkdirSync(bin)
  fs.symlinkSync('../osh-ifaddrs/lib/command-line/osh-ifaddrs', path.join(bin, 'osh-ifaddrs'))
  fs.symlinkSync('../node_modules/.bin/osh-ifaddrs', path.join(folder, 'bin/osh-ifaddrs'))
  return folder
}

/**
 * The PATH with the programs in the folder.
 *
 * @param {string} folder
 */
function pathIn(folder) {
  return `${path.join(folder, 'bin')}:${process.env.PATH}`
}

/**
 * @param {import('./namespace').Namespace} ns
 * @param {string} folder
 */
function makeShell(ns, folder) {
  /**
   * Runs a script in a sandbox and returns its output.
   *
   * @param {import('tap').Test} t
   * @param {string} script
   * @param {{ denials?: string[], env?: Record<string, string> }} [options]
   */
  return (t, script, { denials = NETLINK, env = {} } = {}) => {
    const { stdout, stderr } = ns.exec('sh', ['-euc', script], {
      launch: [...OPEN, ...denials],
      cwd: folder,
      env: { PATH: pathIn(folder), npm_config_prefix: undefined, ...env }
    })
    t.equal(stderr, '')
    return stdout.trim()
  }
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

module.exports = { ADDRESS, APP, REAL_SNIPPETS, makeDeployment, makeShell, pathIn, relocate }
