'use strict'

// What the patch reaches: bundles, other copies of the package, workers and child processes. And programs that
// loading it must not break.

const t = require('tap')
const fs = require('node:fs')
const path = require('node:path')
const { projectRoot: root } = require('../support/namespace')
const { evaluate, runNode } = require('../support/node')

t.test('in a bundle, which does not use Node’s module loader', async (t) => {
  const register = JSON.stringify(path.join(root, 'lib', 'register.js'))
  const result = evaluate(
    t,
    `const fs = require('fs')
    const run = new Function('require', 'module', 'exports', fs.readFileSync(${register}, 'utf8'))
    import('os').then(({ networkInterfaces: before }) => {
      run(require('module').createRequire(${register}), { exports: {} }, {})
      import('os').then(({ networkInterfaces }) => console.log(networkInterfaces !== before))
    })`
  )
  t.equal(result, true)
})

t.test('two copies of the package patch only once', async (t) => {
  const copy = t.testdir()
  fs.cpSync(path.join(root, 'lib'), path.join(copy, 'lib'), { recursive: true })
  const result = evaluate(
    t,
    `const os = require('os')
    require('osh-ifaddrs/register')
    const first = os.networkInterfaces
    require(${JSON.stringify(path.join(copy, 'lib', 'register.js'))})
    console.log(first === os.networkInterfaces)`
  )
  t.equal(result, true)
})

// As docs/register.md says.
t.test('what reaches workers and child processes', async (t) => {
  const symbols = "Object.getOwnPropertySymbols(require('os').networkInterfaces).length"
  const starts = {
    worker: `new (require('worker_threads').Worker)(code, { eval: true })`,
    'worker, execArgv: []': `new (require('worker_threads').Worker)(code, { eval: true, execArgv: [] })`,
    'worker, env: {}': `new (require('worker_threads').Worker)(code, { eval: true, env: {} })`,
    spawn: `require('child_process').spawn(process.execPath, ['-e', code], { stdio: 'inherit' })`,
    'spawn, env: {}': `require('child_process').spawn(process.execPath, ['-e', code], { stdio: 'inherit', env: {} })`,
    fork: `require('child_process').fork(file)`
  }
  const code = `console.log(${symbols})`
  const file = path.join(t.testdir({ 'child.js': code }), 'child.js')
  /** @param {string} how @param {{ args?: string[], env?: Record<string, string>, before?: string }} method */
  const reached = (how, { args = [], env = {}, before = '' }) => {
    const constants = `const code = ${JSON.stringify(code)}, file = ${JSON.stringify(file)}`
    const script = `${before}; ${constants}; ${starts[how]}`
    const { status, stdout, stderr } = runNode([...args, '-e', script], env)
    t.strictSame({ status, stderr }, { status: 0, stderr: '' })
    return stdout === '1\n'
  }
  const register = path.join(root, 'lib/register.js')
  const methods = {
    require: [{ before: "require('osh-ifaddrs/register')" }, []],
    '-r': [{ args: ['-r', 'osh-ifaddrs/register'] }, ['worker', 'worker, env: {}', 'fork']],
    NODE_OPTIONS: [
      { env: { NODE_OPTIONS: `-r ${register}` } },
      ['worker', 'worker, execArgv: []', 'spawn', 'fork']
    ]
  }
  for (const [name, [method, expected]] of Object.entries(methods)) {
    const found = Object.keys(starts).filter((how) => reached(how, method))
    t.strictSame(found, expected, name)
  }
})

t.test('an os that is frozen or has only a getter does not make it throw', async (t) => {
  const makes = {
    frozen: 'Object.freeze(os)',
    getter: "Object.defineProperty(os, 'networkInterfaces', { get: () => native })",
    'fixed getter':
      "Object.defineProperty(os, 'networkInterfaces', { get: () => native, configurable: false })"
  }
  for (const [name, make] of Object.entries(makes)) {
    const patched = evaluate(
      t,
      `const os = require('os')
      const native = os.networkInterfaces
      ${make}
      require('osh-ifaddrs/register')
      console.log(os.networkInterfaces !== native)`
    )
    t.equal(patched, name === 'getter', name)
  }
})

t.test('an environment that may not be read does not make it throw', async (t) => {
  const patched = evaluate(
    t,
    `const os = require('os')
    const native = os.networkInterfaces
    const get = (env, name) => {
      if (name === 'OSH_IFADDRS_MODE') throw new Error('not permitted')
      return env[name]
    }
    process.env = new Proxy(process.env, { get })
    require('osh-ifaddrs/register')
    console.log(os.networkInterfaces !== native)`
  )
  t.equal(patched, true)
})
