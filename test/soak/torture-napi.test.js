'use strict'

// Makes every N-API call and every allocation of the addon fail, once and persistently, in a real Node. Each must
// cause an ordinary exception and no leak, and the next read must be right. The addon is the real one, linked
// with a library that makes its calls fail (torture/napi.c).

const { execFileSync } = require('node:child_process')
const path = require('node:path')
const t = require('tap')
const { findAddon } = require('../../lib/addon/locate')
const { append } = require('../../lib/results/layout')
const { Namespace, vethPair } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { countDescriptors } = require('./resources')

skipWithout(t)

// Links and addresses with everything that the addon passes.
const ns = Namespace.create('torture-napi')
t.teardown(() => ns.remove())
vethPair(ns, ns, { left: 'd0', right: 'd1' })
ns.batch([
  'link set lo up',
  'link property add dev d0 altname alternative0 altname alternative1',
  'addr add 10.0.0.1/24 broadcast + dev d0 label d0:1',
  'addr add 10.0.1.1 peer 10.0.1.2/32 dev d0',
  'addr add fd00::1 peer fd00::2/128 dev d0 nodad'
])
ns.settle()
require('../build/setns.node').enter(`/run/netns/${ns.name}`)

/**
 * @typedef {object} Torture
 * @property {(kind: number, at: number, status: number, persistent: boolean) => void} start
 * @property {() => [number, number, number]} stop N-API calls, allocations, blocks of memory
 * @property {(refused: boolean) => void} refuseSockets
 * @property {(exports: object) => import('../../lib/addon/load').Addon} init
 */

const library = path.join(__dirname, '../build/torture.node')
/** @type {Torture} */
const torture = require(library)

const NAPI = 0
const MEMORY = 1
const PENDING_EXCEPTION = 10
// napi_invalid_arg, napi_object_expected, napi_generic_failure, napi_pending_exception, napi_cancelled,
// napi_queue_full, napi_closing, napi_cannot_run_js
const STATUSES = [1, 2, 9, PENDING_EXCEPTION, 11, 15, 16, 23]
const CODES = ['ERR_OSH_IFADDRS_NAPI', 'ERR_PENDING', 'ENOMEM']
const ALL = 7
const RTNETLINK = 1
const PROCFS = 4

const addon = torture.init({})

/** @param {number} sources */
const read = (sources) => JSON.stringify(addon.read(sources, false, append))
/** @param {number} sources */
const diagnose = (sources) => JSON.stringify(addon.read(sources, true, append))
/** @param {number} sources */
const readInterfaces = (sources) => JSON.stringify(addon.readInterfaces(sources, append))

/** The operations that fail. None depends on the failures before. */
const OPERATIONS = {
  'an initialisation': () => typeof torture.init({})?.read,
  'a read': () => read(ALL),
  'a read that finds other addresses than the one before': () => read(PROCFS) + read(ALL),
  'a read with details': () => diagnose(ALL),
  'a read of nothing': () => read(0),
  'a read of procfs alone': () => diagnose(PROCFS),
  'a read of every link': () => readInterfaces(ALL),
  'a read of every link without netlink': () => readInterfaces(ALL & ~RTNETLINK),
  'a read of every link, and of nothing': () => readInterfaces(0),
  'a probe': () => JSON.stringify(addon.probe()),
  'a probe that is refused': () => {
    torture.refuseSockets(true)
    try {
      return JSON.stringify(addon.probe())
    } finally {
      torture.refuseSockets(false)
    }
  }
}

/**
 * Runs an operation once with a call or allocation failing.
 *
 * @param {() => unknown} operation
 * @param {number} kind
 * @param {number} at
 * @param {number} status
 * @param {boolean} persistent
 */
function attempt(operation, kind, at, status, persistent) {
  let result
  /** @type {any} */
  let error
  torture.start(kind, at, status, persistent)
  try {
    result = operation()
  } catch (thrown) {
    error = thrown
  }
  const [calls, allocations, blocks] = torture.stop()
  return { result, error, counts: [calls, allocations], blocks }
}

/** @param {any} error */
function isPlain(error) {
  return (
    error instanceof Error &&
    CODES.includes(/** @type {any} */ (error).code) &&
    error.message !== ''
  )
}

/**
 * The N-API functions among a file's dynamic symbols.
 *
 * @param {string} file
 * @param {'--defined-only' | '--undefined-only'} which
 * @param {string} [prefix] of the symbol
 */
function napiSymbols(file, which, prefix = '') {
  const symbols = execFileSync('nm', ['--dynamic', which, file], { encoding: 'utf8' })
  return [...symbols.matchAll(new RegExp(`^.* ${prefix}(napi_\\w+)$`, 'gm'))].map(
    ([, name]) => name
  )
}

let injected = 0

// Only the first read of a thread creates what it and later ones return, if no call fails.
t.test('the first read', async (t) => {
  const before = attempt(() => null, NAPI, 0, 0, false).blocks
  let at = 0
  let created = false
  while (!created) {
    at++
    for (const status of STATUSES) {
      const { error, blocks } = attempt(() => read(ALL), NAPI, at, status, false)
      injected++
      created = blocks !== before
      if (created) break
      t.ok(isPlain(error), `call ${at}, ${status}: ${error}`)
    }
  }
  t.ok(at > 6, `${at} calls`)
})

for (const [name, operation] of Object.entries(OPERATIONS)) {
  t.test(name, async (t) => {
    // Repeated, because a read keeps strings for the next one.
    operation()
    const expected = attempt(operation, NAPI, 0, 0, false)
    t.equal(expected.error, undefined, 'control: without failures it succeeds')
    const descriptorsBefore = countDescriptors()
    /** @type {string[]} */
    const wrong = []

    /**
     * @param {number} kind
     * @param {number} at
     * @param {number} status
     * @param {boolean} persistent
     */
    const fail = (kind, at, status, persistent) => {
      const { result, error, blocks } = attempt(operation, kind, at, status, persistent)
      const fault = `${kind === NAPI ? 'call' : 'allocation'} ${at}, ${status}, ${persistent}`
      injected++
      // If throwing fails too, nothing is thrown. Without memory the core can use another source.
      const canReturn = kind === MEMORY || (persistent && status !== PENDING_EXCEPTION)
      if (error === undefined && !canReturn) wrong.push(`${fault}: returned ${result}`)
      if (error === undefined && result === undefined && kind === MEMORY)
        wrong.push(`${fault}: returned nothing`)
      if (error !== undefined && !isPlain(error)) wrong.push(`${fault}: threw ${error}`)
      if (blocks !== expected.blocks) wrong.push(`${fault}: memory is left`)
      const again = attempt(operation, NAPI, 0, 0, false)
      if (again.result !== expected.result) wrong.push(`${fault}: then ${again.result}`)
    }

    const [calls, allocations] = expected.counts
    t.ok(calls > 0, `${calls} N-API calls, ${allocations} allocations`)
    for (const persistent of [false, true]) {
      for (let at = 1; at <= calls; at++)
        for (const status of STATUSES) fail(NAPI, at, status, persistent)
      for (let at = 1; at <= allocations; at++) fail(MEMORY, at, 0, persistent)
    }
    t.strictSame(wrong, [], 'each failure causes an exception and nothing else')
    t.equal(countDescriptors(), descriptorsBefore, 'no descriptor is left')
  })
}

t.test('no call is left out', async (t) => {
  const called = napiSymbols(findAddon(), '--undefined-only')
  const wrapped = napiSymbols(library, '--defined-only', '__wrap_')
  t.ok(called.length > 10, `the addon calls ${called.length} functions`)
  const missing = called.filter((name) => !wrapped.includes(name))
  t.strictSame(missing, [], 'each is made to fail')
})

t.test('the number of faults', async (t) => {
  t.ok(injected > 1000, `${injected} faults injected`)
})
