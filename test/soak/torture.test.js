'use strict'

// Runs the C program of test/soak/torture in a namespace with links and addresses. The program makes every call of a
// read fail, once and persistently, with every plausible errno, in the core and in the preload library's lists.
// The binaries' imports show that no call is left out.

const { execFileSync } = require('node:child_process')
const path = require('node:path')
const t = require('tap')
const { Namespace, launcher, projectRoot, vethPair } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { TIMEOUT } = require('./duration')

skipWithout(t)
t.setTimeout(TIMEOUT)

const LEAST_FAULTS = 50_000
const LEAST_FAULTS_WITH_MANY = 500
const MANY_LINKS = 40

// The functions that test/soak/torture makes fail.
const TORTURED = new Set(
  (
    'malloc calloc realloc socket socketpair setsockopt bind getsockname sendto recvmsg poll ' +
    'ioctl open open64 fstatfs fstatfs64 read close dlsym'
  ).split(' ')
)
// Functions that cannot fail, or report no failure: without memory, qsort(3) sorts in place.
const INFALLIBLE = new Set(
  (
    '__errno_location __memcpy_chk __memset_chk __memmove_chk __popcountdi2 __stack_chk_fail ' +
    'bsearch clock_gettime free getenv memchr memcmp memcpy memmove memset qsort strcmp strcspn ' +
    'strlen strncmp strnlen'
  ).split(' ')
)
// Only src/watch/ calls them. Those that can fail do in behaviour/unit/monitor_failures_test.c, and readlink(2) in
// monitor_test.c. What fails when the thread is named or written to is ignored.
const WATCHING = new Set(
  (
    'eventfd eventfd_read eventfd_write prctl pthread_create pthread_join pthread_sigmask readlink ' +
    'sigfillset'
  ).split(' ')
)
// Called only behind a library that wraps dlsym(3), and if it fails as if dlsym() failed.
const LIKE_DLSYM = 'dlopen'
// libmnl's functions, which make no call.
const LIBMNL = /^mnl_(attr_get_\w+|attr_parse_nested|attr_parse_payload|nlmsg_\w+)$/
const OF_THE_LINKER = /^(_ITM_\w+|__cxa_finalize|__gmon_start__)$/

const ns = Namespace.create('torture')
t.teardown(() => ns.remove())
vethPair(ns, ns, { left: 'd0', right: 'd1' })
// Labels that name their link, another link, and none; a peer; a link that is down; a link without addresses.
ns.batch([
  'link set lo up',
  'link add other type veth peer name another',
  'link set another up',
  'addr add 10.1.0.1/24 dev d0',
  'addr add 10.1.0.2/24 dev d0 label d0:1',
  'addr add 10.1.0.3/24 dev d0 label none',
  'addr add 10.1.0.4/24 dev d0 label another',
  'addr add 10.3.0.1 peer 10.3.0.2/30 dev d1',
  'addr add 10.4.0.1/31 dev other',
  'addr add 2001:db8::1/64 dev d0 nodad',
  'addr add fd00::1/48 dev d1 nodad'
])
ns.settle()

/**
 * Runs the program, asserts that each of its tests passes, and returns the number of injected faults.
 *
 * @param {import('tap').Test} t
 * @param {Namespace} ns
 * @param {string[]} [args]
 */
function torture(t, ns, args = []) {
  const program = path.join(path.dirname(launcher), 'torture')
  const { status, stdout, stderr } = ns.exec(program, args, { timeout: TIMEOUT })
  const results = [...stdout.matchAll(/^(not )?ok - (.*)$/gm)]
  const complaints = stdout.match(/^# .*, with call .*$/gm)?.join('\n')
  for (const [, not, name] of results) t.ok(!not, name, { complaints })
  t.equal(results.length, Number(/^1\.\.(\d+)$/m.exec(stdout)?.[1]), 'every planned test was run')
  t.equal(status, 0, stderr)
  return Number(/^# (\d+) faults injected$/m.exec(stdout)?.[1])
}

t.test('every call', async (t) => {
  const injected = torture(t, ns)
  t.ok(injected > LEAST_FAULTS, `${injected} faults injected`)
})

t.test('with so many links that they are dumped', async (t) => {
  const many = Namespace.create('torture-many')
  t.teardown(() => many.remove())
  for (let i = 0; i < MANY_LINKS / 2; i++) vethPair(many, many, { left: `m${i}`, right: `n${i}` })
  many.settle()
  const injected = torture(t, many, ['0'])
  t.ok(injected > LEAST_FAULTS_WITH_MANY, `${injected} faults injected`)
})

t.test('no call is left out', async (t) => {
  const file = path.join(projectRoot, 'build/Release/osh_ifaddrs.node')
  const symbols = execFileSync('nm', ['-D', '--undefined-only', file], { encoding: 'utf8' })
  const imported = [...symbols.matchAll(/^ +[Uw] ([^@\n]+)/gm)].map(([, symbol]) => symbol)
  const unexpected = imported.filter(
    (symbol) =>
      !TORTURED.has(symbol) &&
      !INFALLIBLE.has(symbol) &&
      !WATCHING.has(symbol) &&
      symbol !== LIKE_DLSYM &&
      !/^napi_/.test(symbol) &&
      !LIBMNL.test(symbol) &&
      !OF_THE_LINKER.test(symbol)
  )
  t.ok(imported.length > 5, `it imports ${imported.length} symbols`)
  t.strictSame(unexpected, [], 'it imports only functions that were made to fail')
})
