'use strict'

// Runs the commands in the documents and compares their output with what the documents show.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { SANDBOXES } = require('../../lib/doctor/sandboxes')
const { makeNamespace } = require('../support/sandbox')
const {
  ADDRESS,
  REAL_SNIPPETS,
  makeDeployment,
  makeShell,
  pathIn,
  relocate
} = require('../support/deployment')
const { projectRoot } = require('../support/namespace')
const { requirements } = require('../support/requirements')
const { makePattern, readConsole, readSnippets } = require('../support/snippets')

const documents = ['.', 'docs'].flatMap((folder) =>
  fs
    .readdirSync(path.join(projectRoot, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name))
)
/** @param {string} sandbox */
const changeFor = (sandbox) => SANDBOXES.find(({ name }) => name === sandbox)?.policies[0].change

const read = (page) => fs.readFileSync(path.join(projectRoot, page), 'utf8')

t.test('what sets a variable keeps its content', async (t) => {
  const settings = documents.flatMap((page) => [
    ...read(page).matchAll(/^.*\b(NODE_OPTIONS|LD_PRELOAD)=[^=…].*$/gm)
  ])
  t.ok(settings.length > 5)
  for (const [line, name] of settings) {
    // A unit cannot; the page says what to do.
    if (line.startsWith('Environment=')) continue
    t.match(line, new RegExp(`${name}="\\$(${name}|\\{${name}\\}) `))
  }
})

t.test('links', async (t) => {
  for (const page of documents) {
    const text = read(page)
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link)
    for (const link of links) {
      const target = path.join(projectRoot, path.dirname(page), link)
      t.ok(fs.existsSync(target), `${page}: ${link}`)
    }
  }
})

t.test('why-it-fails.md', { skip: requirements('strace', 'python3') }, async (t) => {
  const folder = makeDeployment(t)
  const env = { ...process.env, NO_COLOR: '1', PATH: pathIn(folder) }
  delete env.FORCE_COLOR
  let commands = 0
  for (const { kind, name, text, line } of readSnippets('why-it-fails.md')) {
    t.match(kind, /^(run|file)$/, `line ${line} is marked`)
    if (kind === 'file') fs.writeFileSync(path.join(folder, name), text)
    if (kind !== 'run') continue
    for (const { command, expected } of readConsole(text)) {
      // env(1) removes the options that tap adds.
      const { stdout, stderr } = spawnSync('env', ['-u', 'NODE_OPTIONS', 'sh', '-c', command], {
        cwd: folder,
        env,
        encoding: 'utf8'
      })
      t.match(stdout + stderr, makePattern(expected), command)
      commands++
    }
  }
  t.equal(commands, 9, 'all commands were run')
})

t.test('deploy.md', { skip: requirements() }, async (t) => {
  const ns = makeNamespace(t, 'docs')
  const folder = makeDeployment(t)
  const shell = makeShell(ns, folder)
  const snippets = readSnippets('deploy.md')
  const elsewhere = Object.values(REAL_SNIPPETS).flat()
  const control = (t) =>
    t.equal(shell(t, 'node app.js'), 'errno 1', 'control: fails without the package')
  const match = (t, text, pattern) => {
    const found = text.match(pattern)
    t.ok(found, `the snippet matches ${pattern}`)
    return found?.[1] ?? ''
  }
  const testEnvironment = (t, value) => {
    const env = { NODE_OPTIONS: relocate(value, folder) }
    t.equal(shell(t, 'node app.js', { env }), ADDRESS)
  }

  /** @type {Record<string, (t: import('tap').Test, text: string) => void>} */
  const tests = {
    'command line': (t, text) => t.equal(shell(t, text), ADDRESS),
    import: (t, text) => {
      fs.writeFileSync(path.join(folder, 'app.mjs'), text)
      t.match(shell(t, 'node app.mjs'), `cidr: '${ADDRESS}'`)
    },
    NODE_OPTIONS: (t, text) => {
      t.equal(shell(t, text, { env: { NODE_OPTIONS: '' } }), ADDRESS)
      const env = { NODE_OPTIONS: '--max-old-space-size=99' }
      const script = `${text}\necho "$NODE_OPTIONS"`
      t.match(shell(t, script, { env }), `${ADDRESS}\n${env.NODE_OPTIONS} --require=/`)
    },
    run: (t, text) => t.match(shell(t, text), /^\[\(\d+, '(lo|d0|d1)'\), /),
    Dockerfile: (t, text) =>
      testEnvironment(t, match(t, text, /^ENV NODE_OPTIONS="\$\{NODE_OPTIONS\} (.*)"$/m)),
    // test/real/oci.test.js runs a container with this rule.
    'OCI rule': (t, text) => t.equal(text.trim(), changeFor('container')),
    Kubernetes: (t, text) =>
      t.equal(
        shell(t, relocate(match(t, text, /command: \[(.*)\]$/m), folder).replaceAll(',', '')),
        ADDRESS
      ),
    // test/real/systemd.test.js runs a unit with this drop-in.
    'systemd families': (t, text) => t.equal(text.trim(), changeFor('systemd')),
    'systemd environment': (t, text) =>
      testEnvironment(t, match(t, text, /^Environment="NODE_OPTIONS=(.*)"$/m)),
    pm2: (t, text) => {
      fs.writeFileSync(path.join(folder, 'ecosystem.config.js'), text)
      const [app] = require(path.join(folder, 'ecosystem.config.js')).apps
      t.equal(shell(t, `node ${app.node_args.join(' ')} ${app.script}`), ADDRESS)
    },
    Android: (t, text) => {
      const denials = ['--deny-syscall', 'bind=EACCES']
      const last = text.trim().split('\n').at(-1)
      t.equal(shell(t, `${last} 2>/dev/null || echo fails`, { denials }), 'fails', 'control')
      t.match(shell(t, text, { denials, env: { LD_PRELOAD: 'libm.so.6' } }), /^\[\(\d+, 'lo'\), /)
      t.match(
        shell(t, `${text}\necho "$LD_PRELOAD"`, { denials, env: { LD_PRELOAD: 'libm.so.6' } }),
        '\nlibm.so.6 /'
      )
    }
  }

  control(t)
  for (const { kind, name, text, line } of snippets) {
    t.match(kind, /^(test|not run)$/, `line ${line} is marked`)
    if (kind === 'not run') {
      t.ok(name.length > 10, `it has a reason: ${name}`)
      continue
    }
    if (elsewhere.includes(name)) continue
    t.type(tests[name], 'function', `line ${line}: a test is named ${name}`)
    await t.test(name, async (t) => tests[name]?.(t, text))
  }
  const named = snippets.filter(({ kind }) => kind === 'test').map(({ name }) => name)
  const tested = [...Object.keys(tests), ...elsewhere]
  t.strictSame(named.sort(), tested.sort(), 'each test has a snippet')
})
