'use strict'

// Shortages of descriptors and memory: a result is whole, or there is none. soak/limits.test.js has threads, and
// soak/torture.test.js every call that fails so.

const os = require('node:os')
const t = require('tap')
const { preloadPath } = require('../..')
const { exec } = require('../support/preload/lists')
const { skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')

skipWithout(t)

const { EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM } = os.constants.errno
const OPEN = ['--user', 'keep', '--no-landlock']
const MODES = {
  'nothing refused': [],
  'netlink refused': ['--deny-family', 'netlink'],
  'netlink and inet refused': ['--deny-family', 'netlink,inet'],
  'every socket() refused': ['--deny-family', 'all']
}

const ns = makeNamespace(t, 'shortage')

/** @param {string} script @param {string[]} denials */
function evaluate(t, script, denials) {
  const { status, stdout, stderr } = ns.node(script, { launch: [...OPEN, ...denials] })
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  return JSON.parse(stdout)
}

// With 0 to 4 free descriptors, and then with all.
const FILL = `
  const { withFewDescriptors } = require('./test/support/fixtures/few-descriptors')
  require('osh-ifaddrs/register')
  const { networkInterfaces, diagnose } = require('osh-ifaddrs')
  const attempt = (read) => {
    try {
      return { answer: read() }
    } catch ({ code, errno, syscall, message, cause }) {
      return { code, errno, syscall, message, cause: cause?.code }
    }
  }
  const whole = [attempt(networkInterfaces), attempt(os.networkInterfaces)]
  const few = withFewDescriptors(() => {
    const ours = Array.from({ length: 20 }, () => attempt(networkInterfaces))
    const sources = diagnose().sources.map(({ status, code }) => status + ' ' + code)
    return { ours, patched: attempt(os.networkInterfaces), sources }
  })
  const after = [attempt(networkInterfaces), attempt(os.networkInterfaces)]
  console.log(JSON.stringify({ whole, few, after }))`

for (const [mode, denials] of Object.entries(MODES)) {
  t.test(`few descriptors, ${mode}`, async (t) => {
    const { whole, few, after } = evaluate(t, FILL, denials)
    t.ok(whole[0].answer.d0.length === 3, 'control: addresses of both families')
    t.strictSame(after, whole, 'with free descriptors it answers again')
    const failed = 'failed EMFILE'
    const rtnetlink = mode === 'nothing refused' ? failed : 'denied EPERM'
    t.strictSame(few[0].sources, [rtnetlink, failed, failed], 'no descriptor left')
    for (const [free, { ours, patched }] of few.entries()) {
      const enough = mode === 'nothing refused' ? free >= 1 : free >= 2
      t.ok(
        ours.every((each) => JSON.stringify(each) === JSON.stringify(ours[0])),
        `${free}: the same each time`
      )
      if (enough) {
        t.strictSame(ours[0], whole[0], `${free} are enough`)
        t.strictSame(patched, whole[1], `${free} are enough`)
        continue
      }
      const { code, errno, syscall, message } = ours[0]
      t.strictSame([code, errno], ['ERR_OSH_IFADDRS_UNAVAILABLE', EMFILE], `${free}: an error`)
      t.ok(message.includes(`: ${syscall} failed with EMFILE. This is a shortage`), message)
      t.notMatch(message, /sandbox|polic/)
      const native = mode === 'nothing refused' ? EMFILE : EPERM
      t.match(patched, { errno: native, cause: 'ERR_OSH_IFADDRS_UNAVAILABLE' }, 'the native error')
    }
  })
}

t.test('no socket because of a shortage', async (t) => {
  const script = `
    const { networkInterfaces, diagnose } = require('osh-ifaddrs')
    try {
      networkInterfaces()
    } catch ({ errno, syscall, message }) {
      const { complete, missing, sources } = diagnose()
      const facts = sources.flatMap((source) => source.facts)
      console.log(JSON.stringify({ errno, syscall, message, complete, missing, facts }))
    }`
  for (const [code, errno] of Object.entries({ EMFILE, ENFILE, ENOBUFS, ENOMEM })) {
    const denials = ['--deny-family', 'all', '--deny-socketpair', '--errno', code]
    const { message, ...rest } = evaluate(t, script, denials)
    t.strictSame(rest, {
      errno,
      syscall: 'socket(AF_NETLINK)',
      complete: false,
      missing: ['links', 'ipv4', 'ipv6'],
      facts: []
    })
    t.match(message, `failed with ${code}`)
    t.notMatch(message, /sandbox|polic/)
  }
})

// glibc's reason is EPERM, but that does not go away.
t.test('the preload library, netlink refused and no descriptor left', async (t) => {
  const launch = [...OPEN, '--deny-family', 'netlink']
  t.strictSame(exec(ns, 'errno', { launch }).value, [-1, EPERM, -1, EPERM], 'control: glibc')
  const { value } = exec(ns, 'shortage', { launch, preload: preloadPath })
  t.strictSame(value, [-1, EMFILE, -1, EMFILE])
})
