'use strict'

// A warning of the compiler is an error in the project's CI only: in a developer's checkout, or in the CI of
// somebody who installs the package, another compiler may warn about more.

const t = require('tap')
const { execFile } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { promisify } = require('node:util')
const { environment } = require('../../scripts/install/headers')
const { cleanEnvironment } = require('../support/package')

const root = path.join(__dirname, '../..')
const nodeGyp = require.resolve('node-gyp/bin/node-gyp.js')

/**
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<boolean>} whether node-gyp writes -Werror into the makefiles
 */
async function areWarningsErrors(folder, env) {
  const { CI, ...others } = cleanEnvironment()
  // env(1) removes the options that tap adds: node-gyp starts Node five times.
  const command = ['-u', 'NODE_OPTIONS', process.execPath, nodeGyp, 'configure', '--silent']
  await promisify(execFile)('/usr/bin/env', command, {
    cwd: folder,
    env: { ...others, ...environment(), ...env }
  })
  return fs
    .readFileSync(path.join(folder, 'build/osh_ifaddrs.target.mk'), 'utf8')
    .includes('-Werror')
}

// Each takes seconds, so they run at the same time.
t.jobs = 4

for (const [name, { git, CI }] of Object.entries({
  "the project's CI": { git: true, CI: 'true' },
  'a checkout': { git: true },
  "a user's CI": { git: false, CI: 'true' },
  'an installed package': { git: false }
})) {
  t.test(name, { buffered: true }, async (t) => {
    const folder = t.testdir(git ? { '.git': {} } : {})
    for (const file of ['binding.gyp', 'package.json', 'scripts/install', 'src'])
      fs.cpSync(path.join(root, file), path.join(folder, file), { recursive: true })
    const expected = git && CI === 'true'
    t.equal(await areWarningsErrors(folder, CI === undefined ? {} : { CI }), expected)
  })
}
