'use strict'

// Making the published binaries in another folder gives the same bytes.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { makeApp, packOrSkip } = require('../support/app')
const { makeFolder, projectRoot, runChecked } = require('../support/package')
const { TIMEOUT } = require('./duration')

t.setTimeout(TIMEOUT)

const WORK = 'build/prebuild'

const app = makeApp(t, packOrSkip(t))
const folder = makeFolder(t, 'elsewhere')
// Packing has downloaded libmnl.
for (const name of fs.readdirSync(path.join(projectRoot, WORK))) {
  const [from, to] = [projectRoot, folder].map((parent) => path.join(parent, WORK, name))
  if (name.startsWith('libmnl-')) fs.cpSync(from, to, { recursive: true })
}
runChecked([process.execPath, 'scripts/development/prebuild.js', folder], {
  cwd: projectRoot,
  env: { ...process.env, JOBS: 'max' }
})

const read = (/** @type {string} */ parent) =>
  fs.readFileSync(path.join(parent, 'prebuilds/SHA256SUMS'), 'utf8')
t.equal(read(folder), read(path.join(app, 'node_modules/osh-ifaddrs')))
