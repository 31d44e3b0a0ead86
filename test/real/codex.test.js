'use strict'

// Codex's sandbox. It refuses netlink and listen(2): a program that opens a port fails, with register too. Behind
// Codex's proxy it refuses only netlink. `osh-ifaddrs doctor` must tell these apart; with the setting that it
// advises, which is that of docs/deploy.md, a program works without this package.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { remedyFor } = require('../support/advice')
const { CODEX_MODE, fetchCodex, makeCodexFolder, removeCodexFolder } = require('../support/agents')
const { REAL_SNIPPETS } = require('../support/deployment')
const { DOCTOR, REPORT, parseReport } = require('../support/doctor')
const { DENIED, projectRoot, run } = require('../support/package')
const { requirements } = require('../support/requirements')
const { readSnippets } = require('../support/snippets')

t.setTimeout(1_800_000)

const APP = `
  try {
    console.log(Object.keys(require('os').networkInterfaces()).join())
  } catch ({ message }) {
    console.log(message)
  }
  const server = require('net').createServer().listen(0, '127.0.0.1')
  server.on('listening', () => console.log('listening') || server.close())
  server.on('error', ({ message }) => console.log(message))`

const NATIVE_FAILS = /uv_interface_addresses returned Unknown system error 1/
const LISTEN_FAILS = 'listen EPERM: operation not permitted 127.0.0.1\n'
const REGISTER = ['-r', path.join(projectRoot, 'lib/register.js')]

/**
 * Functions that run a command, and APP, in Codex with a configuration and more options.
 *
 * @param {import('tap').Test} t
 * @param {string} codex
 * @param {string} [configuration]
 */
function makeCodex(t, codex, configuration = '') {
  const { folder, env } = makeCodexFolder(t, configuration)
  fs.writeFileSync(path.join(folder, 'app.js'), APP)

  /** @type {(command: string[], options?: string[], start?: string[]) => import('../support/launch').Result} */
  const inCodex = (command, options = [], start = []) =>
    run([...start, codex, 'sandbox', ...CODEX_MODE, ...options, '--', ...command], {
      cwd: folder,
      env
    })
  return {
    inCodex,
    /** @type {(nodeOptions?: string[], options?: string[]) => string} */
    runApp: (nodeOptions = [], options = []) => {
      // A pipe by the shell: those of child_process are sockets, to which Node cannot print in Codex's sandbox.
      const start = ['sh', '-c', '"$@" | cat', 'sh']
      return inCodex([process.execPath, ...nodeOptions, 'app.js'], options, start).stdout
    },
    /** The doctor can print to sockets. @type {(t: import('tap').Test, options?: string[]) => any} */
    diagnose: (t, options) => parseReport(t, inCodex(REPORT, options))
  }
}

/** What the program prints where nothing is refused. */
function expectedOutside() {
  return `${Object.keys(os.networkInterfaces()).join()}\nlistening\n`
}

t.test('Codex', { skip: requirements('bwrap') }, async (t) => {
  removeCodexFolder(t)
  const codex = fetchCodex()

  await t.test('docs/deploy.md', async (t) => {
    const { runApp } = makeCodex(t, codex)
    t.match(runApp(), NATIVE_FAILS)
    t.equal(runApp(REGISTER), `lo\n${LISTEN_FAILS}`, 'register gives the list, and no port')
    const { text } = readSnippets('docs/deploy.md').find(({ name }) => name === 'Codex')
    t.equal(makeCodex(t, codex, text).runApp(), expectedOutside(), 'the setting gives both')
  })

  await t.test('the doctor', async (t) => {
    const { diagnose, inCodex, runApp } = makeCodex(t, codex)
    const before = diagnose(t)
    t.match(before, {
      status: 1,
      native: { code: 'EPERM' },
      mechanism: { name: 'seccomp', certainty: 'high' },
      refusedCall: { syscall: 'socket(AF_NETLINK)', errno: 1, code: 'EPERM' },
      listen: { code: 'EPERM' }
    })
    t.match(before.suspects[0], { name: 'Codex', certainty: 'high' })
    const first = inCodex(DOCTOR).stdout.split('\n').slice(0, 6).join(' ').replace(/\s+/g, ' ')
    t.match(first, /A server still fails: it cannot listen \(EPERM\)\. The policy must change\./)

    const { change } = remedyFor(t, before, 'Codex')
    t.equal(runApp([], ['-c', change]), expectedOutside(), 'as an option')
    t.match(diagnose(t, ['-c', change]), { status: 0, listen: null, evidence: { seccomp: 2 } })
    const configured = makeCodex(t, codex, `${change}\n`)
    t.equal(configured.runApp(), expectedOutside(), 'in config.toml')
    t.match(configured.diagnose(t), { status: 0, listen: null, evidence: { seccomp: 2 } })
  })

  await t.test('the doctor, where Codex refuses nothing and another filter does', async (t) => {
    const { inCodex } = makeCodex(t, codex, 'sandbox_workspace_write.network_access=true\n')
    const report = parseReport(t, inCodex([...DENIED, ...REPORT]))
    t.match(report, { status: 1, refusedCall: { syscall: 'socket(AF_NETLINK)' }, listen: null })
    t.strictSame(
      report.remedies.filter(({ owner }) => owner === 'Codex'),
      [],
      'no change that is made already'
    )
    t.match(remedyFor(t, report, 'seccomp').text, 'is not NETLINK_ROUTE (0)')
  })

  await t.test('the doctor, behind the proxy', async (t) => {
    const configuration =
      'sandbox_workspace_write.network_access=true\n[features]\nnetwork_proxy = true\n'
    const { diagnose, inCodex, runApp } = makeCodex(t, codex, configuration)
    t.match(runApp(), /uv_interface_addresses .*\nlistening\n$/)
    const before = diagnose(t)
    t.match(before, {
      status: 1,
      native: { code: 'EPERM' },
      refusedCall: { syscall: 'socket(AF_NETLINK)', errno: 1, code: 'EPERM' },
      listen: null
    })
    t.match(before.suspects[0], { name: 'Codex proxy', certainty: 'high' })
    t.notMatch(inCodex(DOCTOR).stdout, 'A server still fails')
    const { change } = remedyFor(t, before, 'Codex proxy')
    t.equal(runApp([], ['-c', change]), expectedOutside())
    t.match(diagnose(t, ['-c', change]), { status: 0, evidence: { seccomp: 2 } })
  })
})

t.strictSame(REAL_SNIPPETS.codex, ['Codex'])
