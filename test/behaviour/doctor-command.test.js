'use strict'

// The command that the doctor prints: typed in a shell, in the directory in which the doctor ran, it makes the package
// answer. And what the doctor prints where it can try nothing.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('../..')
const { copyPackage } = require('../support/command')
const { projectRoot } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')
const { makeTemporaryFolder } = require('../support/temporary-folder')

skipWithout(t)

const PRINT = path.join(projectRoot, 'test/support/fixtures/print.js')
const LISTS = path.join(projectRoot, 'test/build/lists')
const NODE = path.dirname(process.execPath)

const ns = makeNamespace(t, 'doctor-command')
const outside = ns.node([PRINT]).stdout

/** A copy of the package in a folder, which the sandbox opens, and what the doctor prints there. */
function install(t, name, { binary = true } = {}) {
  // Not in the project, whose package.json would give the name another meaning.
  const folder = makeTemporaryFolder(t)
  const project = path.join(folder, 'project')
  const command = copyPackage(path.join(project, name), { compiled: binary })
  fs.chmodSync(folder, 0o755)
  const cli = path.join(path.dirname(command), 'cli.js')
  const options = (cwd, env) => ({
    cwd,
    env: { PATH: `${NODE}:/usr/bin:/bin`, ...env },
    launch: ['--deny-family', 'netlink', '--path', folder]
  })
  const text = (cwd, env, args = []) => ns.node([...args, cli, 'doctor'], options(cwd, env))
  const diagnose = (cwd, env, args = []) => {
    const { stdout, stderr } = text(cwd, env, args)
    t.equal(stderr, '')
    const json = ns.node([...args, cli, 'doctor', '--json'], options(cwd, env))
    return { lines: stdout.split('\n'), report: JSON.parse(json.stdout) }
  }
  const type = (line, cwd) => ns.exec('/bin/sh', ['-c', line], options(cwd))
  return { folder, project, command, diagnose, text, type }
}

/** Types the commands of the report, with a program in place of its names. */
function follow(t, { diagnose, type }, cwd, env) {
  const { lines, report } = diagnose(cwd, env)
  const [register, run] = report.remedies
    .filter(({ owner, tested }) => owner === 'this process' && tested)
    .map(({ change }) => change)
  t.equal(lines[1], `    ${register}`, 'the second line')
  const node = type(register.replace('app.js', PRINT), cwd)
  t.match(node, { status: 0, stdout: outside, stderr: '' }, register)
  if (run !== undefined) {
    const program = type(`${run.replace('-- program', `-- ${LISTS} list`)}`, cwd)
    t.match(program, { status: 0, stdout: /fd00/, stderr: '' }, run)
  }
  return [register, run]
}

t.test('the name leads to the package only below the folder of its installation', async (t) => {
  const installed = install(t, 'node_modules/osh-ifaddrs')
  const below = path.join(installed.project, 'src')
  fs.mkdirSync(below)
  for (const cwd of [installed.project, below])
    t.match(follow(t, installed, cwd)[0], /^node -r osh-ifaddrs\/register app\.js$/, cwd)
  const absolute = `node -r ${installed.project}/node_modules/osh-ifaddrs/lib/register.js app.js`
  for (const cwd of [installed.folder, '/']) t.equal(follow(t, installed, cwd)[0], absolute, cwd)
})

t.test('another copy has the name', async (t) => {
  const installed = install(t, 'elsewhere')
  copyPackage(path.join(installed.project, 'node_modules/osh-ifaddrs'), { compiled: true })
  const [register] = follow(t, installed, installed.project)
  t.equal(register, `node -r ${installed.project}/elsewhere/lib/register.js app.js`)
})

t.test('a path with blanks and quotes', async (t) => {
  const installed = install(t, "a 'path'")
  const [register, run] = follow(t, installed, installed.project)
  t.match(register, "'\\''path'\\''")
  t.equal(run, undefined, 'LD_PRELOAD cannot hold it')
})

t.test('the command for other programs', async (t) => {
  const installed = install(t, 'node_modules/osh-ifaddrs')
  const { project, command } = installed
  t.equal(follow(t, installed, project)[1], `sh ${command} run -- program`)
  const bin = path.join(project, 'node_modules/.bin')
  fs.mkdirSync(bin)
  fs.symlinkSync(command, path.join(bin, 'osh-ifaddrs'))
  const byNpx = { PATH: `${bin}:${NODE}:/usr/bin:/bin` }
  const [, run] = follow(t, installed, project, byNpx)
  t.equal(run, 'node_modules/.bin/osh-ifaddrs run -- program', 'npx has set PATH')
  const global = path.join(project, 'bin')
  fs.mkdirSync(global)
  fs.symlinkSync(command, path.join(global, 'osh-ifaddrs'))
  const PATH = `${global}:${NODE}:/usr/bin:/bin`
  t.equal(
    installed.diagnose(project, { PATH }).report.remedies[1].change,
    'osh-ifaddrs run -- program'
  )
})

t.test('the current directory is gone', async (t) => {
  const installed = install(t, 'elsewhere')
  const gone = path.join(installed.folder, 'gone')
  const cli = path.join(path.dirname(installed.command), 'cli.js')
  const script = `mkdir '${gone}' && cd '${gone}' && rmdir '${gone}' && exec '${process.execPath}' '${cli}' doctor`
  const launch = ['--user', 'keep', '--no-landlock', '--deny-family', 'netlink']
  const { stdout } = ns.exec('/bin/sh', ['-c', script], { launch })
  t.match(stdout, `\n    node -r ${installed.project}/elsewhere/lib/register.js app.js\n`)
})

t.test('Node may load no addon', async (t) => {
  const installed = install(t, 'node_modules/osh-ifaddrs')
  const [major] = process.versions.node.split('.').map(Number)
  const permission = [
    major < 22 ? '--experimental-permission' : '--permission',
    '--allow-fs-read=*',
    ...(major < 22 ? ['--no-warnings'] : [])
  ]
  const under = (args) => installed.diagnose(installed.project, {}, args)
  const run = (line) => installed.type(line.replace('app.js', PRINT), installed.project)

  const forbidden = under(permission)
  t.match(forbidden.report, { status: 2, native: { code: 'EPERM' }, refusedCall: null })
  t.match(forbidden.report.suspects[0], { name: 'Node --permission', certainty: 'high' })
  t.equal(
    forbidden.lines[0],
    'os.networkInterfaces() fails here, and this package cannot be loaded.'
  )
  const [allow, preload] = forbidden.report.remedies.filter(({ owner }) => owner === 'this process')
  t.equal(forbidden.lines[1], `    ${allow.change}`)
  t.match(run(allow.change), { status: 0, stdout: outside }, allow.change)
  t.match(run(preload.change), { status: 0, stdout: outside }, preload.change)
  t.match([allow.tested, preload.tested], [false, false], 'not by the doctor')

  const folder = path.join(installed.project, 'node_modules/osh-ifaddrs')
  const allowed = permission.filter((option) => option !== '--allow-fs-read=*')
  const files = ['lib', 'package.json'].map((name) => `--allow-fs-read=${folder}/${name}`)
  const unreadable = under([...allowed, ...files, '--allow-addons'])
  t.match(unreadable.report, { status: 2, addonError: /restricted/ })
  const { change } = unreadable.report.remedies[0]
  t.equal(change.match(/--allow-addons/g)?.length, 1, 'no option twice')
  t.match(change, ` --allow-fs-read=${folder} `)
  const line = change.replace('app.js', `--allow-fs-read=${projectRoot} app.js`)
  t.match(run(line), { status: 0, stdout: outside }, line)

  const disabled = under(['--no-addons'])
  t.match(disabled.report.suspects[0], { name: 'Node --no-addons', certainty: 'high' })
  const [first] = disabled.report.remedies
  t.match(run(first.change), { status: 0, stdout: outside }, first.change)
  t.notMatch(JSON.stringify([forbidden, disabled]), /\.\.[^/.]/, 'no sentence has two full stops')
})

t.test('the sources that may be asked do not answer', async (t) => {
  const installed = install(t, 'node_modules/osh-ifaddrs')
  const env = { OSH_IFADDRS_SOURCES: 'rtnetlink' }
  const { lines, report } = installed.diagnose(installed.project, env)
  t.match(report, { status: 2, refusedCall: null, listen: null, evidence: { links: null } })
  t.equal(lines[1], '    unset OSH_IFADDRS_SOURCES')
})

t.test('no binary fits', async (t) => {
  const installed = install(t, 'node_modules/osh-ifaddrs', { binary: false })
  const { lines, report } = installed.diagnose(installed.project)
  t.match(report, { status: 2, sources: [] })
  t.equal(lines[1], `    sh ${installed.command} build`)
})

t.test('a path with control characters', async (t) => {
  const installed = install(t, 'a\u001b[31m\npath')
  const { stdout } = installed.text(installed.project)
  t.notMatch(stdout, /\u001b|^path/m)
})

t.test('register was used before: the addon is no preload library', async (t) => {
  const installed = install(t, 'node_modules/osh-ifaddrs')
  const user = path.join(installed.folder, 'user.js')
  fs.writeFileSync(user, 'require("node:os").networkInterfaces()')
  const args = ['-r', 'osh-ifaddrs/register', '-r', user]
  const { report } = installed.diagnose(installed.project, {}, args)
  t.match(report, { status: 1, replaced: true, active: { register: true, preload: false } })
})

t.test('the preload library is active', async (t) => {
  const installed = install(t, 'node_modules/osh-ifaddrs')
  const { lines, report } = installed.diagnose(installed.project, { LD_PRELOAD: preloadPath })
  t.match(report, { status: 1, replaced: true, refusedCall: { syscall: 'socket(AF_NETLINK)' } })
  t.equal(lines[1], 'Nothing to do.')
})
