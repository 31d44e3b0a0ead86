'use strict'

// What the patch does for each outcome of the native function. A stub of it fails with errors that no sandbox produces,
// such as EMFILE. register-reach.test.js has what it reaches, sandboxed.test.js each method of loading it.

const t = require('tap')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { projectRoot: root } = require('../support/namespace')
const { evaluate, runNode } = require('../support/node')

// A native function that counts its calls and throws the value of `thrown`, an expression. Node does not export
// its SystemError, so the stub takes one from another function and changes its message.
const stub = (thrown) => `
  const os = require('os')
  const numbers = os.constants.errno
  const systemError = (errno) => {
    try {
      os.getPriority(0x7fffffff)
    } catch (error) {
      error.message = 'A system error occurred: uv_interface_addresses returned Unknown system error ' + errno
      return Object.assign(error, { errno, syscall: 'uv_interface_addresses' })
    }
  }
  let calls = 0
  os.networkInterfaces = () => { calls++; throw ${thrown} };`

t.test('a native result is returned unchanged, and nothing is loaded', async (t) => {
  const result = evaluate(
    t,
    `const os = require('os')
    const native = { eth9: [{ internal: false }] }
    os.networkInterfaces = () => native
    const describe = () => JSON.stringify(Object.getOwnPropertyDescriptor(os, 'networkInterfaces'))
    const before = describe()
    require('osh-ifaddrs/register')
    const same = os.networkInterfaces() === native
    const loaded = Object.keys(require.cache).map((file) => file.split('/').slice(-2).join('/'))
    const { name, length } = os.networkInterfaces
    console.log(JSON.stringify({ same, loaded, name, length, described: before === describe() }))`
  )
  t.strictSame(result, {
    same: true,
    loaded: ['lib/register.js'],
    name: 'networkInterfaces',
    length: 0,
    described: true
  })
})

t.test('a permanent denial is remembered, a temporary one is not', async (t) => {
  // Counts the calls of the native function for each error, each with its own patch.
  const calls = (thrown) =>
    evaluate(
      t,
      `${stub('error')}
      let error
      const fail = os.networkInterfaces
      console.log(JSON.stringify([${thrown.join()}].map((thrown) => {
        error = thrown
        calls = 0
        os.networkInterfaces = fail
        delete require.cache[require.resolve('osh-ifaddrs/register')]
        require('osh-ifaddrs/register')
        const answers = [1, 2, 3].map(() => 'lo' in os.networkInterfaces())
        return answers.every(Boolean) ? calls : 'no answer'
      })))`
    )
  const permanent = ['EPERM', 'EACCES', 'EAFNOSUPPORT', 'EOPNOTSUPP', 'EPROTONOSUPPORT', 'ENOSYS']
  const temporary = ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EINTR', 'EAGAIN']
  const named = (name) => `Object.assign(new Error('frob'), { code: '${name}' })`
  t.strictSame(
    {
      asNode: calls(permanent.map((name) => `systemError(numbers.${name})`)),
      negative: calls(permanent.map((name) => `systemError(-numbers.${name})`)),
      byName: calls(permanent.map(named)),
      temporary: calls(temporary.map((name) => `systemError(numbers.${name})`)),
      temporaryByName: calls(temporary.map(named))
    },
    {
      asNode: Array(6).fill(1),
      negative: Array(6).fill(1),
      byName: Array(6).fill(1),
      temporary: Array(6).fill(3),
      temporaryByName: Array(6).fill(3)
    }
  )

  const bun = `Object.assign(new Error('A system error occurred: getifaddrs returned an error'),
    { code: 'ERR_SYSTEM_ERROR', syscall: 'getifaddrs' })`
  const deno = `Object.assign(new Error('Operation not permitted'), { name: 'PermissionDenied' })`
  const odd = ['null', 'undefined', '""', '1', 'Object.freeze(new Error("frozen"))']
  const numbers = ['"1"', '1n', 'Symbol()', 'NaN', '{}'].map(
    (errno) => `Object.assign(new Error('frob'), { errno: ${errno} })`
  )
  const vague = [bun, deno, ...odd, ...numbers]
  t.strictSame(
    calls(vague),
    vague.map(() => 3),
    'after an error that is no denial, the native function is called again'
  )
})

t.test('when the native function recovers, its result is returned', async (t) => {
  const result = evaluate(
    t,
    `${stub('systemError(numbers.EMFILE)')}
    const native = {}
    const fail = os.networkInterfaces
    os.networkInterfaces = () => calls === 2 ? native : fail()
    require('osh-ifaddrs/register')
    const answers = [1, 2, 3].map(() => os.networkInterfaces())
    console.log(JSON.stringify(answers.map((answer) => answer === native ? 'native' : 'lo' in answer)))`
  )
  t.strictSame(result, [true, true, 'native'])
})

t.test('when ours fails too, the native error is thrown with ours as its cause', async (t) => {
  const thrown = (expression, env) =>
    evaluate(
      t,
      `${stub('error')}
      const error = ${expression}
      require('osh-ifaddrs/register')
      const failure = new Error('ours')
      let failures = 0
      require('osh-ifaddrs').networkInterfaces = () => { failures++; throw failure }
      const caught = []
      for (let i = 0; i < 2; i++)
        try { os.networkInterfaces() } catch (thrown) { caught.push(thrown === error) }
      const cause = Object.getOwnPropertyDescriptor(Object(error), 'cause')
      console.log(JSON.stringify([caught, [calls, failures], cause?.value === failure, cause?.enumerable ?? null]))`,
      { env }
    )
  const always = { OSH_IFADDRS_MODE: 'always' }
  // The property `cause` of an error is not enumerable.
  t.strictSame(
    thrown('systemError(1)'),
    [[true, true], [2, 2], true, false],
    'both are called again'
  )
  t.strictSame(thrown('systemError(1)', always), [[true, true], [2, 2], true, false])
  t.strictSame(thrown('null'), [[true, true], [2, 2], false, null])
  t.strictSame(thrown('"text"'), [[true, true], [2, 2], false, null])
  t.strictSame(thrown('Object.freeze(systemError(1))'), [[true, true], [2, 2], false, null])
  const locked = 'Object.defineProperty(systemError(1), "cause", { value: 1 })'
  t.strictSame(thrown(locked), [[true, true], [2, 2], false, false])
})

t.test('when ours fails after a denial, the native function is called once more', async (t) => {
  const result = evaluate(
    t,
    `${stub('systemError(1)')}
    require('osh-ifaddrs/register')
    let fails = false
    const ours = require('osh-ifaddrs')
    const { networkInterfaces } = ours
    ours.networkInterfaces = () => { if (fails) throw new Error('ours'); return networkInterfaces() }
    const log = [os.networkInterfaces(), os.networkInterfaces()].map((answer) => 'lo' in answer)
    log.push(calls)
    fails = true
    try { os.networkInterfaces() } catch ({ errno, cause }) { log.push(errno, cause.message, calls) }
    fails = false
    log.push('lo' in os.networkInterfaces(), calls)
    console.log(JSON.stringify(log))`
  )
  t.strictSame(result, [true, true, 1, 1, 'ours', 2, true, 2])
})

t.test('OSH_IFADDRS_MODE=always calls the native function only when ours fails', async (t) => {
  const script = (ours) => `${stub('systemError(1)')}
    const native = { native: [] }
    const fail = os.networkInterfaces
    os.networkInterfaces = () => { try { fail() } catch { return native } }
    require('osh-ifaddrs/register')
    ${ours}
    const [first] = Object.keys(os.networkInterfaces())
    console.log(JSON.stringify([first, calls]))`
  const env = { OSH_IFADDRS_MODE: 'always' }
  t.strictSame(evaluate(t, script(''), { env }), ['lo', 0])
  t.strictSame(evaluate(t, script('')), ['native', 1], 'control')
  t.strictSame(evaluate(t, script(''), { env: { OSH_IFADDRS_MODE: 'frob' } }), ['native', 1])
  const broken = `require('osh-ifaddrs').networkInterfaces = () => { throw new Error('ours') }`
  t.strictSame(evaluate(t, script(broken), { env }), ['native', 1])
})

t.test('in three workers at once', async (t) => {
  const working = `${stub('systemError(1)')}
    require('osh-ifaddrs/register')
    console.log('lo' in os.networkInterfaces())`
  const workers = `for (let i = 0; i < 3; i++)
    new (require('worker_threads').Worker)(${JSON.stringify(working)}, { eval: true })`
  t.equal(runNode(['-e', workers]).stdout, 'true\n'.repeat(3))
})

t.test('after a named import', async (t) => {
  const { status, stdout, stderr } = runNode([
    path.join(__dirname, '../support/fixtures', 'esm.mjs')
  ])
  t.equal(status, 0, stderr)
  t.equal(stdout, 'true\n')
})

t.test('an addon that cannot be loaded', async (t) => {
  const copy = t.testdir({ 'package.json': '{ "name": "osh-ifaddrs" }' })
  fs.cpSync(path.join(root, 'lib'), path.join(copy, 'lib'), { recursive: true })
  const fail = (register, ...options) => {
    const { status, stdout, stderr } = runNode([
      ...options,
      '-e',
      `${stub('systemError(1)')}
      require(${JSON.stringify(register)})
      const causes = [1, 2, 3].map(() => {
        try { os.networkInterfaces() } catch (error) { return [error.errno, error.cause.message] }
      })
      console.log(JSON.stringify([calls, ...causes]))`
    ])
    t.equal(status, 0, stderr)
    t.match(
      stderr,
      /^\(node:\d+\) \[OSH_IFADDRS_ADDON\] Warning: cannot load the osh-ifaddrs addon: /
    )
    t.equal(stderr.match(/Warning/g).length, 1, 'it warns once')
    return JSON.parse(stdout)
  }
  const missing = fail(path.join(copy, 'lib', 'register.js'))
  t.match(missing, [3, ...Array(3).fill([1, /cannot load .* addon: none is published/])])
  const forbidden = fail(path.join(root, 'lib', 'register.js'), '--no-addons')
  t.match(forbidden, [
    3,
    ...Array(3).fill([1, /cannot load .* addon: .*loading addons is disabled\.$/])
  ])
})

t.test('NODE_DEBUG enables debug output', async (t) => {
  const script = `${stub('systemError(1)')}
    require('osh-ifaddrs/register')
    os.networkInterfaces()`
  const { status, stdout, stderr } = runNode(['-e', script], { NODE_DEBUG: 'osh-ifaddrs' })
  t.strictSame({ status, stdout }, { status: 0, stdout: '' })
  t.match(stderr, /^OSH-IFADDRS \d+: the native function threw: .*Unknown system error 1/)
})

t.test('on other platforms it does nothing', async (t) => {
  for (const platform of ['darwin', 'win32']) {
    const override = path.join(
      t.testdir({
        'platform.js': `Object.defineProperty(process, 'platform', { value: '${platform}' })`
      }),
      'platform.js'
    )
    const result = evaluate(
      t,
      `const os = require('os')
      const native = os.networkInterfaces
      require('osh-ifaddrs/register')
      const { networkInterfaces, diagnose } = require('osh-ifaddrs')
      const same = JSON.stringify(networkInterfaces()) === JSON.stringify(native())
      const loaded = process.report.getReport().sharedObjects.some((file) => file.endsWith('.node'))
      console.log(JSON.stringify([native === os.networkInterfaces, same, loaded, diagnose().complete]))`,
      { args: ['-r', override] }
    )
    t.strictSame(result, [true, true, false, true], platform)
  }
})

t.test('invalid arguments', async (t) => {
  const { networkInterfaces, diagnose } = require('../..')
  const invalid = [
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
  for (const [options, message] of invalid)
    for (const read of [networkInterfaces, diagnose])
      t.throws(() => read(options), { name: 'TypeError', message })
  t.strictSame(
    networkInterfaces({ sources: ['procfs', 'ioctl', 'rtnetlink'] }),
    os.networkInterfaces()
  )
})
