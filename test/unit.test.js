'use strict'

// Runs the C unit tests of test/unit, each of whose assertions becomes one here. OSH_UNITS=sanitized
// runs those that `make -C test SANITIZE=address,undefined` builds.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')

const build = path.join(__dirname, 'build', process.env.OSH_UNITS ?? '')

// From the sources, so that a program that was not built is a failure.
const programs = fs
  .readdirSync(path.join(__dirname, 'unit'))
  .filter((name) => name.endsWith('_test.c'))
  .map((name) => path.basename(name, '.c'))

t.ok(programs.length > 0, 'there are unit tests')

t.test('unit tests', async (t) => {
  for (const name of programs) {
    const results = await t.spawn(path.join(build, name), [], {}, name)
    t.equal(results?.ok, true, `${name} passes`)
    t.ok((results?.count ?? 0) > 0, `${name} runs ${results?.count} tests`)
  }
})
