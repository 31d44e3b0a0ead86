'use strict'

// The preload library beyond ordinary programs: programs that it cannot reach behave as without it, and it is
// safe in setuid programs, with LD_LIBRARY_PATH and with threads.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('..')
const { Namespace, projectRoot, requirements } = require('./support/namespace')

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

const built = (name) => path.join(projectRoot, 'test', 'build', name)
const refuse = built('refuse.so')
const netlink = ['--deny-family', 'netlink']
const NOBODY = 65534

const ns = Namespace.create('reach')
t.teardown(() => ns.remove())
ns.batch(['link set lo up'])
ns.settle()

const exec = (program, preload, launch, env = {}) =>
  ns.exec(program, [], { launch, execPath: program, env: { LD_PRELOAD: preload, ...env } })

t.test('an ordinary program is reached', async (t) => {
  const program = built('plain-dynamic')
  t.match(exec(program, undefined, netlink), { status: 1, stderr: /not permitted/ })
  t.match(exec(program, preloadPath, netlink), { status: 0, stdout: '3\n', stderr: '' })
})

for (const kind of ['static', 'musl']) {
  t.test(`a program with a ${kind} libc behaves as without the library`, async (t) => {
    const program = built(`plain-${kind}`)
    t.match(exec(program, preloadPath), { status: 0, stdout: '3\n', stderr: '' })
    const alone = exec(program, undefined, netlink)
    t.match(alone, { status: 1, stdout: '', stderr: /not permitted/ })
    t.strictSame(exec(program, preloadPath, netlink), alone)
  })
}

t.test('setuid programs', async (t) => {
  const folder = fs.mkdtempSync(built('setuid-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true }))
  fs.chmodSync(folder, 0o755)
  const [plain, setuid] = ['plain', 'setuid'].map((name) => path.join(folder, name))
  for (const file of [plain, setuid]) fs.copyFileSync(built('plain-dynamic'), file)
  fs.chmodSync(plain, 0o755)
  fs.chmodSync(setuid, 0o4755)

  t.test('ld.so preloads no library into them that is named by its path', async (t) => {
    const run = (file) =>
      spawnSync(file, { uid: NOBODY, env: { LD_PRELOAD: refuse }, encoding: 'utf8' })
    t.match(run(plain), { status: 1 }, 'control: it does into other programs')
    t.match(run(setuid), { status: 0, stderr: '' })
  })

  t.test('with no_new_privs, as in most sandboxes, the library works in them', async (t) => {
    t.match(exec(setuid, undefined, netlink), { status: 1 })
    t.match(exec(setuid, preloadPath, netlink), { status: 0, stdout: '3\n', stderr: '' })
  })
})

t.test('LD_LIBRARY_PATH does not make it load another core', async (t) => {
  const folder = fs.mkdtempSync(built('cores-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true }))
  fs.chmodSync(folder, 0o755)
  fs.copyFileSync(refuse, path.join(folder, 'osh_ifaddrs_core.so'))
  const result = exec(built('plain-dynamic'), preloadPath, netlink, { LD_LIBRARY_PATH: folder })
  t.match(result, { status: 0, stdout: '3\n', stderr: '' })
})

t.test('another thread frees lists of both kinds in any order', async (t) => {
  const memcheck = ['-q', '--leak-check=full', '--errors-for-leak-kinds=definite']
  const { status, stdout, stderr } = ns.exec(
    'valgrind',
    [...memcheck, '--error-exitcode=9', built('mixed')],
    { env: { LD_PRELOAD: preloadPath } }
  )
  t.match({ status, stdout }, { status: 0, stdout: '20 of 40\n' }, stderr)
})
