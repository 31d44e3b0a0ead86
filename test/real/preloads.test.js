'use strict'

// The published preload library next to others that wrap libc's functions: sanitizers, profilers, overlays. Before
// ours and after it, with netlink open and refused.

const { execFileSync } = require('node:child_process')
const path = require('node:path')
const t = require('tap')
const { copyBinary, makeApp, packOrSkip } = require('../support/app')
const { projectRoot } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')
const { makeTemporaryFolder } = require('../support/temporary-folder')

skipWithout(t)

// In the project, which the sandbox leaves open.
const BUILD = path.join(projectRoot, 'test/build')
const folder = makeTemporaryFolder(t, BUILD)
const ours = copyBinary(t, makeApp(t, packOrSkip(t)), process.arch, folder)
const PLAIN = path.join(BUILD, 'plain-dynamic')
// Its memory map is as ThreadSanitizer expects only without randomisation.
const NO_RANDOMISATION = ['setarch', '-R']

const gcc = (...args) => execFileSync('gcc', args, { encoding: 'utf8' }).trim()
const libraries = gcc('-print-multiarch')

/** @param {string} sanitizer */
function compile(sanitizer, ...options) {
  const program = path.join(folder, [sanitizer, ...options].join(''))
  const source = path.join(projectRoot, 'test/support/preload/plain.c')
  gcc(`-fsanitize=${sanitizer}`, ...options, source, '-o', program)
  return program
}

/**
 * `first`: the library must be the first one.
 *
 * @type {Record<string, { command: string[], library?: string, first?: boolean, env?: Record<string, string> }>}
 */
const OTHERS = {
  'AddressSanitizer, linked statically': { command: [compile('address', '-static-libasan')] },
  AddressSanitizer: {
    command: [compile('address')],
    library: gcc('-print-file-name=libasan.so'),
    first: true
  },
  ThreadSanitizer: { command: [...NO_RANDOMISATION, compile('thread')] },
  heaptrack: {
    command: [PLAIN],
    library: '/usr/lib/heaptrack/libheaptrack_preload.so',
    env: { DUMP_HEAPTRACK_OUTPUT: path.join(folder, 'heaptrack') }
  },
  fakechroot: {
    command: [PLAIN],
    library: `/usr/lib/${libraries}/fakechroot/libfakechroot.so`
  },
  MangoHud: { command: [PLAIN], library: `/usr/lib/${libraries}/mangohud/libMangoHud.so` },
  // Wraps dlsym(3), so that RTLD_NEXT finds ours again if it is before ours.
  'MangoHud, by dlsym()': {
    command: [PLAIN],
    library: `/usr/lib/${libraries}/mangohud/libMangoHud_dlsym.so`
  }
}

const OPEN = ['--user', 'keep', '--no-landlock']
const NETLINK = [...OPEN, '--deny-family', 'netlink']

const ns = makeNamespace(t, 'preloads')
const { stdout } = ns.exec(PLAIN)
const answer = { status: 0, signal: null, stdout, stderr: '' }

for (const [name, { command, library, first = false, env = {} }] of Object.entries(OTHERS)) {
  t.test(name, async (t) => {
    const run = (launch, preloads) => {
      const LD_PRELOAD = preloads.filter((file) => file !== undefined).join(':')
      const [program, ...args] = ['env', `LD_PRELOAD=${LD_PRELOAD}`, ...command]
      return ns.exec(program, args, { launch, env })
    }
    t.strictSame(run(OPEN, [library]), answer, 'control: without ours')
    t.match(run(NETLINK, [library]), { status: 1, stdout: '' }, 'control: without ours, refused')
    const orders = [[library, ours], ...(library === undefined || first ? [] : [[ours, library]])]
    for (const preloads of orders) {
      const order = preloads[0] === ours ? 'ours first' : 'ours last'
      t.strictSame(run(OPEN, preloads), answer, order)
      t.strictSame(run(NETLINK, preloads), answer, `${order}, netlink refused`)
    }
  })
}
