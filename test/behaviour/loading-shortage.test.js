'use strict'

// `register` with netlink refused, at a moment when no descriptor is left: it prints nothing, the
// native error has ours as its cause, and the next call works. The moment is before each step that opens a file.
// shortage.test.js has the reading itself.

const t = require('tap')
const { Namespace } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')

skipWithout(t)

const ns = Namespace.create('loading')
t.teardown(() => ns.remove())
ns.ip('link set lo up')

/** What happens before the call, by the step that then finds no descriptor. */
const STEPS = {
  'this package is required': 'exhaust()',
  'the addon is searched for': `require('osh-ifaddrs')
    exhaust()`,
  'the addon is loaded': `const { dlopen } = process
    process.dlopen = (...values) => {
      exhaust()
      process.dlopen = dlopen
      return dlopen(...values)
    }`,
  // glibc's messages can be translated.
  'the addon is loaded, in another language': `const { dlopen } = process
    process.dlopen = () => {
      exhaust()
      process.dlopen = dlopen
      const message = 'osh_ifaddrs.node: Zu viele offene Dateien'
      throw Object.assign(new Error(message), { code: 'ERR_DLOPEN_FAILED' })
    }`,
  'the network is read': `require('osh-ifaddrs').networkInterfaces()
    exhaust()`
}

const program = (/** @type {string} */ step) => `
  const fs = require('node:fs')
  const os = require('node:os')
  require('osh-ifaddrs/register')
  const opened = []
  const exhaust = () => {
    try {
      for (;;) opened.push(fs.openSync('/dev/null'))
    } catch {}
  }
  const keysOrError = () => {
    try {
      return Object.keys(os.networkInterfaces())
    } catch (error) {
      return { errno: error.errno, code: error.cause.code, message: error.cause.message }
    }
  }
  ${step}
  const exhausted = keysOrError()
  opened.forEach((descriptor) => fs.closeSync(descriptor))
  console.log(JSON.stringify([exhausted, keysOrError()]))`

for (const [name, step] of Object.entries(STEPS)) {
  t.test(name, async (t) => {
    const { status, stdout, stderr } = ns.exec(
      'sh',
      ['-euc', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, '-e', program(step)],
      { launch: ['--user', 'keep', '--no-landlock', '--deny-family', 'netlink'] }
    )
    t.strictSame({ status, stderr }, { status: 0, stderr: '' })
    const [exhausted, free] = JSON.parse(stdout)
    t.equal(exhausted.errno, 1, 'the native error')
    t.match(exhausted.message, / failed with EMFILE/)
    t.match(exhausted.message, /shortage/)
    t.notMatch(exhausted.message, /compile|build|sandbox|policy/i)
    t.equal(exhausted.code, name.endsWith('read') ? 'ERR_OSH_IFADDRS_UNAVAILABLE' : 'EMFILE')
    t.strictSame(free, ['lo'], 'with free descriptors it works')
  })
}
