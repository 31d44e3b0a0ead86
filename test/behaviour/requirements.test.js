'use strict'

// Tests of test/support/requirements.js: what the machine lacks is named, and fails tests in CI.

const t = require('tap')
const { Namespace } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')

skipWithout(t)

const ns = Namespace.create('requirements')
t.teardown(() => ns.remove())

const OPEN = ['--user', 'keep', '--no-landlock']

/** How to lack what tests need, and the reason not to run them. */
const cases = {
  'another user than root': {
    skip: requirements('users'),
    launch: [],
    reason: 'only root can make network namespaces'
  },
  'no unshare(1)': {
    env: { PATH: '/nonexistent' },
    reason: 'no network namespaces: spawnSync unshare ENOENT'
  },
  'only one user': {
    needs: ['users'],
    before: ['unshare', '--user', '--map-root-user', '--mount', '--net'],
    reason: 'only root can become another user'
  },
  'no Landlock': {
    needs: ['landlock'],
    launch: [...OPEN, '--deny-syscall', 'landlock_create_ruleset=ENOSYS'],
    reason: 'this kernel has no Landlock (Linux 5.13)'
  },
  'a file that is not there': { needs: ['/dev/frob'], reason: '/dev/frob is not accessible' },
  'a missing program': { needs: ['ip', 'frob'], reason: 'frob is not installed' }
}

// Prints the reason, then asks again as in CI.
const SCRIPT = `
  const { requirements } = require('./test/support/requirements')
  const needs = process.argv.slice(1)
  delete process.env.CI
  console.log(requirements(...needs))
  process.env.CI = 'true'
  requirements(...needs)`

function run({ before = [], launch = OPEN, needs = [], env }) {
  const [command, ...args] = [...before, process.execPath, '-e', SCRIPT, ...needs]
  return ns.exec(command, args, { launch, env })
}

t.test('nothing is missing', async (t) => {
  t.equal(requirements(), null)
  t.match(run({ needs: ['ip'] }), { status: 0, stdout: 'null\n', stderr: '' })
})

for (const [title, { skip, reason, ...example }] of Object.entries(cases)) {
  t.test(title, { skip }, async (t) => {
    const { status, stdout, stderr } = run(example)
    t.equal(stdout, `${reason}\n`)
    t.equal(status, 1)
    t.match(stderr, `Error: CI lacks what tests need: ${reason}\n`)
  })
}
