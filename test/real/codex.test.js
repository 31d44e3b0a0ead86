'use strict'

// Codex's sandbox refuses netlink and listen(2). Without the setting of docs/deploy.md a program that opens a port
// fails, with register too; with it, the program works without this package.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { REAL_SNIPPETS } = require('../support/deployment')
const {
  cleanEnvironment,
  fetchFromNpm,
  makeFolder,
  projectRoot,
  run
} = require('../support/package')
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

/** @returns {string} Codex's executable */
function fetchCodex() {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch]
  const platform = `../codex-linux-${process.arch}`
  const file = `${platform}/vendor/${machine}-unknown-linux-musl/bin/codex`
  return fetchFromNpm('@openai/codex@0.171.0', file)
}

t.test('Codex', { skip: requirements('bwrap') }, async (t) => {
  const { text } = readSnippets('deploy.md').find(({ name }) => name === 'Codex')
  const codex = fetchCodex()
  const folder = makeFolder(t)
  fs.writeFileSync(path.join(folder, 'app.js'), APP)
  // Codex allows no home below the folder for temporary files.
  const [home, temporary] = ['home', 'temporary'].map((name) => path.join(folder, name))
  fs.mkdirSync(home)
  fs.mkdirSync(temporary)
  const env = { ...cleanEnvironment(), CODEX_HOME: home, TMPDIR: temporary }
  /** @param {string[]} options of Node */
  const inCodex = (...options) => {
    // Outside of a session, Codex takes the mode only from the command line.
    const mode = ['-c', 'sandbox_mode=workspace-write']
    const command = [codex, 'sandbox', ...mode, '--', process.execPath, ...options, 'app.js']
    // A pipe by the shell: those of child_process are sockets, to which Node cannot print in Codex's sandbox.
    return run(['sh', '-c', '"$@" | cat', 'sh', ...command], { cwd: folder, env }).stdout
  }
  const register = ['-r', path.join(projectRoot, 'lib/register.js')]
  const refused = 'listen EPERM: operation not permitted 127.0.0.1\n'

  t.match(inCodex(), `uv_interface_addresses returned Unknown system error 1`)
  t.equal(inCodex(...register), `lo\n${refused}`, 'register gives the list, and no port')
  fs.writeFileSync(path.join(home, 'config.toml'), text)
  const links = Object.keys(os.networkInterfaces()).join()
  t.equal(inCodex(), `${links}\nlistening\n`, 'the setting gives both')
})

t.strictSame(REAL_SNIPPETS.codex, ['Codex'])
