'use strict'

// Runs the commands in the documents and compares their output with what the documents show.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { makePage } = require('../../bench/page')
const { draw } = require('../../bench/plot')
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
    if (line.includes(`Environment="${name}=`)) continue
    t.match(line, new RegExp(`${name}="\\$(${name}|\\{${name}\\}) `))
  }
})

/**
 * The anchor that GitHub makes of a heading.
 *
 * @param {string} heading
 */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

t.test('links', async (t) => {
  for (const page of documents) {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)]
    for (const [, link, anchor] of links) {
      const target = link === '' ? page : path.join(path.dirname(page), link)
      const exists = fs.existsSync(path.join(projectRoot, target))
      t.ok(exists, `${page}: ${link}`)
      if (!exists || anchor === undefined) continue
      const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading)
      t.ok(headings.map(anchorOf).includes(anchor), `${page}: ${link}#${anchor}`)
    }
  }
})

t.test('README.md and command.md', { skip: requirements() }, async (t) => {
  t.ok(read('README.md').split('\n').length <= 151, 'README has at most 150 lines')
  const shell = makeShell(makeNamespace(t, 'docs'), makeDeployment(t))
  let commands = 0
  for (const page of ['README.md', 'docs/command.md'])
    for (const { kind, text } of readSnippets(page))
      for (const { command, expected } of kind === 'run' ? readConsole(text) : []) {
        const output = shell(t, `${command} || true`, { env: { NO_COLOR: '1' } })
        t.match(output, makePattern(expected.trimEnd()), command)
        commands++
      }
  t.equal(commands, 3, 'all commands were run')
})

t.test('the commands in README’s table of programs are recipes of deploy.md', async (t) => {
  const recipes = readSnippets('docs/deploy.md')
  const rows = [...read('README.md').matchAll(/^\| \[.*deploy\.md#.*?\| (.*) \|$/gm)]
  // Between backticks, and of more than one word.
  const codes = rows.flatMap(([, type]) => type.split('`').filter((_, i) => i % 2 === 1))
  const commands = codes.filter((code) => code.includes(' ') && !code.includes('…'))
  t.ok(commands.length >= 10)
  for (const command of commands) {
    const [, start] = command.match(/^(.*?)(?: app\.py)?$/) ?? []
    t.ok(
      recipes.some(({ text }) => text.includes(start)),
      command
    )
  }
})

t.test('speed.md and its plot show the recorded results', async (t) => {
  const results = require('../../bench/results.json')
  t.equal(read('docs/speed.md'), await makePage(results))
  t.equal(read('bench/results.svg'), draw(results))
})

t.test('why-it-fails.md', { skip: requirements('strace', 'python3') }, async (t) => {
  const folder = makeDeployment(t)
  const env = { ...process.env, NO_COLOR: '1', PATH: pathIn(folder) }
  delete env.FORCE_COLOR
  let commands = 0
  for (const { kind, name, text, line } of readSnippets('docs/why-it-fails.md')) {
    t.match(kind, /^(run|file)$/, `line ${line} is marked`)
    if (kind === 'file') fs.writeFileSync(path.join(folder, name), text)
    if (kind !== 'run') continue
    for (const { command, expected } of readConsole(text)) {
      // env(1) removes the options that tap adds.
      const { stdout, stderr } = spawnSync('env', ['-u', 'NODE_OPTIONS', 'sh', '-c', command], {
        cwd: folder,
        env,
        encoding: 'utf8',
        timeout: 60_000,
        killSignal: 'SIGKILL'
      })
      t.match(stdout + stderr, makePattern(expected), command)
      commands++
    }
  }
  t.equal(commands, 13, 'all commands were run')
})

t.test('deploy.md', { skip: requirements() }, async (t) => {
  const ns = makeNamespace(t, 'docs')
  const folder = makeDeployment(t)
  const shell = makeShell(ns, folder)
  const snippets = readSnippets('docs/deploy.md')
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

  const checkVerdict = (t, verdict) =>
    t.match(read('docs/deploy.md'), `\n| \`${verdict}\` `, 'the page says what it means')

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
      const script = `${text}\necho "$NODE_OPTIONS"\nnpx osh-ifaddrs doctor | head -n 1`
      const [address, options, verdict] = shell(t, script, { env }).split('\n')
      t.match(
        { address, options },
        { address: ADDRESS, options: /^--max-old-space-size=99 --require=\// }
      )
      checkVerdict(t, verdict)
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
    'no network': (t, text) => t.equal(shell(t, text), ADDRESS),
    'never returns': (t, text) => {
      const env = { NODE_OPTIONS: '' }
      const kill = ['--deny-family', 'netlink', '--errno', 'KILL']
      for (const denials of [['--swallow-netlink'], kill]) {
        t.equal(shell(t, text, { denials, env }), ADDRESS, denials.join(' '))
        // What npm gets.
        const stubbed = "node --require=./stub.js -p 'os.networkInterfaces()'"
        t.equal(shell(t, stubbed, { denials }), '{}')
      }
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
  await t.test('what doctor begins with', async (t) => {
    for (const denials of [[], ['--deny-family', 'netlink']])
      checkVerdict(t, shell(t, 'npx osh-ifaddrs doctor | head -n 1', { denials }))
  })
  for (const { kind, name, text, line } of snippets) {
    t.match(kind, /^(test|file|not run)$/, `line ${line} is marked`)
    // The test of the next snippet uses it.
    if (kind === 'file') continue
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
