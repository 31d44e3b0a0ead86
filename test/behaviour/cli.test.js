'use strict'

// The command line: arguments, output, terminals and exit statuses.

const t = require('tap')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { interfaces } = require('../..')
const { align, wrap } = require('../../lib/command-line/terminal')
const { command, copyPackage, runCommand } = require('../support/command')
const { Namespace } = require('../support/namespace')
const { runNode } = require('../support/node')
const { requirements } = require('../support/requirements')
const { version } = require('../../package.json')

const cli = path.join(__dirname, '../../lib', 'command-line', 'cli.js')
const COMMANDS = [
  'list',
  'watch',
  'doctor',
  'run',
  'build',
  'preload-path',
  'register-path',
  'help'
]
const run = (...args) => runNode([cli, ...args])

t.test('--json prints the result of interfaces()', async (t) => {
  for (const args of [['--json'], ['list', '--json']]) {
    const { status, stdout, stderr } = run(...args)
    t.match({ status, stderr }, { status: 0, stderr: '' })
    t.strictSame(JSON.parse(stdout), interfaces())
  }
})

t.test('help and version', async (t) => {
  t.match(run('--help'), { status: 0, stdout: /^Usage: osh-ifaddrs \[list\]/, stderr: '' })
  t.match(run('-h').stdout, 'Exit status:')
  t.notMatch(run('--help').stdout, /.{81}/, 'no line is too wide')
  for (const name of COMMANDS) {
    t.match(run('--help').stdout, `\n  ${name} `, 'the main help lists it')
    const { status, stdout, stderr } = run(name, '--help')
    t.match({ status, stderr }, { status: 0, stderr: '' })
    t.ok(stdout.startsWith(`Usage: osh-ifaddrs ${name === 'list' ? '[list]' : name}`))
    t.match(stdout, 'Exit status:')
    t.notMatch(stdout, /.{81}/, 'no line is too wide')
    t.match(run('help', name), { status: 0, stdout, stderr: '' })
  }
  t.equal(run('help').stdout, run('--help').stdout)
  t.match(run('--version'), { status: 0, stdout: `${version}\n` })
})

t.test('it is a shell script and JavaScript', async (t) => {
  const link = path.join(t.testdir({}), 'a link')
  fs.symlinkSync(command, link)
  const help = run('run', '--help').stdout
  for (const file of [command, link]) {
    const script = (...args) => runCommand(args, { file })
    const javaScript = (...args) => runNode([file, ...args])
    for (const execute of [script, javaScript]) {
      t.match(execute('--version'), { status: 0, stdout: `${version}\n`, stderr: '' })
      t.match(execute('run', '-h'), { status: 0, stdout: help, stderr: '' })
      t.match(execute('build', '--frob'), { status: 64, stdout: '', stderr: 'option: --frob' })
    }
    for (const [args, status] of [
      [['run', '--', 'printf', '<%s>', "it's $x", ''], 125],
      [['build'], 1]
    ]) {
      const refused = javaScript(...args)
      t.match(refused, { status, stdout: '' })
      const [, line] =
        /^osh-ifaddrs: .* needs a shell, .*\. Run: (.*)\n$/.exec(refused.stderr) ?? []
      t.match(line, /^sh \S+\/lib\/command-line\/osh-ifaddrs (run|build)/)
      if (args[0] !== 'run') continue
      const { stdout } = spawnSync('sh', ['-c', line], { encoding: 'utf8' })
      t.equal(stdout, "<it's $x><>", 'the command in the message works')
    }
  }
})

t.test('register-path is for `node -r`', async (t) => {
  const file = copyPackage(path.join(t.testdir({}), 'a copy'), { compiled: false })
  const { stdout } = runCommand(['register-path'], { file })
  t.equal(stdout, `${path.resolve(file, '../../register.js')}\n`)
  const symbols = 'Object.getOwnPropertySymbols(os.networkInterfaces).length'
  t.equal(runNode(['-r', stdout.trim(), '-p', symbols]).stdout, '1\n')
})

t.test('invalid usage exits with 64 and a hint', async (t) => {
  const usage = (args, stderr) =>
    t.match(run(...args), { status: 64, stdout: '', stderr }, args.join(' '))
  usage(
    ['--jsn'],
    /^osh-ifaddrs: Unknown option: --jsn\. Did you mean --json\?\nRun: osh-.* --help/
  )
  usage(['doctr'], /Unknown command: doctr\. Did you mean doctor\?\nRun: osh-ifaddrs --help\n$/)
  usage(['preload_path'], 'Did you mean preload-path?')
  usage(['doctor', '--jsno'], /--json\?\nRun: osh-ifaddrs doctor --help/)
  usage(['frobnicate'], /Unknown command: frobnicate\.\nRun: /)
  usage(['doctor', 'now'], 'Unexpected argument: now.')
  usage(
    ['help', 'doctr'],
    /Unknown command: doctr\. Did you mean doctor\?\nRun: osh-ifaddrs --help\n$/
  )
  usage(['help', 'doctor', 'now'], 'Unexpected argument: now.')
  usage(['--json=yes'], 'This option takes no value: --json.')
  usage(['preload-path', '--json'], 'Unknown option: --json.')
  usage(['constructor'], 'Unknown command: constructor.')
})

t.test('a pipe that its reader closes early is not an error', async (t) => {
  for (const args of ['--json', 'doctor', '']) {
    const script = `unset NODE_OPTIONS; "${process.execPath}" "${cli}" ${args} | true; echo "$?"`
    t.match(spawnSync('sh', ['-c', script], { encoding: 'utf8' }), { stdout: '0\n', stderr: '' })
    const piped = `unset NODE_OPTIONS; { "${process.execPath}" "${cli}" ${args}; echo "$?" >&2; } | true`
    const { stderr } = spawnSync('sh', ['-c', piped], { encoding: 'utf8' })
    t.match(stderr, /^[012]\n$/, `${args}: stderr has only the status`)
  }
})

t.test('columns align for text of any width', async (t) => {
  const rows = [
    ['\u8def\u7531', 'x'],
    ['e\u0301', 'x'],
    ['abcde', 'x'],
    ['\u001b[1mb\u001b[22m', 'x']
  ]
  const gaps = align(rows).map((line, i) => line.length - rows[i][0].length - 1)
  t.strictSame(gaps, [3, 6, 2, 6], 'wide characters have two columns, accents and colours none')
  t.equal(wrap('one two three', 9, '- '), '- one two\n  three')
})

// Imitates macOS by setting process.platform; the native function is that of Linux.
t.test('a platform with only the native function', async (t) => {
  const darwin = `
    Object.defineProperty(process, 'platform', { value: 'darwin' })
    process.argv.splice(1, 0, ${JSON.stringify(cli)})
    require(${JSON.stringify(cli)})`
  const runOnDarwin = (...args) => runNode(['-e', darwin, '--', ...args])
  t.match(runOnDarwin(), {
    status: 0,
    stdout: /^lo +up +\S+ +- +127\.0\.0\.1\/8 +native +loopback$/m
  })
  const { status, stdout } = runOnDarwin('doctor')
  t.equal(status, 0)
  t.match(stdout, /^os\.networkInterfaces\(\) works here\.\nNothing to do\.\n/)
  t.notMatch(stdout, /unknown|Sources|Restrictions/)
})

t.test('in a sandbox', { skip: requirements() }, async (t) => {
  const ns = Namespace.create('cli')
  t.teardown(() => ns.remove())
  const hostile = 'a\u001b[31m'
  ns.ip('link add d0 type veth peer name d1')
  ns.ip('link add d2 type veth peer name d3')
  ns.ip('addr add 10.0.0.1/24 dev d1')
  ns.ip('addr add 10.0.1.1/24 dev d0')
  ns.ip('addr add 10.0.2.1/24 dev d2')
  ns.ip('addr add fd00::1/64 dev d1')
  ns.ip('link set d0 up')
  ns.ip('link set d1 up')
  ns.settle()
  // After settle(): ip(8) does not escape such a name in its JSON.
  ns.ip(['link', 'set', 'd0', 'name', hostile])
  const show = (launch, options) => ns.node([cli], { launch, ...options })

  await t.test('the table', async (t) => {
    for (const [launch, source] of [
      [[], 'rtnetlink'],
      [['--deny-family', 'netlink'], 'ioctl']
    ]) {
      const { status, stdout, stderr } = show(launch)
      t.equal(status, 0, stderr)
      t.match(stdout, /^NAME +STATE +MAC +MTU +ADDRESS +SOURCE +NOTES$/m)
      const mac = '[0-9a-f:]{17}'
      t.match(stdout, RegExp(`^d1 +up +${mac} +1500 +10\\.0\\.0\\.1/24 +${source}$`, 'm'))
      t.match(stdout, RegExp(`^a\\\\u\\{1b\\}\\[31m +up +${mac} `, 'm'), 'names are escaped')
      t.match(stdout, RegExp(`^d2 +down +${mac} +1500 +10\\.0\\.2\\.1/24 `, 'm'), 'also down')
      t.match(stdout, RegExp(`^d3 +down +${mac} +1500 +- +-$`, 'm'), 'also without an address')
      t.match(stdout, /^lo +down .* loopback$/m)
      const ipv6 = source === 'ioctl' ? 'procfs' : source
      t.match(stdout, RegExp(`^ +fd00::1/64 +${ipv6}$`, 'm'), 'the name is printed once')
      t.match(stdout, /^ +fe80::\S+\/64 +\S+ +scope id \d+$/m)
      t.notMatch(stdout, /inferred|unknown/)
    }
  })

  await t.test('marks', async (t) => {
    const inferred = show(['--deny-family', 'all'])
    t.match(inferred.stdout, /10\.0\.0\.1\/24 +ioctl +prefix inferred, link inferred$/m)
    const unknown = show(['--deny-family', 'all', '--deny-socketpair'])
    t.match(unknown.stdout, /^d1 +up +- +- +fd00::1\/64 +procfs +state inferred$/m)
    t.match(unknown.stdout, /^IPv4 addresses are unknown/m)
    t.match(unknown.stdout, /^Links without addresses are unknown/m)
  })

  await t.test('notes, and text from the kernel', async (t) => {
    const other = Namespace.create('cli-notes')
    t.teardown(() => other.remove())
    const hidden = '\u001b[31m\u009b'
    other.ip('link add d0 type veth peer name d1')
    other.ip('link set d0 up')
    other.ip('addr add 10.0.0.1 peer 10.0.0.2/30 dev d0')
    other.ip(['addr', 'add', '10.0.1.1/24', 'dev', 'd0', 'label', `d0:${hidden}`])
    other.ip(['link', 'property', 'add', 'dev', 'd1', 'altname', `other${hidden}`])
    const { stdout } = other.node([cli])
    t.match(stdout, /^d0 +no carrier +\S+ +1500 +10\.0\.0\.1\/30 +rtnetlink +peer 10\.0\.0\.2$/m)
    t.match(stdout, /10\.0\.1\.1\/24 +rtnetlink +label d0:\\u\{1b\}\[31m\\u\{9b\}$/m)
    t.match(stdout, /^d1 +down +\S+ +1500 +- +- +also other\\u\{1b\}\[31m\\u\{9b\}$/m)
    const refused = other.node([cli], { launch: ['--deny-family', 'netlink'] }).stdout
    t.match(refused, /^d0 +no carrier .* +state inferred, peer 10\.0\.0\.2$/m)
    const [launch, mtu] = [
      ['--deny-family', 'netlink'],
      ['--deny-ioctl', 'SIOCGIFMTU']
    ]
    t.match(other.node([cli], { launch: [...launch, ...mtu] }).stdout, /^d1 +down +\S+ +- +- /m)

    const json = other.node([cli, '--json']).stdout
    t.notMatch(json, /[\u001b\u007f-\u009f]/, 'no control character')
    t.strictSame(JSON.parse(json)[1].alternativeNames, [`other${hidden}`])
  })

  await t.test('a link that only a label names', { skip: requirements('landlock') }, async (t) => {
    const other = Namespace.create('cli-label')
    t.teardown(() => other.remove())
    other.ip('link add d0 type veth peer name d1')
    other.ip('addr add 10.0.0.1/30 dev d0')
    other.ip('addr add 10.0.1.1/24 dev d0 label d0:1')
    const ioctl = ['--deny-family', 'netlink', '--deny-ioctl', 'SIOCGIFNAME', '--no-path', '/proc']
    const [link] = JSON.parse(other.node([cli, '--json'], { launch: ioctl }).stdout)
    t.match(link, { name: 'd0', inferred: ['state', 'internal', 'name'] }, 'named by a label')
    t.equal(link.addresses.length, 2)
  })

  await t.test('nothing answers', { skip: requirements('landlock') }, async (t) => {
    const { status, stderr } = show([
      ...['--deny-family', 'all', '--deny-socketpair', '--no-path', '/proc']
    ])
    t.equal(status, 2)
    t.match(stderr, /^osh-ifaddrs: cannot read .*: socket\(AF_NETLINK\) failed with EPERM/)
    t.match(stderr, / Run: osh-ifaddrs doctor\n$/)
  })

  await t.test('colour and width', async (t) => {
    const coloured = /^\u001b\[1mNAME/
    // Without CI, in which Node disables colours.
    const unset = { TERM: 'xterm', CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined }
    t.notMatch(show([], { env: unset }).stdout, coloured, 'no colour in a pipe')
    t.match(show([], { env: { FORCE_COLOR: '1' } }).stdout, coloured, 'FORCE_COLOR forces it')
    const both = show([], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })
    t.match(both, { stdout: coloured, stderr: '' }, 'Node prints no warning')

    // script(1) runs it on a terminal.
    const onTerminal = (columns, env) => {
      const command = `stty cols ${columns}; exec "${process.execPath}" "${cli}"`
      const launch = ['--user', 'keep', '--no-landlock']
      const shell = { SHELL: '/bin/sh', ...unset, ...env }
      return ns
        .exec('script', ['-qec', command, '/dev/null'], { launch, env: shell, input: '' })
        .stdout.replaceAll('\r', '')
    }
    t.match(onTerminal(120), coloured, 'on a terminal')
    t.match(onTerminal(120, { NO_COLOR: '1' }), /^NAME +STATE/, 'NO_COLOR')
    t.match(onTerminal(120, { TERM: 'dumb' }), /^NAME +STATE/, 'TERM=dumb')
    const narrow = onTerminal(50, { NO_COLOR: '1' })
    t.match(
      narrow,
      /^d1 {2}up {2}[0-9a-f:]{17} {2}1500\n {2}10\.0\.0\.1\/24 +rtnetlink$/m,
      'a list'
    )
    t.notMatch(narrow, /.{51}/, 'no line is wider than the terminal')
    t.notMatch(onTerminal(40, { NO_COLOR: '1' }), /.{41}/, 'nor here')
  })
})
