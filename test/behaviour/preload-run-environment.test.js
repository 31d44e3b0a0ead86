'use strict'

// `osh-ifaddrs run`: the variables that it sets, the binary that it finds, and the shells that run it.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { publishedName } = require('../../lib/addon/locate')
const { copyPackage, runCommand } = require('../support/command')
const { runNode } = require('../support/node')
const { skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')

skipWithout(t, 'dash', 'bash', 'busybox')

const SHELLS = { dash: ['dash'], bash: ['bash'], busybox: ['busybox', 'sh'] }
const PRINT = ['run', 'printenv', 'NODE_OPTIONS', 'LD_PRELOAD']

/** @param {string} file */
const rootOf = (file) => path.resolve(file, '../../..')
/** @param {string} file */
const preloadOf = (file) => path.join(rootOf(file), 'build/Release/osh_ifaddrs.node')
/** @param {string} file */
const optionOf = (file) => `--require=${path.join(rootOf(file), 'lib/register.js')}`

/**
 * @param {string} file
 * @param {Record<string, string>} env
 * @param {string[]} [shell]
 */
function extend(file, env, shell = []) {
  const before = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...shell]
  // ld.so(8) complains about the libraries that do not exist.
  const [NODE_OPTIONS, LD_PRELOAD] = runCommand(PRINT, { file, before }).stdout.split('\n')
  return { NODE_OPTIONS, LD_PRELOAD }
}

for (const [name, shell] of Object.entries(SHELLS)) {
  t.test(`it extends the environment, in ${name}`, async (t) => {
    const file = copyPackage(makeTemporaryFolder(t))
    const [option, preload] = [optionOf(file), preloadOf(file)]
    const check = (env, expected, message) =>
      t.strictSame(extend(file, env, shell), expected, message)
    const alone = { NODE_OPTIONS: option, LD_PRELOAD: preload }
    check({}, alone)
    check(alone, alone, 'nothing is added twice')
    check({ NODE_OPTIONS: '', LD_PRELOAD: '' }, alone, 'empty variables')
    check(
      { NODE_OPTIONS: '--no-warnings "-r=/b c.js"', LD_PRELOAD: '/x.so:/y.so' },
      {
        NODE_OPTIONS: `--no-warnings "-r=/b c.js" ${option}`,
        LD_PRELOAD: `/x.so:/y.so ${preload}`
      }
    )
    check(
      { NODE_OPTIONS: `${option}x`, LD_PRELOAD: `${preload}2` },
      { NODE_OPTIONS: `${option}x ${option}`, LD_PRELOAD: `${preload}2 ${preload}` },
      'longer paths'
    )
    const first = { NODE_OPTIONS: `${option} --no-warnings`, LD_PRELOAD: `${preload}:/x.so` }
    check(first, first, 'neither is last')
  })

  t.test(`the rest of the environment is the program's, in ${name}`, async (t) => {
    const script = fs.readFileSync(
      path.join(__dirname, '../../lib/command-line/osh-ifaddrs'),
      'utf8'
    )
    const names = [...script.matchAll(/^ *(?:case.*\) )?([a-z]+)=/gm)].map(
      ([, assigned]) => assigned
    )
    t.ok(new Set(names).size > 5, `control: the script assigns ${[...new Set(names)].join()}`)
    const own = [...new Set(names), 'CDPATH', 'ENV', 'x'].map((name) => `${name}=own value`)
    const { stdout } = runCommand(['run', '/usr/bin/env'], {
      before: ['env', '-i', ...own, ...shell]
    })
    const lines = stdout.trim().split('\n')
    const added = lines
      .map((line) => line.split('=')[0])
      .filter((key) => !own.includes(`${key}=own value`))
    t.strictSame(
      own.filter((line) => !lines.includes(line)),
      []
    )
    t.ok(added.includes('LD_PRELOAD'))
    const sets = ['LD_PRELOAD', 'NODE_OPTIONS', 'OLDPWD', 'PATH', 'PWD', 'SHLVL', '_']
    t.strictSame(
      added.filter((key) => !sets.includes(key)),
      [],
      'the shell adds only its own'
    )
    const odd = runCommand(['run', '/usr/bin/env'], { before: ['env', 'a.b=1', ...shell] })
    const kept = odd.stdout.includes('a.b=1')
    t.equal(kept, name === 'bash', 'dash and busybox drop names that no shell variable can have')
  })

  t.test(`links and folders, in ${name}`, async (t) => {
    const folder = makeTemporaryFolder(t)
    const file = copyPackage(path.join(folder, 'package'))
    const bin = path.join(folder, 'bin')
    const decoy = path.join(folder, 'decoy')
    fs.mkdirSync(path.join(decoy, 'linked/lib/command-line'), { recursive: true })
    fs.mkdirSync(bin)
    fs.symlinkSync('../package/lib/command-line/osh-ifaddrs', path.join(bin, 'relative'))
    fs.symlinkSync(path.join(bin, 'relative'), path.join(folder, 'absolute'))
    fs.symlinkSync('absolute', path.join(folder, '-link'))
    fs.symlinkSync('package', path.join(folder, 'linked'))
    const files = [
      './bin/relative',
      'bin/relative',
      './-link',
      'absolute',
      'linked/lib/command-line/osh-ifaddrs'
    ]
    for (const link of files) {
      const options = { cwd: folder, env: { ...process.env, CDPATH: decoy }, before: shell }
      const { stdout } = runCommand(['run', 'printenv', 'LD_PRELOAD'], { ...options, file: link })
      t.equal(stdout, `${preloadOf(file)}\n`, link)
    }
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
    const found = runCommand(['run', 'printenv', 'LD_PRELOAD'], { file: 'relative', env })
    t.equal(found.stdout, `${preloadOf(file)}\n`, 'in PATH')
  })
}

t.test('NODE_OPTIONS quotes any path that LD_PRELOAD can hold', async (t) => {
  const folder = makeTemporaryFolder(t)
  const script =
    'Object.getOwnPropertySymbols(os.networkInterfaces).length + " " + process.env.NODE_OPTIONS'
  let before = []
  for (const name of ['plain', 'with"quotes"', 'back\\slash', '"\\"\\\\$x`*\'']) {
    const file = copyPackage(path.join(folder, name))
    const node = runCommand(['run', process.execPath, '-p', script], { file, before })
    t.match(node, { status: 0, stderr: '' }, name)
    t.match(node.stdout, /^1 /, 'Node loads register')
    before = [`NODE_OPTIONS=${node.stdout.trim().slice(2)}`]
  }
  t.equal(before[0].split('--require=').length, 5, 'and each of the four accepts those before')
})

t.test('a path that LD_PRELOAD cannot hold', async (t) => {
  for (const name of ['a b', 'a:b', 'a\tb']) {
    const file = copyPackage(path.join(makeTemporaryFolder(t), name))
    t.strictSame(runCommand(['run', 'true'], { file }), {
      status: 125,
      signal: null,
      stdout: '',
      stderr: `osh-ifaddrs: LD_PRELOAD cannot hold a path with blanks or colons: ${preloadOf(file)}. Install the package elsewhere.\n`
    })
  }
})

t.test('it finds the binary that the addon would be', async (t) => {
  const folder = makeTemporaryFolder(t)
  const file = copyPackage(path.join(folder, 'a copy'), { compiled: false })
  const bin = path.join(folder, 'bin')
  const imitate = (name, script) =>
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  fs.mkdirSync(bin)
  const find = (PATH) => {
    const { status, stderr } = runCommand(['run', 'true'], { file, env: { ...process.env, PATH } })
    const [, name, advice] =
      /no preload library for (\S+) is published or compiled\. (.*)\n$/.exec(stderr) ?? []
    t.equal(status, 125)
    t.equal(advice, `To compile it, run: sh "${file}" build`)
    return name
  }
  t.equal(find(process.env.PATH), publishedName(), 'on this machine')

  const PATH = `${bin}:${process.env.PATH}`
  const machines = [
    ['x86_64 GNU/Linux', 2, { platform: 'linux', arch: 'x64' }],
    ['x86_64 GNU/Linux', 1, { platform: 'linux', arch: 'ia32' }],
    ['i686 GNU/Linux', 1, { platform: 'linux', arch: 'ia32' }],
    ['aarch64 Linux', 2, { platform: 'linux', arch: 'arm64' }],
    ['aarch64 GNU/Linux', 1, { platform: 'linux', arch: 'arm' }],
    ['armv8l GNU/Linux', 1, { platform: 'linux', arch: 'arm' }],
    ['armv7l GNU/Linux', 1, { platform: 'linux', arch: 'arm' }],
    ['armv6l GNU/Linux', 1, { platform: 'linux', arch: 'arm', version: 6 }],
    ['aarch64 Android', 2, { platform: 'android', arch: 'arm64' }],
    ['s390x GNU/Linux', 2, { platform: 'linux', arch: 's390x' }],
    ['riscv64 GNU/Linux', 2, { platform: 'linux', arch: 'riscv64' }]
  ]
  for (const [uname, elfClass, { platform, arch, version = 7 }] of machines) {
    imitate('uname', `echo '${uname}'`)
    imitate('od', `echo '   ${elfClass}'`)
    const script = `
      const values = { platform: '${platform}', arch: '${arch}', config: { variables: { arm_version: '${version}' } } }
      for (const [name, value] of Object.entries(values)) Object.defineProperty(process, name, { value })
      console.log(require('./lib/addon/locate').publishedName())`
    t.equal(`${find(PATH)}\n`, runNode(['-e', script]).stdout, `${uname}, ELF class ${elfClass}`)
  }
  imitate('uname', 'case $1 in -m) echo x86_64 ;; -s) echo Linux ;; *) exit 1 ;; esac')
  imitate('od', 'exit 1')
  t.equal(find(PATH), 'linux-x64', 'uname(1) without -o, and no /proc')

  fs.mkdirSync(path.join(folder, 'plain/prebuilds'), { recursive: true })
  const published = copyPackage(path.join(folder, 'plain'), { compiled: false })
  const prebuilt = path.join(folder, 'plain/prebuilds/linux-x64.node')
  fs.writeFileSync(prebuilt, '')
  const { stdout } = runCommand(['run', 'sh', '-c', 'echo "$LD_PRELOAD"'], {
    file: published,
    env: { ...process.env, PATH }
  })
  t.equal(stdout, `${prebuilt}\n`)
})

t.test('only the other commands need Node', async (t) => {
  const options = { env: { PATH: makeTemporaryFolder(t) } }
  t.match(runCommand(['run', '/usr/bin/env'], options), {
    status: 0,
    stdout: /^LD_PRELOAD=/m,
    stderr: ''
  })
  for (const args of [[], ['doctor'], ['run', '--help'], ['build']]) {
    const stderr =
      'osh-ifaddrs: all commands except run need Node, and node is not in PATH. Install Node.\n'
    t.strictSame(runCommand(args, options), { status: 127, signal: null, stdout: '', stderr })
  }
})
