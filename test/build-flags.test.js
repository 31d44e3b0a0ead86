'use strict'

// A warning of the compiler is an error in the project's CI only: in a developer's checkout, or in the CI of
// somebody who installs the package, another compiler may warn about more.

const t = require('tap')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { environment } = require('../scripts/install/headers')

const root = path.join(__dirname, '..')
const nodeGyp = require.resolve('node-gyp/bin/node-gyp.js')

/**
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {boolean} whether node-gyp writes -Werror into the makefiles
 */
function areWarningsErrors(folder, env) {
  const { CI, ...others } = process.env
  const { status, stderr } = spawnSync(process.execPath, [nodeGyp, 'configure', '--silent'], {
    cwd: folder,
    env: { ...others, ...environment(), ...env },
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(stderr)
  return fs
    .readFileSync(path.join(folder, 'build/osh_ifaddrs.target.mk'), 'utf8')
    .includes('-Werror')
}

for (const [name, { git, CI }] of Object.entries({
  "the project's CI": { git: true, CI: 'true' },
  'a checkout': { git: true },
  "a user's CI": { git: false, CI: 'true' },
  'an installed package': { git: false }
})) {
  t.test(name, async (t) => {
    const folder = t.testdir(git ? { '.git': {} } : {})
    for (const file of ['binding.gyp', 'package.json', 'scripts/install', 'src'])
      fs.cpSync(path.join(root, file), path.join(folder, file), { recursive: true })
    const expected = git && CI === 'true'
    t.equal(areWarningsErrors(folder, CI === undefined ? {} : { CI }), expected)
  })
}
