'use strict'

// The result does not depend on functions of JavaScript's library that other code has replaced, nor on what it has
// added to prototypes; and a call from within such code does not disturb the call around it. Among the links are
// two with the names of inherited properties.

const path = require('node:path')
const t = require('tap')
const { Namespace, projectRoot } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')

skipWithout(t)

const ns = Namespace.create('hostile')
t.teardown(() => ns.remove())
ns.batch([
  'link set lo up',
  'link add __proto__ type veth peer name constructor',
  ...['__proto__', 'constructor'].map((name) => `link set ${name} up`),
  'addr add 10.0.0.1/24 dev __proto__',
  'addr add 10.0.1.1/17 dev constructor',
  'addr add 10.0.1.2/24 label constructor:1 dev constructor',
  'addr add fd00::1/50 dev __proto__ nodad',
  'addr add fd00::2/64 dev constructor nodad'
])
ns.settle()

const NO_NETLINK = ['--deny-family', 'netlink']

/** How a program gets the result: node's options, the launcher's, and an expression. */
const WAYS = {
  direct: { options: [], launch: undefined, read: `require('osh-ifaddrs').networkInterfaces()` },
  register: {
    options: ['-r', 'osh-ifaddrs/register'],
    launch: NO_NETLINK,
    read: `require('os').networkInterfaces()`
  }
}

/**
 * @param {import('tap').Test} t
 * @param {string[]} args
 * @param {string[] | undefined} launch
 * @returns {string} what the program prints
 */
function run(t, args, launch) {
  const { status, stdout, stderr } = ns.node(args, { launch })
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  return stdout
}

for (const [way, { options, launch, read }] of Object.entries(WAYS)) {
  t.test(way, async (t) => {
    const print = `process.stdout.write(JSON.stringify(${read}))`
    const expected = run(t, [...options, '-e', print], launch)
    t.strictSame(
      Object.keys(JSON.parse(expected)).sort(),
      ['__proto__', 'constructor', 'constructor:1', 'lo'],
      'control'
    )

    await t.test('node without __proto__', async (t) => {
      for (const mode of ['throw', 'delete']) {
        const args = [`--disable-proto=${mode}`, ...options, '-e', print]
        t.equal(run(t, args, launch), expected, mode)
      }
    })

    await t.test('a replaced function', async (t) => {
      const program = path.join(projectRoot, 'test/support/hostile-builtins.js')
      const { count, wrong } = JSON.parse(run(t, [program, way, expected], launch))
      t.ok(count > 1000, `${count} replacements`)
      t.strictSame(wrong, [])
    })

    await t.test('properties of prototypes', async (t) => {
      const names = ['strings', 'numbers', 'address', 'netmask', 'sources', 'lo', 'constructor:1']
      // 24 and 64: netmasks are kept by prefix length.
      const added = [...names, '24', '64']
      const results = run(
        t,
        [
          ...options,
          '-e',
          `const { stringify } = JSON
          const read = () => ${read}
          read()
          const different = []
          for (const name of ${JSON.stringify(added)}) {
            let result
            const get = () => { try { read() } finally { return 7 } }
            Object.defineProperty(Object.prototype, name, { get, set() {}, configurable: true })
            try { result = stringify(read()) } catch (error) { result = String(error) }
            delete Object.prototype[name]
            if (result !== ${JSON.stringify(expected)}) different.push(name)
          }
          process.stdout.write(stringify(different))`
        ],
        launch
      )
      t.equal(results, '[]')
    })
  })
}

t.test('each thread has its own result', async (t) => {
  const { read } = WAYS.direct
  const expected = run(t, ['-e', `process.stdout.write(JSON.stringify(${read}))`], undefined)
  const script = `
    const { Worker } = require('node:worker_threads')
    const work = \`
      const { networkInterfaces } = require('osh-ifaddrs')
      let wrong = 0
      for (let i = 0; i < 500; i++) {
        networkInterfaces({ sources: [i % 2 ? 'procfs' : 'rtnetlink'] })
        if (JSON.stringify(networkInterfaces()) !== process.argv.at(-1)) wrong++
      }
      process.exitCode = wrong\`
    const argv = [${JSON.stringify(expected)}]
    for (let i = 0; i < 4; i++)
      new Worker(work, { eval: true, argv }).once('exit', (wrong) => console.log(wrong))`
  t.equal(run(t, ['-e', script], undefined), '0\n'.repeat(4))
})
