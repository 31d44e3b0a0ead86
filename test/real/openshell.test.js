'use strict'

// docs/deploy.md for OpenShell, whose sessions get none of the image's variables. Its Dockerfile runs in a mount
// namespace with a copy of /etc, and programs then start in the sandbox with an empty environment.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { packOrSkip } = require('../support/app')
const { ADDRESS, APP, REAL_SNIPPETS } = require('../support/deployment')
const { launcher } = require('../support/namespace')
const { run } = require('../support/package')
const { installNode, makeProject } = require('../support/package-managers')
const { publishOriginal } = require('../support/publish')
const { startRegistry } = require('../support/registry')
const { requirements, skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')
const { readSnippets } = require('../support/snippets')
const { makeTemporaryFolder } = require('../support/temporary-folder')

t.setTimeout(1_800_000)
skipWithout(t, 'users', 'hostname', 'python3')

const tarball = packOrSkip(t)
const ns = makeNamespace(t, 'openshell')
const snippets = readSnippets('docs/deploy.md')
const snippet = (/** @type {string} */ name) => snippets.find((each) => each.name === name).text

t.test('OpenShell', async (t) => {
  const registry = await startRegistry(t)
  publishOriginal(t, registry, tarball)
  const bin = installNode(t)
  const { folder, env } = makeProject(t, registry, bin)
  const etc = path.join(makeTemporaryFolder(t), 'etc')
  fs.cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true })
  const preload = path.join(etc, 'ld.so.preload')
  fs.rmSync(preload, { force: true })

  /** @param {string[]} command @returns {string[]} the command where /etc is the copy */
  const inImage = (...command) => {
    const mount = 'mount --bind "$1" /etc; shift; exec "$@"'
    return ['unshare', '--mount', 'sh', '-euc', mount, 'sh', etc, ...command]
  }
  /** @param {string} dockerfile */
  const build = (dockerfile) => {
    const script = dockerfile.replace(/^RUN /gm, '')
    const options = { cwd: folder, env: { ...env, PATH: `${env.PATH}:/usr/bin` } }
    t.equal(run(inImage('sh', '-euc', script), options).stderr, '')
  }
  /** What programs print in a session. */
  const session = () => {
    const sandbox = [launcher, '--deny-family', 'netlink', '--path', path.dirname(bin), '--']
    const programs = {
      node: [path.join(bin, 'node'), '-e', APP],
      hostname: ['hostname', '-I'],
      python: ['/usr/bin/python3', '-c', 'import socket; print(socket.if_nameindex())']
    }
    const outputs = Object.entries(programs).map(([name, command]) => {
      const { stdout } = ns.exec('env', inImage(...sandbox, 'env', '-i', ...command))
      return [name, stdout.trim()]
    })
    return Object.fromEntries(outputs)
  }
  const alone = session()
  t.strictSame(alone, { node: 'errno 1', hostname: '', python: '' }, 'control: all of them fail')

  // Without a line break at its end.
  fs.writeFileSync(preload, '# another library\nlibm.so.6')
  build(snippet('OpenShell'))
  const [comment, other, ...ours] = fs.readFileSync(preload, 'utf8').trim().split('\n')
  t.strictSame([comment, other], ['# another library', 'libm.so.6'], 'the file keeps its content')
  t.match(ours, [/^\/.*\/osh-ifaddrs\/prebuilds\/linux-\w+\.node$/], 'the library is last')
  const reached = session()
  t.equal(reached.node, ADDRESS)
  t.match(reached.hostname, '10.0.0.1')
  t.match(reached.python, "'d0'")

  build(snippet('OpenShell, undo'))
  t.equal(fs.readFileSync(preload, 'utf8'), '# another library\nlibm.so.6\n')
  t.strictSame(session(), alone, 'undone')
})

t.strictSame(REAL_SNIPPETS.openshell, ['OpenShell', 'OpenShell, undo'])
