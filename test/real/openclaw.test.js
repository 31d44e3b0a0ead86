'use strict'

// OpenClaw installs the package as a plug-in, as docs/deploy.md says. Its gateway then runs in OpenShell's sandbox, where
// it dies without the plug-in.

const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const t = require('tap')
const { packOrSkip } = require('../support/app')
const { REAL_SNIPPETS } = require('../support/deployment')
const { OPENSHELL, PEER, makeFixture } = require('../support/openshell-fixture')
const { fetchFromNpm, runChecked } = require('../support/package')
const { installNode, makeProject } = require('../support/package-managers')
const { publishOriginal } = require('../support/publish')
const { startRegistry } = require('../support/registry')
const { readSnippets } = require('../support/snippets')

t.setTimeout(1_800_000)

const [NAME] = REAL_SNIPPETS.openclaw
const SERVICE = '_openclaw-gw._tcp.local'
const GATEWAY = ['gateway', 'run']
const LOGS = '/tmp/openclaw'
const LAUNCH = [...OPENSHELL, '--user', 'keep', '--no-landlock']

// Prints the name under which the gateway advertises itself.
const RESOLVE = `
  const mdns = require('multicast-dns')({ interface: '${PEER}', bind: '0.0.0.0' })
  mdns.on('response', ({ answers }) => {
    const found = answers.find(({ type, name }) => type === 'PTR' && name === '${SERVICE}')
    if (found) process.exit(console.log(found.data))
  })
  setInterval(() => mdns.query('${SERVICE}', 'PTR'), 500)
  setTimeout(process.exit, 20_000, 1)`

const REQUEST = `
  fetch('http://127.0.0.1:18789/health').then(async (response) => console.log(await response.text()))`

const tarball = packOrSkip(t)

/**
 * Makes a home for OpenClaw, whose gateway asks for no password.
 *
 * @param {import('tap').Test} t
 */
async function makeHome(t) {
  const registry = await startRegistry(t)
  publishOriginal(t, registry, tarball)
  const bin = installNode(t)
  const { env, folder } = makeProject(t, registry, bin)
  const openclaw = fetchFromNpm('openclaw@2026.4.2', 'openclaw.mjs', '--omit=optional')
  fs.symlinkSync(openclaw, path.join(bin, 'openclaw'))
  fs.symlinkSync('/usr/bin/env', path.join(env.HOME, 'tools/env'))
  const configuration = { gateway: { mode: 'local', auth: { mode: 'none' } } }
  const state = path.join(env.HOME, '.openclaw')
  fs.mkdirSync(state)
  fs.writeFileSync(path.join(state, 'openclaw.json'), JSON.stringify(configuration))
  return { bin, folder, openclaw, env: { ...env, OPENCLAW_CLAWHUB_URL: registry } }
}

t.test(NAME, async (t) => {
  const { bin, folder, openclaw, env } = await makeHome(t)
  const fixture = makeFixture()
  t.teardown(() => fixture.remove())
  const hadLogs = fs.existsSync(LOGS)
  t.teardown(() => hadLogs || fs.rmSync(LOGS, { recursive: true, force: true }))
  const clean = ['-i', `HOME=${env.HOME}`, `PATH=${env.PATH}`, path.join(bin, 'node'), openclaw]

  const alone = fixture.sandbox.exec('env', [...clean, ...GATEWAY], { launch: LAUNCH, cwd: folder })
  t.match(alone, { status: 1 }, 'control: the gateway dies without the plug-in')
  t.match(alone.stdout + alone.stderr, /uv_interface_addresses.*\n.*\n.*ciao/)

  const { text } = readSnippets('docs/deploy.md').find(({ name }) => name === NAME)
  runChecked(['sh', '-euc', text], { cwd: folder, env })

  const options = { launch: LAUNCH, cwd: folder }
  const gateway = fixture.sandbox.spawnCommand('env', [...clean, ...GATEWAY], options)
  let output = ''
  gateway.stdout?.on('data', (chunk) => (output += chunk))
  gateway.stderr?.on('data', (chunk) => (output += chunk))
  const found = fixture.peer.node(RESOLVE)
  t.match(found, { status: 0, stdout: SERVICE }, 'it advertises itself')
  t.match(fixture.sandbox.node(REQUEST).stdout, '"ok":true', 'and answers')
  t.equal(gateway.exitCode, null, 'it is alive')
  gateway.kill()
  await Promise.race([once(gateway, 'exit'), sleep(10_000)])
  t.notMatch(output, /uv_interface_addresses/, 'without an error')
})
