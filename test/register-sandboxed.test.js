'use strict'

// The patch under real denials: each method of loading it, how often it calls the native function, and links
// whose names make Node throw.

const t = require('tap')
const path = require('node:path')
const { Namespace, requirements } = require('./support/namespace')

const fixtures = path.join(__dirname, 'fixtures')
const PRINT = path.join(fixtures, 'print.js')
const DENIED = ['--deny-family', 'netlink']
const REGISTER = ['-r', 'osh-ifaddrs/register']
const IMPORT = ['--import', 'osh-ifaddrs/register']

const skip = requirements() ?? false

/** Asserts that a program succeeded and printed nothing on stderr, and returns the JSON that it printed. */
function parseOutput(t, result) {
  t.equal(result.status, 0, result.stderr)
  t.equal(result.stderr, '', 'silent')
  return JSON.parse(result.stdout || 'null')
}

/** Makes a namespace with one link of each name. The Nth has the address 10.0.N.1. */
function makeLinks(t, names) {
  const ns = Namespace.create('register')
  t.teardown(() => ns.remove())
  names.forEach((name, i) => {
    ns.ip(['link', 'add', `p${i}`, 'type', 'veth', 'peer', 'name', name])
    ns.ip(['addr', 'add', `10.0.${i}.1/24`, 'dev', name])
    ns.ip(['link', 'set', name, 'up'])
    ns.ip(['link', 'set', `p${i}`, 'up'])
  })
  ns.settle()
  return ns
}

t.test('every method of loading it works in a sandbox', { skip }, async (t) => {
  const ns = makeLinks(t, ['d0'])
  const native = parseOutput(t, ns.node([PRINT]))
  t.equal(native.d0[0].address, '10.0.0.1')

  const worker = (source, options = '{}') => [
    '-e',
    `new (require('worker_threads').Worker)(${JSON.stringify(source)}, ${options})`
  ]
  const print = `console.log(JSON.stringify(require('os').networkInterfaces()))`
  const methods = {
    '-r': [[...REGISTER, PRINT]],
    '--import': [[...IMPORT, PRINT]],
    'NODE_OPTIONS, -r': [[PRINT], REGISTER],
    'NODE_OPTIONS, --import': [[PRINT], IMPORT],
    'require()': [['-e', `require('osh-ifaddrs/register'); ${print}`]],
    'import()': [['-e', `import('osh-ifaddrs/register').then(() => ${print})`]],
    'import, after a named one': [[path.join(fixtures, 'static.mjs')]],
    'worker, -r': [[...REGISTER, ...worker(PRINT)]],
    'worker, --import': [[...IMPORT, ...worker(PRINT)]],
    'worker from a string, -r': [[...REGISTER, ...worker(print, '{ eval: true }')]],
    'worker that loads it': [worker(`require('osh-ifaddrs/register'); ${print}`, '{ eval: true }')]
  }
  for (const [method, [args, options = []]] of Object.entries(methods)) {
    await t.test(method, async (t) => {
      const env = { NODE_OPTIONS: options.join(' ') }
      t.strictSame(parseOutput(t, ns.node(args, { launch: DENIED, env })), native)
    })
  }
  for (const program of [[PRINT], worker(PRINT), worker(print, '{ eval: true }')]) {
    const { status, stderr } = ns.node(program, { launch: DENIED })
    t.match({ status, stderr }, { status: 1, stderr: /returned Unknown system error 1/ }, 'control')
  }
})

t.test('how often the native function is called', { skip }, async (t) => {
  const ns = makeLinks(t, ['d0'])
  const script = `
    const native = os.networkInterfaces
    let calls = 0
    os.networkInterfaces = () => { calls++; return native() }
    require('osh-ifaddrs/register')
    for (let i = 0; i < 3; i++) os.networkInterfaces()
    console.log(calls)`
  const calls = (errno) =>
    parseOutput(t, ns.node(script, { launch: [...DENIED, '--errno', errno] }))
  for (const errno of ['EPERM', 'EACCES', 'EOPNOTSUPP', 'EAFNOSUPPORT', 'ENOSYS'])
    t.equal(calls(errno), 1, errno)
  for (const errno of ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']) t.equal(calls(errno), 3, errno)
})

t.test(
  'when nothing answers, the native error is thrown, with ours as its cause',
  { skip },
  async (t) => {
    const ns = makeLinks(t, ['d0'])
    const script = `
    try {
      os.networkInterfaces()
    } catch ({ name, code, errno, cause }) {
      console.log(JSON.stringify({ name, code, errno, cause: { ...cause, message: cause.message } }))
    }`
    const launch = ['--deny-family', 'all', '--deny-socketpair', '--no-path', '/proc']
    const error = parseOutput(t, ns.node([...REGISTER, '-e', script], { launch }))
    t.match(error, { name: 'SystemError', code: 'ERR_SYSTEM_ERROR', errno: 1 })
    t.match(error.cause, {
      code: 'ERR_OSH_IFADDRS_UNAVAILABLE',
      message: /rtnetlink: socket\(AF_NETLINK\) failed with EPERM/,
      syscall: 'socket(AF_NETLINK)',
      errno: 1,
      sources: [{ name: 'rtnetlink' }, { name: 'ioctl' }, { name: 'procfs' }]
    })
  }
)

t.test('links named like inherited properties', { skip }, async (t) => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']
  const ns = makeLinks(t, names)
  const script = `
    const result = os.networkInterfaces()
    console.log(JSON.stringify({
      own: ${JSON.stringify(names)}.map((name) => Object.getOwnPropertyDescriptor(result, name)?.value[0].address),
      polluted: Reflect.ownKeys(Object.prototype).length - before,
      plain: Object.getPrototypeOf(result) === Object.prototype
    }))`
  const count = 'const before = Reflect.ownKeys(Object.prototype).length;'
  const register = [...REGISTER, '-e', count + script]
  const expected = { own: names.map((_, i) => `10.0.${i}.1`), polluted: 0, plain: true }
  t.strictSame(parseOutput(t, ns.node(register, { launch: DENIED })), expected, 'in the sandbox')
  const always = { OSH_IFADDRS_MODE: 'always' }
  t.strictSame(parseOutput(t, ns.node(register, { env: always })), expected, 'always')

  // If the native function runs first, Node has already written to Object.prototype.
  ns.ip('link del __proto__')
  const control = ns.node(['-e', count + script])
  t.match(control, { status: 1, stderr: /TypeError/ }, 'control: Node throws')
  expected.own[1] = null
  t.strictSame(parseOutput(t, ns.node(register)), expected, 'native first')
})
