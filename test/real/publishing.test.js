'use strict'

// npm would publish the package without a warning, and neither attw nor publint finds a fault in its types and
// exports.

const t = require('tap')
const { packOrSkip } = require('../support/app')
const { fetchFromNpm, run } = require('../support/package')

t.setTimeout(1_800_000)

const tarball = packOrSkip(t)

t.test('npm publish', async (t) => {
  // A pre-release needs a tag.
  const options = ['--dry-run', '--ignore-scripts', '--tag=any']
  const command = ['npm', 'publish', ...options, tarball]
  const { status, stderr, output } = run(command)
  t.equal(status, 0, output)
  const warnings = stderr.split('\n').filter((line) => /^npm (warn|error)/.test(line))
  const ours = warnings.filter((line) => !/user config|to be logged in/.test(line))
  t.same(ours, [], 'no warning about the package')
})

t.test('attw', async (t) => {
  const attw = fetchFromNpm('@arethetypeswrong/cli@0', 'dist/index.js')
  // Every resolution, also those that do not read `exports`.
  const options = ['--profile', 'strict', '--format', 'ascii']
  const { status, stdout, output } = run([process.execPath, attw, tarball, ...options])
  t.equal(status, 0, output)
  t.match(stdout, /node10/, 'with node10')
})

t.test('publint', async (t) => {
  const publint = fetchFromNpm('publint@0', 'src/cli.js')
  const { status, stdout, output } = run([process.execPath, publint, tarball, '--strict'])
  t.equal(status, 0, output)
  t.match(stdout, 'All good!')
})
