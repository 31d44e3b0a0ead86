'use strict'

// What the patch does with every outcome of the native function, in every way of loading it. The native
// function is stubbed where it must fail in a chosen way: no sandbox chooses EMFILE.

const t = require('tap')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Namespace, requirements } = require('./support/namespace')

const root = path.join(__dirname, '..')

// node-tap's own hooks must not be what makes a child talk or load modules.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(NODE_OPTIONS|NODE_V8_COVERAGE|_TAPJS_.*)$/.test(name)
  )
)

/**
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
function node(args, env) {
  return spawnSync(process.execPath, args, {
    cwd: root,
    env: { ...environment, ...env },
    encoding: 'utf8'
  })
}

/** What a script prints with console.log(), read as JSON; it must succeed without another word. */
function answer(t, script, { args = [], env = {} } = {}) {
  const { status, stdout, stderr } = node([...args, '-e', script], env)
  t.equal(status, 0, stderr)
  t.equal(stderr, '', 'silent')
  return JSON.parse(stdout)
}

// A native function that throws `thrown`, an expression, and counts its calls.
const stub = (thrown) => `
  const os = require('os')
  const numbers = os.constants.errno
  const systemError = (errno) => Object.assign(
    new Error('A system error occurred: uv_interface_addresses returned Unknown system error ' + errno),
    {
      code: 'ERR_SYSTEM_ERROR',
      info: { errno, code: 'Unknown system error ' + errno, syscall: 'uv_interface_addresses' },
      errno,
      syscall: 'uv_interface_addresses'
    })
  let calls = 0
  os.networkInterfaces = () => { calls++; throw ${thrown} };`

t.test('a native answer is handed on untouched, and nothing is loaded', async (t) => {
  const result = answer(
    t,
    `const os = require('os')
    const native = {}
    os.networkInterfaces = () => native
    require('osh-ifaddrs/register')
    const same = os.networkInterfaces() === native
    const loaded = Object.keys(require.cache).filter((file) => /\\.node$|lib\\/index\\.js$/.test(file) && !file.includes('node_modules'))
    console.log(JSON.stringify({ same, loaded, name: os.networkInterfaces.name, length: os.networkInterfaces.length }))`
  )
  t.strictSame(result, { same: true, loaded: [], name: 'networkInterfaces', length: 0 })
})

t.test('a permanent denial is remembered, a passing one is not', async (t) => {
  const calls = (thrown) =>
    answer(
      t,
      `${stub(thrown)}
      require('osh-ifaddrs/register')
      const answers = [1, 2, 3].map(() => 'lo' in os.networkInterfaces())
      console.log(JSON.stringify([calls, answers.every(Boolean)]))`
    )
  const permanent = ['EPERM', 'EACCES', 'EAFNOSUPPORT', 'EOPNOTSUPP', 'EPROTONOSUPPORT', 'ENOSYS']
  for (const name of permanent) {
    t.strictSame(calls(`systemError(numbers.${name})`), [1, true], name)
    t.strictSame(calls(`systemError(-numbers.${name})`), [1, true], `-${name}`)
  }
  for (const name of ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EINTR', 'EAGAIN'])
    t.strictSame(calls(`systemError(numbers.${name})`), [3, true], name)
  const bun = `Object.assign(new Error('A system error occurred: getifaddrs returned an error'),
    { code: 'ERR_SYSTEM_ERROR', syscall: 'getifaddrs' })`
  t.strictSame(calls(bun), [3, true], 'as Bun throws')
  for (const odd of ['null', 'undefined', '"text"', 'Object.freeze(new Error("frozen"))'])
    t.strictSame(calls(odd), [3, true], odd)
})

t.test('when ours fails too, the native error is thrown with ours as its cause', async (t) => {
  const thrown = (expression, env) =>
    answer(
      t,
      `${stub(expression)}
      require('osh-ifaddrs/register')
      require('osh-ifaddrs').networkInterfaces = () => { throw new Error('ours') }
      let caught = []
      for (let i = 0; i < 2; i++) try { os.networkInterfaces() } catch (error) { caught.push(error) }
      const [, error] = caught
      console.log(JSON.stringify([caught.length, calls, error?.errno ?? String(error), error?.cause?.message ?? null]))`,
      { env }
    )
  t.strictSame(thrown('systemError(1)'), [2, 2, 1, 'ours'])
  t.strictSame(thrown('systemError(1)', { OSH_IFADDRS_MODE: 'always' }), [2, 2, 1, 'ours'])
  t.strictSame(thrown('null'), [2, 2, 'null', null])
  t.strictSame(thrown('Object.freeze(systemError(1))'), [2, 2, 1, null])
})

t.test('OSH_IFADDRS_MODE=always does not ask the native function', async (t) => {
  const result = answer(
    t,
    `${stub('systemError(1)')}
    require('osh-ifaddrs/register')
    console.log(JSON.stringify(['lo' in os.networkInterfaces(), calls]))`,
    { env: { OSH_IFADDRS_MODE: 'always' } }
  )
  t.strictSame(result, [true, 0])
})

t.test('every way to load it', async (t) => {
  const patched = `JSON.stringify(Symbol.for('osh-ifaddrs.patched') in require('os').networkInterfaces)`
  const print = `console.log(${patched})`
  t.equal(answer(t, print), false, 'control')
  t.equal(answer(t, print, { args: ['-r', 'osh-ifaddrs/register'] }), true, '-r')
  t.equal(answer(t, print, { args: ['--import', 'osh-ifaddrs/register'] }), true, '--import')
  const env = { NODE_OPTIONS: '-r osh-ifaddrs/register' }
  t.equal(answer(t, print, { env }), true, 'NODE_OPTIONS')

  const worker = `new (require('worker_threads').Worker)(${JSON.stringify(print)}, { eval: true })`
  t.equal(answer(t, worker, { args: ['-r', 'osh-ifaddrs/register'] }), true, 'worker')
  const working = `${stub('systemError(1)')}
    require('osh-ifaddrs/register')
    console.log('lo' in os.networkInterfaces())`
  const workers = `for (let i = 0; i < 3; i++)
    new (require('worker_threads').Worker)(${JSON.stringify(working)}, { eval: true })`
  t.equal(node(['-e', workers]).stdout, 'true\n'.repeat(3), 'answers in many workers')

  const { status, stdout, stderr } = node([path.join(__dirname, 'fixtures', 'esm.mjs')])
  t.equal(status, 0, stderr)
  t.equal(stdout, 'true\n', 'a named import taken before')
})

t.test('two copies patch once', async (t) => {
  const copy = t.testdir()
  fs.cpSync(path.join(root, 'lib'), path.join(copy, 'lib'), { recursive: true })
  const result = answer(
    t,
    `const os = require('os')
    require('osh-ifaddrs/register')
    const first = os.networkInterfaces
    require(${JSON.stringify(path.join(copy, 'lib', 'register.js'))})
    console.log(first === os.networkInterfaces)`
  )
  t.equal(result, true)
})

t.test('an addon that cannot be loaded', async (t) => {
  const copy = t.testdir({ 'package.json': '{}' })
  fs.cpSync(path.join(root, 'lib'), path.join(copy, 'lib'), { recursive: true })
  fs.cpSync(
    path.join(root, 'node_modules/node-gyp-build'),
    path.join(copy, 'node_modules/node-gyp-build'),
    {
      recursive: true
    }
  )
  const { status, stdout, stderr } = node([
    '-e',
    `${stub('systemError(1)')}
    require(${JSON.stringify(path.join(copy, 'lib', 'register.js'))})
    const causes = [1, 2].map(() => {
      try { os.networkInterfaces() } catch (error) { return [error.errno, error.cause.message] }
    })
    console.log(JSON.stringify([calls, causes]))`
  ])
  t.equal(status, 0, stderr)
  const [calls, causes] = JSON.parse(stdout)
  t.equal(calls, 2)
  for (const [errno, message] of causes) {
    t.equal(errno, 1)
    t.match(message, /No native build was found/)
  }
  t.equal(stderr.match(/osh-ifaddrs cannot load its addon/g)?.length, 1, 'one warning')
})

t.test('NODE_DEBUG makes it talk', async (t) => {
  const script = `${stub('systemError(1)')}
    require('osh-ifaddrs/register')
    os.networkInterfaces()`
  const { status, stderr } = node(['-e', script], { NODE_DEBUG: 'osh-ifaddrs' })
  t.equal(status, 0)
  t.match(stderr, /OSH-IFADDRS \d+: the native function threw: .*Unknown system error 1/)
})

t.test('on other platforms nothing is done', async (t) => {
  for (const platform of ['darwin', 'win32']) {
    const override = path.join(
      t.testdir({
        'platform.js': `Object.defineProperty(process, 'platform', { value: '${platform}' })`
      }),
      'platform.js'
    )
    const result = answer(
      t,
      `const os = require('os')
      const native = os.networkInterfaces
      require('osh-ifaddrs/register')
      const { networkInterfaces, diagnose } = require('osh-ifaddrs')
      const same = JSON.stringify(networkInterfaces()) === JSON.stringify(native())
      const loaded = Object.keys(require.cache).some((file) => file.endsWith('.node'))
      console.log(JSON.stringify([native === os.networkInterfaces, same, loaded, diagnose().complete]))`,
      { args: ['-r', override] }
    )
    t.strictSame(result, [true, true, false, true], platform)
    const install = node(['-r', override, path.join(root, 'scripts', 'install.js')], { PATH: '' })
    t.match(install, { status: 0, stdout: '', stderr: '' }, `install on ${platform}`)
  }
})

t.test('bad arguments', async (t) => {
  const { networkInterfaces, diagnose } = require('..')
  const bad = [
    [null, '"options" must be an object, not null'],
    [7, '"options" must be an object, not 7'],
    [{ sources: 'ioctl' }, `"options.sources" must be an array, not 'ioctl'`],
    [{ sources: [] }, '"options.sources" must name at least one of rtnetlink, ioctl, procfs'],
    [
      { sources: ['procfs', 'sysfs'] },
      `"options.sources[1]" must be one of rtnetlink, ioctl, procfs, not 'sysfs'`
    ],
    [
      { sources: [undefined] },
      '"options.sources[0]" must be one of rtnetlink, ioctl, procfs, not undefined'
    ]
  ]
  for (const [options, message] of bad)
    for (const read of [networkInterfaces, diagnose])
      t.throws(() => read(options), { name: 'TypeError', message })
  t.strictSame(
    networkInterfaces({ sources: ['procfs', 'ioctl', 'rtnetlink'] }),
    os.networkInterfaces()
  )
})

t.test('links called as what every object has', { skip: requirements() ?? false }, async (t) => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']
  const ns = Namespace.create('names')
  t.teardown(() => ns.remove())
  names.forEach((name, i) => {
    ns.ip(['link', 'add', `p${i}`, 'type', 'veth', 'peer', 'name', name])
    ns.ip(['addr', 'add', `10.0.${i}.1/24`, 'dev', name])
    ns.ip(['link', 'set', name, 'up'])
    ns.ip(['link', 'set', `p${i}`, 'up'])
  })
  ns.settle()
  const script = `
    const os = require('os')
    const result = os.networkInterfaces()
    const own = ${JSON.stringify(names)}.map((name) => Object.getOwnPropertyDescriptor(result, name)?.value[0]?.address)
    console.log(JSON.stringify([own, 'length' in {}, Object.getPrototypeOf(result) === Object.prototype]))`
  const expected = [names.map((_, i) => `10.0.${i}.1`), false, true]
  const register = ['-r', 'osh-ifaddrs/register', '-e', script]
  const env = { OSH_IFADDRS_MODE: 'always' }
  const denied = ns.node(register, { launch: ['--deny-family', 'netlink'] })
  t.strictSame(JSON.parse(denied.stdout || 'null'), expected, denied.stderr)
  const always = ns.node(register, { env: { ...env, NODE_OPTIONS: '' } })
  t.strictSame(JSON.parse(always.stdout || 'null'), expected, always.stderr)

  ns.ip('link del __proto__')
  t.match(
    ns.node(['-e', script], { env: { NODE_OPTIONS: '' } }).stderr,
    /TypeError/,
    'control: Node throws'
  )
  const fallback = ns.node(register, { env: { NODE_OPTIONS: '' } })
  t.equal(JSON.parse(fallback.stdout || 'null')?.[0][0], '10.0.0.1', fallback.stderr)
})
