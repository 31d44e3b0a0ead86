'use strict'

// Runs the core and the preload library under valgrind's memcheck, with each combination of denials: no
// uninitialised read, no access out of bounds, no leak of memory or descriptors.

const path = require('node:path')
const t = require('tap')
const { preloadPath } = require('osh-ifaddrs')
const { Namespace, launcher, vethPair } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')

skipWithout(t)

const READ = path.join(path.dirname(launcher), 'read')
const LISTS = path.join(path.dirname(launcher), 'lists')
const MIXED = path.join(path.dirname(launcher), 'mixed')
const VALGRIND = [
  '--error-exitcode=99',
  '--leak-check=full',
  '--show-leak-kinds=all',
  '--errors-for-leak-kinds=all',
  '--track-fds=yes'
]
// Closes inherited descriptors: some terminals pass on theirs, which valgrind 3.24 reports as leaks.
const CLOSE_INHERITED =
  'import os, sys; os.closerange(3, 4096); os.execvp(sys.argv[1], sys.argv[1:])'
const MANY = 300

/** The launcher's options, by what they deny. */
const DENIALS = {
  nothing: [],
  'a link name on the netlink socket': ['--deny-ioctl', 'SIOCGIFNAME'],
  netlink: ['--deny-family', 'netlink'],
  'netlink and AF_INET': ['--deny-family', 'netlink,inet'],
  'every socket': ['--deny-family', 'all'],
  'every socket and socketpair': ['--deny-family', 'all', '--deny-socketpair'],
  'netlink, and hardware addresses': [
    ...['--deny-family', 'netlink', '--deny-ioctl', 'SIOCGIFHWADDR']
  ]
}

const ns = Namespace.create('memcheck')
t.teardown(() => ns.remove())
vethPair(ns, ns, { left: 'd0', right: 'd1' })
// Labels that name their link, another link, and none; a peer; more addresses than the initial buffer holds.
ns.batch([
  'link set lo up',
  'addr add 10.0.0.1/24 dev d0 label d0:1',
  'addr add 10.0.0.2/24 dev d0 label d1',
  'addr add 10.0.0.3/24 dev d0 label none',
  'addr add 10.9.0.1 peer 10.9.0.2/32 dev d1',
  ...Array.from({ length: MANY }, (_, i) => `addr add 10.1.${i >> 8}.${i & 255}/16 dev d1`),
  ...Array.from({ length: MANY }, (_, i) => `addr add fd00::${i.toString(16)}/64 dev d0 nodad`)
])
ns.settle()

/** Runs a program under valgrind, asserts that it reports nothing, and returns the program's output. */
function memcheck(t, denials, program, options = {}) {
  const launch = ['--user', 'keep', '--no-landlock', ...denials]
  const args = ['-c', CLOSE_INHERITED, 'valgrind', ...VALGRIND, ...program]
  const { status, stdout, stderr } = ns.exec('python3', args, { launch, ...options })
  t.equal(status, 0, status === 0 ? path.basename(program.join(' ')) : stderr)
  t.match(stderr, /ERROR SUMMARY: 0 errors/)
  t.match(stderr, /FILE DESCRIPTORS: (\d+) open \(\1 std\)/, 'no descriptor is left')
  return stdout
}

for (const [name, denials] of Object.entries(DENIALS)) {
  t.test(`${name} denied`, async (t) => {
    const output = memcheck(t, denials, [READ, '7'])
    const [error, missing] = output.split('\n', 1)[0].split(' ')
    t.equal(error, '0', 'the read succeeds')
    t.equal(missing.length, 1)
    t.ok(output.split('\n').length > MANY)
  })
}

t.test('only one or two sources', async (t) => {
  for (const sources of [1, 2, 3, 4, 5, 6]) {
    t.match(memcheck(t, [], [READ, `${sources}`]), /^0 \d\n/)
  }
})

t.test('no source answers', async (t) => {
  const launch = ['--deny-family', 'all', '--deny-socketpair']
  t.match(memcheck(t, launch, [READ, '3']), /^-1 7\n/)
})

t.test('the lists of the preload library', async (t) => {
  const run = (list, name) =>
    memcheck(t, DENIALS[name], [LISTS, list], { env: { LD_PRELOAD: preloadPath } })
  for (const name of Object.keys(DENIALS)) t.match(run('list', name), /"flags"/, name)
  t.match(run('names', 'netlink'), /"d0"/)
})

t.test('another thread frees lists of both kinds in any order', async (t) => {
  const preload = { env: { LD_PRELOAD: preloadPath } }
  t.equal(memcheck(t, [], [MIXED], preload), '20 of 40\n')
})
