'use strict'

// Package managers other than npm install the package, and the installed package answers. npm would publish the
// package without a warning, and neither attw nor publint finds a fault in its types and exports.

const path = require('node:path')
const t = require('tap')
const { checkAnswer, packOrSkip, writePrograms } = require('../support/app')
const {
  cleanEnvironment,
  fetchFromNpm,
  makeFolder,
  run,
  runChecked
} = require('../support/package')

t.setTimeout(1_800_000)

const tarball = packOrSkip(t)

/** @type {Record<string, (home: string) => string[]>} */
const managers = {
  pnpm: () => [fetchFromNpm('pnpm@10', 'bin/pnpm.cjs'), 'add', '--offline', tarball],
  // yarn queries the registry even for a tarball, so it cannot run offline. Root's cache is not in its home; an
  // older tarball of the same version may be in it.
  yarn: (home) => [
    ...[fetchFromNpm('yarn@1', 'bin/yarn.js'), 'add', '--cache-folder', path.join(home, 'yarn')],
    ...['--no-lockfile', `file:${tarball}`]
  ]
}

for (const [name, command] of Object.entries(managers)) {
  t.test(name, async (t) => {
    const folder = makeFolder(t)
    const HOME = path.dirname(folder)
    const env = { ...cleanEnvironment(), HOME }
    runChecked([process.execPath, ...command(HOME)], { cwd: folder, env })
    writePrograms(folder)
    checkAnswer(t, folder, [process.execPath, 'named.mjs'], 'imported')
    const args = ['-r', 'osh-ifaddrs/register', 'plain.cjs']
    checkAnswer(t, folder, [process.execPath, ...args], '-r')
  })
}

t.test('npm publish', async (t) => {
  const command = ['npm', 'publish', '--dry-run', '--ignore-scripts', tarball]
  const { status, stderr, output } = run(command)
  t.equal(status, 0, output)
  const warnings = stderr.split('\n').filter((line) => /^npm (warn|error)/.test(line))
  const ours = warnings.filter((line) => !/user config|to be logged in/.test(line))
  t.same(ours, [], 'no warning about the package')
})

t.test('attw', async (t) => {
  const attw = fetchFromNpm('@arethetypeswrong/cli@0', 'dist/index.js')
  // Node 20, the oldest supported version, resolves `exports`.
  const options = ['--profile', 'node16', '--format', 'ascii']
  const { status, output } = run([process.execPath, attw, tarball, ...options])
  t.equal(status, 0, output)
})

t.test('publint', async (t) => {
  const publint = fetchFromNpm('publint@0', 'src/cli.js')
  const { status, stdout, output } = run([process.execPath, publint, tarball, '--strict'])
  t.equal(status, 0, output)
  t.match(stdout, 'All good!')
})
