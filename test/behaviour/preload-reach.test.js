'use strict'

// The preload library beyond ordinary programs: programs that it cannot reach behave as without it, and it is
// safe in setuid programs and with threads.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('../..')
const { copyBinary, makeApp, packOrSkip } = require('../support/app')
const { Namespace, projectRoot } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')

skipWithout(t)

// The sandbox leaves the project open, and so the temporary folders there.
const BUILD = path.join(projectRoot, 'test', 'build')
const built = (name) => path.join(BUILD, name)
const refuse = built('refuse.so')
const netlink = ['--deny-family', 'netlink']
const NOBODY = 65534

const ns = Namespace.create('reach')
t.teardown(() => ns.remove())
ns.batch(['link set lo up'])
ns.settle()

// getifaddrs(3) has an entry for each link, and one for each address.
const links = JSON.parse(ns.ip('-j addr show'))
const entries = links.length + links.flatMap((link) => link.addr_info).length
const success = { status: 0, signal: null, stdout: `${entries}\n`, stderr: '' }

const exec = (program, preload, launch, env = {}) =>
  ns.exec(program, [], { launch, execPath: program, env: { LD_PRELOAD: preload, ...env } })

t.test('an ordinary program is reached', async (t) => {
  const program = built('plain-dynamic')
  t.match(exec(program, undefined, netlink), { status: 1, stderr: /not permitted/ })
  t.strictSame(exec(program, preloadPath, netlink), success)
})

t.test('a static program behaves as without the library', async (t) => {
  const program = built('plain-static')
  t.strictSame(exec(program, preloadPath), success)
  const alone = exec(program, undefined, netlink)
  t.match(alone, { status: 1, stdout: '', stderr: /not permitted/ })
  t.strictSame(exec(program, preloadPath, netlink), alone)
})

const skip = requirements('musl-gcc')
t.test('the published library reaches programs of glibc and of musl', { skip }, async (t) => {
  const published = copyBinary(t, makeApp(t, packOrSkip(t)), process.arch, BUILD)
  for (const program of [built('plain-dynamic'), built('plain-musl')]) {
    const name = path.basename(program)
    t.match(exec(program, undefined, netlink), { status: 1 }, `control: ${name} fails alone`)
    t.strictSame(exec(program, published, netlink), success, name)
    t.strictSame(exec(program, published), success, `${name}, nothing denied`)
  }
})

t.test('setuid programs', async (t) => {
  const folder = makeTemporaryFolder(t, BUILD)
  const [plain, setuid] = ['plain', 'setuid'].map((name) => path.join(folder, name))
  for (const file of [plain, setuid]) fs.copyFileSync(built('plain-dynamic'), file)
  fs.chmodSync(plain, 0o755)
  fs.chmodSync(setuid, 0o4755)

  const skip = requirements('users')
  t.test('ld.so preloads no library into them that is named by its path', { skip }, async (t) => {
    const run = (file) =>
      spawnSync(file, { uid: NOBODY, env: { LD_PRELOAD: refuse }, encoding: 'utf8' })
    t.match(run(plain), { status: 1 }, 'control: it does into other programs')
    t.match(run(setuid), { status: 0, stderr: '' })
  })

  t.test('with no_new_privs, as in most sandboxes, the library works in them', async (t) => {
    t.match(exec(setuid, undefined, netlink), { status: 1 })
    t.strictSame(exec(setuid, preloadPath, netlink), success)
  })
})

t.test('another thread frees lists of both kinds in any order', async (t) => {
  const { status, stdout, stderr } = exec(built('mixed'), preloadPath)
  t.match({ status, stdout }, { status: 0, stdout: '20 of 40\n' }, stderr)
})
