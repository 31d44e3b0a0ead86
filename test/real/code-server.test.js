'use strict'

// code-server, started as docs/deploy.md says. VS Code's server, which is in it, deletes the variables for extension
// hosts; os.networkInterfaces() works there all the same.

const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const t = require('tap')
const { ADDRESS, REAL_SNIPPETS, makeDeployment, pathIn } = require('../support/deployment')
const { projectRoot } = require('../support/namespace')
const { fetchFromNpm, fetchNode, runChecked } = require('../support/package')
const { skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')
const { readSnippets } = require('../support/snippets')

t.setTimeout(1_800_000)
skipWithout(t)

const [NAME] = REAL_SNIPPETS['code-server']
const NODE = 24
const PORT = '8080'
const DEADLINE = 60_000
const LAUNCH = ['--user', 'keep', '--no-landlock', '--deny-family', 'netlink']

// Writes what it finds to a file with the name of the process's main file.
const PROBE = `
  setImmediate(() => {
    const { basename, join } = require('node:path')
    const { NODE_OPTIONS, LD_PRELOAD } = process.env
    let address
    try {
      address = require('node:os').networkInterfaces().d0[0].cidr
    } catch ({ errno }) {
      address = 'errno ' + errno
    }
    const report = JSON.stringify({ address, NODE_OPTIONS, LD_PRELOAD, pid: process.pid })
    const file = join(__dirname, basename(process.argv[1]))
    require('node:fs').writeFileSync(file + '.partial', report)
    require('node:fs').renameSync(file + '.partial', file)
  })`

/** @returns {string} the folder of code-server, without its native addons, which are optional */
function fetchCodeServer() {
  const root = path.resolve(fetchFromNpm('code-server@4.139.1', 'out/node/entry.js'), '../../..')
  const cwd = path.join(root, 'lib/vscode')
  if (!fs.existsSync(path.join(cwd, 'node_modules/.package-lock.json'))) {
    const options = ['--omit=dev', '--ignore-scripts', '--force', '--no-audit', '--no-fund']
    runChecked(['npm', 'install', ...options, '--loglevel=error'], { cwd })
  }
  return root
}

t.test(NAME, async (t) => {
  const root = fetchCodeServer()
  const { text } = readSnippets('docs/deploy.md').find(({ name }) => name === NAME)
  const { commit } = require(path.join(root, 'lib/vscode/product.json'))
  const folder = makeDeployment(t)
  fs.symlinkSync(root, path.join(folder, 'global/lib/node_modules/code-server'))
  fs.symlinkSync(fetchNode(NODE, process.arch), path.join(folder, 'bin/node'))
  const register = `--require=${path.join(projectRoot, 'lib/register.js')}`

  /** Starts code-server, and returns what the probe finds in an extension host. */
  const ask = async (/** @type {string} */ command) => {
    const ns = makeNamespace(t, 'code-server')
    const home = fs.mkdtempSync(path.join(folder, 'home-'))
    const probe = path.join(home, 'probe.js')
    fs.writeFileSync(probe, PROBE)
    const script = `${command.trim()} --auth none --bind-addr 127.0.0.1:${PORT}`
    const variables = { NODE_OPTIONS: register, LD_PRELOAD: 'libm.so.6' }
    const env = { HOME: home, PATH: pathIn(folder), npm_config_prefix: undefined, ...variables }
    const probed = script.replace('node', `exec node -r ${probe}`)
    const server = ns.spawnCommand('sh', ['-euc', probed], { launch: LAUNCH, cwd: folder, env })
    let output = ''
    server.stderr?.on('data', (chunk) => (output += chunk))
    server.stdout?.resume()
    ns.spawn([path.join(projectRoot, 'test/support/fixtures/extension-host.js'), PORT, commit])
    const found = path.join(home, 'bootstrap-fork')
    const end = Date.now() + DEADLINE
    while (!fs.existsSync(found)) {
      if (Date.now() > end || server.exitCode !== null) throw new Error(output)
      await sleep(100)
    }
    server.kill()
    const { pid, ...report } = JSON.parse(fs.readFileSync(found, 'utf8'))
    // It outlives the server, and waits hours for a new connection.
    process.kill(pid, 'SIGKILL')
    return report
  }
  t.strictSame(await ask(text), { address: ADDRESS })
  const alone = await ask(text.replace(/-r "[^"]*"/, ''))
  t.strictSame(alone, { address: 'errno 1' }, 'control: the variables do not arrive')
})
