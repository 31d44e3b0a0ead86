'use strict'

// Node's permission model, and --no-addons, in each supported version, in a sandbox that refuses netlink: Node then
// loads no addon, and register cannot answer. `osh-ifaddrs doctor` must say which option is the cause; with what
// it advises, or with the preload library, the package must answer.

const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('../..')
const { remedyFor } = require('../support/advice')
const { REPORT_ARGS, parseReport } = require('../support/doctor')
const { nodeVersions } = require('../support/node-versions')
const { DENIED, cleanEnvironment, projectRoot, run } = require('../support/package')
const { skipWithout } = require('../support/requirements')

t.setTimeout(1_800_000)
skipWithout(t)

const REGISTER = ['-r', path.join(projectRoot, 'lib/register.js')]
const PRINT = ['-p', 'Object.keys(require("os").networkInterfaces()).includes("lo")']
// The model's options are experimental in some versions, which warn of that.
const env = { ...cleanEnvironment(), NODE_NO_WARNINGS: '1' }

for (const { major, execPath } of nodeVersions()) {
  const permission = major === 20 ? '--experimental-permission' : '--permission'
  const inNode = (options, ...args) => run([...DENIED, execPath, ...options, ...args], { env })
  const diagnose = (t, options) => parseReport(t, inNode(options, ...REPORT_ARGS))

  /** @type {Record<string, string[]>} */
  const models = {
    'and may read files': [permission, '--allow-fs-read=*'],
    'and may read only the package': [permission, `--allow-fs-read=${projectRoot}/*`]
  }
  for (const [name, options] of Object.entries(models)) {
    t.test(`Node ${major} has --permission, ${name}`, async (t) => {
      t.match(inNode([...options, ...REGISTER], ...PRINT).stderr, 'uv_interface_addresses')
      const before = diagnose(t, options)
      t.match(before, { status: 2, native: { code: 'EPERM' }, addonError: /disabled/ })
      const { change } = remedyFor(t, before, 'Node --permission')
      const advised = [...options, change]
      t.match(diagnose(t, advised), { status: 1, addonError: null })
      t.equal(inNode([...advised, ...REGISTER], ...PRINT).stdout, 'true\n')
    })
  }

  t.test(`Node ${major} has --permission: the preload library answers`, async (t) => {
    const preloaded = { env: { ...env, LD_PRELOAD: preloadPath } }
    const { stdout } = run([...DENIED, execPath, permission, ...PRINT], preloaded)
    t.equal(stdout, 'true\n')
  })

  t.test(`Node ${major} has --no-addons`, async (t) => {
    const before = diagnose(t, ['--no-addons'])
    t.match(before, { status: 2, native: { code: 'EPERM' }, addonError: /disabled/ })
    t.match(remedyFor(t, before, 'Node --no-addons').text, /\bRemove --no-addons\b/)
    t.match(diagnose(t, []), { status: 1, addonError: null })
  })

  t.test(`Node ${major} has --permission and nothing is refused`, async (t) => {
    const open = run([execPath, permission, '--allow-fs-read=*', ...REPORT_ARGS], {
      env
    })
    t.match(parseReport(t, open), { status: 0, native: { works: true } })
  })
}
