'use strict'

// Makes every N-API call and every allocation of the addon fail, once and persistently, in a real Node; and what starts
// a thread. Each must cause an ordinary exception and no leak, and the next read must be right. The addon is the real one, linked
// with a library that makes its calls fail (torture/napi.c).

const { execFileSync } = require('node:child_process')
const path = require('node:path')
const { setImmediate } = require('node:timers/promises')
const v8 = require('node:v8')
const vm = require('node:vm')
const t = require('tap')
const { findAddon } = require('../../lib/addon/locate')
const { append } = require('../../lib/results/layout')
const { becomes } = require('../support/becomes')
const { Namespace, vethPair } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { countDescriptors, countMonitors } = require('./resources')

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
 * @property {() => [number, number, number, number]} stop N-API calls, allocations, calls to the system, and blocks of
 *   memory
 * @property {() => string | null} failed the function that failed first
 * @property {(paused: boolean) => boolean} pause returns whether a plan was active
 * @property {(refused: boolean) => number} refuseReports of monitors; returns how many have been refused
 * @property {(refused: boolean) => void} refuseSockets
 * @property {(exports: object) => import('../../lib/addon/load').Addon} init
 */

const library = path.join(__dirname, '../build/torture.node')
/** @type {Torture} */
const torture = require(library)

const NAPI = 0
const KINDS = ['N-API call', 'allocation', 'call to the system']
const GENERIC_FAILURE = 9
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

/**
 * Runs code without the failures.
 *
 * @param {() => void} run
 */
function undisturbed(run) {
  const wasActive = torture.pause(true)
  run()
  torture.pause(!wasActive)
}

/**
 * Starts a monitor, which is stopped whatever happens.
 *
 * @param {(monitor: object) => unknown} use
 */
function withMonitor(use) {
  const monitor = addon.startMonitor(() => {})
  if (monitor === null) return 'null'
  try {
    return use(monitor)
  } finally {
    undisturbed(() => addon.stopMonitor(monitor))
  }
}

const STARTED = 'started, and armed: '
// Without them it must not be.
const MONITOR_CALLS = ['__wrap_socket', '__wrap_eventfd', '__wrap_pthread_create']

/**
 * @param {() => unknown} operation
 * @returns {unknown}
 */
function withoutSockets(operation) {
  torture.refuseSockets(true)
  try {
    return operation()
  } finally {
    torture.refuseSockets(false)
  }
}

// For reads, as a watcher keeps one.
const kept = addon.startMonitor(() => {})
const known = addon.readInterfaces(RTNETLINK, append)?.numbers?.buffer ?? null

/** @param {(monitor: object) => unknown} use */
function withKept(use) {
  const monitor = /** @type {object} */ (kept)
  // Discards what a read that failed has left.
  undisturbed(() => addon.armMonitor(monitor))
  return JSON.stringify(use(monitor))
}

/** The operations that fail. None depends on the failures before. @type {Record<string, () => unknown>} */
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
  'a read with a monitor': () =>
    withKept((monitor) => addon.readInterfaces(RTNETLINK, append, null, monitor)),
  'a read of what is known': () => `${addon.readInterfaces(RTNETLINK, append, known) === null}`,
  'a probe': () => JSON.stringify(addon.probe()),
  'a probe that is refused': () => withoutSockets(() => JSON.stringify(addon.probe())),
  'the name of the namespace': () => addon.namespace(),
  'a descriptor that has a reader': () => `${addon.isHungUp(1)}`,
  'a monitor': () => withMonitor((monitor) => `${STARTED}${addon.armMonitor(monitor)}`),
  'a monitor that is stopped': () => withMonitor((monitor) => `${addon.stopMonitor(monitor)}`),
  'a monitor that cannot be started': () => withoutSockets(() => withMonitor(() => 'started'))
}
// Their failure is ignored, or leads to another result that is right.
const HARMLESS = [
  'napi_is_arraybuffer',
  'napi_get_arraybuffer_info',
  'napi_remove_env_cleanup_hook',
  'napi_release_threadsafe_function'
]

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
  const [calls, allocations, systemCalls, blocks] = torture.stop()
  const failed = torture.failed()
  return { result, error, failed, counts: [calls, allocations, systemCalls], blocks }
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

v8.setFlagsFromString('--expose-gc')
const collectGarbage = vm.runInNewContext('gc')

/**
 * How many blocks of memory are left when an operation has ended. The collector frees monitors.
 *
 * @param {number} blocks that are expected
 */
async function countBlocks(blocks) {
  let [, , , left] = torture.stop()
  for (let i = 0; i < 10 && left !== blocks; i++) {
    collectGarbage()
    await setImmediate()
    left = torture.stop()[3]
  }
  return left
}

let injected = 0

// Only the first read of a thread creates what it and later ones return, if no call fails.
t.test('the first read', async (t) => {
  const before = attempt(() => null, NAPI, 0, 0, false).blocks
  let at = 0
  let last
  let created = false
  while (!created) {
    at++
    for (const status of STATUSES) {
      const { error, failed, blocks } = attempt(() => read(ALL), NAPI, at, status, false)
      injected++
      created = blocks !== before
      last = failed
      if (created) break
      t.ok(isPlain(error), `call ${at}, ${status}: ${error}`)
    }
  }
  t.ok(at > 6, `${at} calls`)
  t.not(last, 'napi_set_instance_data', 'what cannot be kept is deleted')
})

/**
 * What is wrong with the outcome of a failing call, or null.
 *
 * @param {ReturnType<typeof attempt>} outcome
 * @param {boolean} canReturn nothing
 */
function findFault({ result, error, failed }, canReturn) {
  if (error !== undefined) return isPlain(error) ? null : `threw ${error}`
  if (MONITOR_CALLS.includes(`${failed}`) && `${result}`.startsWith(STARTED)) return 'is started'
  // Without memory or sockets the core can use another source.
  const isHarmless = !`${failed}`.startsWith('napi_') || HARMLESS.includes(`${failed}`)
  const isRight = canReturn || (isHarmless && result !== undefined)
  return isRight ? null : `returned ${result}`.slice(0, 80)
}

for (const [name, operation] of Object.entries(OPERATIONS)) {
  t.test(name, async (t) => {
    // Repeated, because a read keeps strings for the next one.
    operation()
    const expected = attempt(operation, NAPI, 0, 0, false)
    t.equal(expected.error, undefined, 'control: without failures it succeeds')
    t.ok(
      expected.counts[NAPI] > 0,
      `calls of N-API, allocations, to the system: ${expected.counts}`
    )
    const blocks = await countBlocks(0)
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
      const outcome = attempt(operation, kind, at, status, persistent)
      const fault = `${KINDS[kind]} ${at}, ${status}, ${persistent}`
      injected++
      // If throwing fails too, nothing is thrown.
      const canReturn = kind === NAPI && persistent && status !== PENDING_EXCEPTION
      const problem = findFault(outcome, canReturn)
      if (problem !== null) wrong.push(`${fault}: ${problem}`)
      const again = attempt(operation, NAPI, 0, 0, false)
      if (again.result !== expected.result)
        wrong.push(`${fault}: then ${again.result}`.slice(0, 160))
    }

    for (const [kind, count] of expected.counts.entries()) {
      for (let i = 0; i < 2 * count; i++) {
        const at = 1 + (i >> 1)
        const persistent = i % 2 === 1
        for (const status of kind === NAPI ? STATUSES : [0]) fail(kind, at, status, persistent)
        if ((await countBlocks(blocks)) !== blocks)
          wrong.push(`${KINDS[kind]} ${at}, ${persistent}: memory is left`)
      }
    }
    t.strictSame(wrong, [], 'each failure causes an exception and nothing else')
    t.equal(countDescriptors(), descriptorsBefore, 'no descriptor is left')
    t.ok(await becomes(() => countMonitors() === 1), 'no thread is left but the one that is kept')
  })
}

/** How many N-API calls have been made since the start. */
function countCalls() {
  const [calls] = torture.stop()
  torture.pause(false)
  return calls
}

t.test('a monitor whose report fails', async (t) => {
  let reports = 0
  let mtu = 1400
  const change = () => ns.ip(`link set d0 mtu ${mtu++}`)
  const monitor = /** @type {object} */ (addon.startMonitor(() => reports++))
  const refused = torture.refuseReports(true)
  change()
  t.ok(await becomes(() => torture.refuseReports(true) > refused), 'in its thread')
  torture.refuseReports(false)
  t.equal(addon.armMonitor(monitor), 0)
  change()
  t.ok(await becomes(() => reports === 1), 'armed again, it reports')
  // The two calls that pass a report to JavaScript.
  for (const at of [1, 2]) {
    torture.start(NAPI, at, GENERIC_FAILURE, false)
    undisturbed(() => addon.armMonitor(monitor))
    change()
    t.ok(await becomes(() => countCalls() >= at), `call ${at}`)
    torture.stop()
    const before = reports
    addon.armMonitor(monitor)
    change()
    t.ok(await becomes(() => reports > before), 'armed again, it reports')
  }
  addon.stopMonitor(monitor)
})

t.test('a monitor that nobody stops', async (t) => {
  const blocks = await countBlocks(0)
  t.ok(addon.startMonitor(() => {}))
  t.ok(await becomes(() => countMonitors() === 2), 'control: it runs')
  t.equal(await countBlocks(blocks), blocks, 'the garbage collector frees it')
  t.ok(await becomes(() => countMonitors() === 1), 'its thread ends')
})

t.test('the last monitor', async (t) => {
  addon.stopMonitor(/** @type {object} */ (kept))
  t.ok(await becomes(() => countMonitors() === 0), 'no thread is left')
})

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
