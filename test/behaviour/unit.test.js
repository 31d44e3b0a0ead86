'use strict'

// Runs the C unit tests and reports their results. OSH_UNITS=sanitized runs those that `make SANITIZE=…` builds.

const t = require('tap')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const folder = path.join(__dirname, '../build', process.env.OSH_UNITS ?? '')
const units = fs.readdirSync(folder).filter((name) => name.endsWith('_test'))
const sources = fs
  .readdirSync(path.join(__dirname, 'unit'))
  .filter((name) => /_test\.c$/.test(name))

t.equal(units.length, sources.length, 'every unit test is built')

for (const unit of units) {
  t.test(unit, async (t) => {
    const { status, signal, stdout, stderr } = spawnSync(path.join(folder, unit), {
      encoding: 'utf8'
    })
    const plan = Number(/^1\.\.(\d+)$/m.exec(stdout)?.[1])
    const results = [...stdout.matchAll(/^(not )?ok \d+ - (.*)$/gm)]
    for (const [, not, name] of results) t.ok(!not, name, { stdout, stderr })
    t.equal(results.length, plan, 'every planned test was run')
    t.strictSame({ status, signal }, { status: 0, signal: null }, stderr)
  })
}
