'use strict'

// Other code that hides the native function's failure: before register or after it, in every way of loading both.
// And mocks and namespaces that only look as if a failure was hidden.

const path = require('node:path')
const t = require('tap')
const { bin } = require('../../package.json')
const { Namespace, projectRoot } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')

skipWithout(t)

const REGISTER = 'osh-ifaddrs/register'
const NETLINK = ['--deny-family', 'netlink']
const COMMAND = path.join(projectRoot, bin['osh-ifaddrs'])
const PRINT = path.join(projectRoot, 'test/support/fixtures/print.js')
const LOOPBACK_ONLY = ['lo']

const guards = Object.fromEntries(
  ['empty', 'loopback'].map((name) => [
    name,
    path.join(projectRoot, `test/support/guards/${name}.js`)
  ])
)

const ns = makeNamespace(t, 'guards')
const print = (options, args = []) => parse(ns.node([...args, PRINT], options))
const outside = print({})

/** @param {import('../support/launch').Result} result */
function parse({ status, stdout, stderr }) {
  if (status !== 0 || stderr !== '') throw new Error(`status ${status}: ${stderr}`)
  return JSON.parse(stdout)
}

/**
 * @param {string} first
 * @param {string} second
 * @returns {Record<string, { args?: string[], options?: string[], program?: string }>} ways of loading both
 */
const loadings = (first, second) => ({
  '-r': { args: ['-r', first, '-r', second] },
  '--import': { args: ['--import', first, '--import', second] },
  NODE_OPTIONS: { options: ['-r', first, '-r', second] },
  'NODE_OPTIONS, --import': { options: ['--import', first, '--import', second] },
  'NODE_OPTIONS and -r': { options: ['-r', first], args: ['-r', second] },
  import: {
    program: `await import('${first}'); await import('${second}'); await import('${PRINT}')`
  },
  '-r and import': {
    args: ['-r', first],
    program: `await import('${second}'); await import('${PRINT}')`
  }
})

for (const [name, guard] of Object.entries(guards)) {
  t.test(`${name}: ours answers in every order of loading`, async (t) => {
    const alone = Object.keys(print({ launch: NETLINK }, ['-r', guard]))
    t.strictSame(alone, name === 'empty' ? [] : LOOPBACK_ONLY, 'control: without register')
    for (const [order, files] of Object.entries({
      'the guard first': [guard, REGISTER],
      'register first': [REGISTER, guard]
    })) {
      const [first, second] = files
      for (const [way, { args = [], options, program }] of Object.entries(
        loadings(first, second)
      )) {
        const run = program === undefined ? [PRINT] : ['--input-type=module', '-e', program]
        const env = { NODE_OPTIONS: options?.join(' ') }
        const result = parse(ns.node([...args, ...run], { launch: NETLINK, env }))
        t.strictSame(result, outside, `${order}, ${way}`)
      }
    }
  })

  t.test(`${name}: ours answers in a program that osh-ifaddrs run starts`, async (t) => {
    const run = (NODE_OPTIONS, args) =>
      parse(ns.exec(COMMAND, ['run', '--', ...args], { launch: NETLINK, env: { NODE_OPTIONS } }))
    const node = process.execPath
    t.strictSame(run(`-r ${guard}`, [node, PRINT]), outside, 'the guard in NODE_OPTIONS')
    t.strictSame(run(undefined, [node, '-r', guard, PRINT]), outside, 'the guard by -r')
    // The preload library makes the native function answer: the guard has nothing to hide.
    const noPreload = ['env', '-u', 'LD_PRELOAD', node, PRINT]
    t.strictSame(run(`-r ${guard}`, noPreload), outside, 'without the preload library')
  })
}

/**
 * Counts the calls of a mock that returns `value`, an expression, and says whether it is returned. console.log()
 * would call getsockname(2).
 */
const mock = (value, calls = 3) => `
  const value = ${value}
  let count = 0
  os.networkInterfaces = () => { count++; return value }
  require('${REGISTER}')
  const results = Array.from({ length: ${calls} }, () => os.networkInterfaces())
  const unchanged = results.every((result) => result === value)
  require('node:fs').writeSync(1, JSON.stringify({ count, unchanged, last: results.pop() }) + '\\n')`

t.test('whichever of glibc’s calls is refused, ours answers from then on', async (t) => {
  const refusals = {
    'socket(2)': NETLINK,
    'bind(2)': ['--deny-syscall', 'bind=EACCES'],
    'getsockname(2)': ['--deny-syscall', 'getsockname'],
    'sendto(2)': ['--deny-syscall', 'sendto'],
    'recvmsg(2)': ['--deny-syscall', 'recvmsg']
  }
  for (const [call, launch] of Object.entries(refusals)) {
    const { count, last } = parse(ns.node(mock('{}'), { launch }))
    t.equal(count, 1, `${call}: the mock is not called again`)
    t.strictSame(last, outside, call)
  }
  for (const errno of ['EPERM', 'EACCES', 'EAFNOSUPPORT', 'EOPNOTSUPP', 'ENOSYS']) {
    const { count, last } = parse(ns.node(mock('{}'), { launch: [...NETLINK, '--errno', errno] }))
    t.match({ count, last }, { count: 1, last: outside }, errno)
  }
})

t.test('after a shortage the result is unchanged, and the next call probes again', async (t) => {
  for (const errno of ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EINTR']) {
    const result = parse(ns.node(mock('{}'), { launch: [...NETLINK, '--errno', errno] }))
    t.strictSame(result, { count: 3, unchanged: true, last: {} }, errno)
  }
})

t.test('a mock is returned unchanged', async (t) => {
  const loopback = '{ lo: [{ address: "127.0.0.1", family: "IPv4", internal: true }] }'
  const odd = ['null', 'undefined', '7', '"text"', '{ lo: undefined }', '{ lo: 7 }', '[[null]]']
  for (const value of ['{}', loopback, 'Object.create(null)', ...odd])
    t.match(parse(ns.node(mock(value))), { count: 3, unchanged: true }, `netlink open: ${value}`)
  const external = '{ eth9: [{ address: "192.0.2.1", family: "IPv4", internal: false }] }'
  for (const value of [external, '{ lo: 7 }', '[[null]]'])
    t.match(
      parse(ns.node(mock(value), { launch: NETLINK })),
      { count: 3, unchanged: true },
      `netlink refused: ${value}`
    )
  t.match(
    parse(ns.node(mock(loopback), { launch: NETLINK })),
    { count: 1, unchanged: false },
    'control: where netlink is refused, a mock of the loopback link is overridden'
  )
})

t.test('each thread finds the refusal once', async (t) => {
  const worker = `
    const { Worker } = require('node:worker_threads')
    for (let i = 0; i < 3; i++)
      new Worker(${JSON.stringify(`const os = require('node:os');${mock('{}')}`)}, { eval: true })`
  const { status, stdout, stderr } = ns.node(worker, { launch: NETLINK })
  t.match({ status, stderr }, { status: 0, stderr: '' })
  const lines = stdout.trim().split('\n').map(JSON.parse)
  t.strictSame(lines, Array(3).fill({ count: 1, unchanged: false, last: outside }))
})

t.test('namespaces without another link than lo', async (t) => {
  for (const [state, keys] of Object.entries({ down: [], up: LOOPBACK_ONLY })) {
    const lonely = Namespace.create(`lo-${state}`)
    t.teardown(() => lonely.remove())
    lonely.ip(`link set lo ${state}`)
    const count = `
      const { networkInterfaces } = os
      let count = 0
      os.networkInterfaces = () => { count++; return networkInterfaces() }
      require('${guards.empty}')
      require('${REGISTER}')
      const [keys] = [1, 2, 3].map(() => Object.keys(os.networkInterfaces()))
      console.log(JSON.stringify({ count, keys }))`
    t.strictSame(parse(lonely.node(count)), { count: 3, keys }, `lo is ${state}`)
    const refused = parse(lonely.node(count, { launch: NETLINK }))
    t.strictSame(refused, { count: 1, keys }, `lo is ${state}, netlink refused`)
  }
})

t.test('without an addon the result is unchanged, and nothing is printed', async (t) => {
  const args = ['--no-addons', '-r', guards.empty, '-r', REGISTER]
  t.strictSame(print({ launch: NETLINK }, args), {})
})
