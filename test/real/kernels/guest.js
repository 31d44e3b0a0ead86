'use strict'

// Runs in a virtual machine: builds a network, checks there what the host's kernel cannot show, and prints the results
// for the host, each as a line of JSON behind a mark.

const assert = require('node:assert/strict')
const os = require('node:os')
const { isDeepStrictEqual } = require('node:util')
const { preloadPath } = require('../../..')
const { checkInterfaces } = require('../../support/interfaces-expectations')
const { ipInterfaces } = require('../../support/ip-interfaces')
const { Namespace } = require('../../support/namespace')
const lists = require('../../support/preload/lists')
const { describe } = require('../../support/topology-description')
const { checkReadings } = require('../../support/topology-expectations')
const { Readers, readOnce } = require('../../support/topology-readers')
const { MARK } = require('../../support/virtual-machine')
const { startScript } = require('../../support/watching')
const { buildLinks } = require('./links')

const MAX_TRIES = 50
// An emulated processor is slow.
const SETTLE_TIMEOUT = 120_000

const DENIED = ['--user', 'keep', '--no-landlock', '--deny-family', 'netlink']
const POLLING = { interval: 50 }

// There glibc makes sockets by socketcall(2), whose arguments no filter sees: libseccomp's rule against one family refuses
// every socket(2). Only `sources` keep the package from asking netlink alone.
const IS_SOCKETCALL = os.machine() === 's390x'
const SOURCES = IS_SOCKETCALL ? 'ioctl,procfs' : undefined

/** @param {object} what */
const say = (what) => process.stdout.write(`${MARK}${JSON.stringify(what)}\n`)

/**
 * @param {string} name
 * @param {() => unknown} run returns what was compared
 */
async function check(name, run) {
  const started = performance.now()
  const seconds = () => Math.round((performance.now() - started) / 1000)
  try {
    const compared = await run()
    say({ check: name, compared, seconds: seconds() })
  } catch (error) {
    say({ check: name, error: `${/** @type {Error} */ (error).stack}`, seconds: seconds() })
  }
}

/** As Readers, where a filter refuses no family alone. */
class SocketcallReaders {
  /** @param {Namespace} ns */
  async read(ns) {
    return {
      rtnetlink: readOnce(ns),
      'no netlink': readOnce(ns, undefined, SOURCES),
      'no socket': readOnce(ns, DENIED),
      'no socket, no socketpair': readOnce(ns, undefined, 'procfs')
    }
  }

  async close() {}
}

/**
 * Reads the network in every mode, in one state.
 *
 * @param {Namespace} ns
 */
async function readUnchanged(ns) {
  const readers = IS_SOCKETCALL ? new SocketcallReaders() : new Readers(ns)
  try {
    let expected = ipInterfaces(ns)
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const readings = await readers.read(ns)
      const after = ipInterfaces(ns)
      if (isDeepStrictEqual(after, expected))
        return { expected, readings, description: describe(ns) }
      expected = after
    }
    throw new Error('the network changes during every read')
  } finally {
    await readers.close()
  }
}

/**
 * @param {Namespace} ns
 * @param {boolean} ordinary whether netmasks can be inferred
 */
async function checkModes(ns, ordinary) {
  const { expected, readings, description } = await readUnchanged(ns)
  const modes = Object.keys(readings)
  const addresses = expected.reduce((sum, link) => sum + link.addresses.length, 0)
  const compared = { links: expected.length, addresses, modes }
  const which = ordinary ? '' : ', netmasks that routes do not show'
  await check(`networkInterfaces()${which}`, () => {
    checkReadings(readings, description, ordinary)
    return compared
  })
  await check(`interfaces()${which}`, () => {
    checkInterfaces(readings, expected, description, ordinary)
    return compared
  })
}

/** Where rtnetlink answers, the preload library's lists equal glibc's. @param {Namespace} ns */
function checkPreloadOpen(ns) {
  const compared = ['list', 'names'].map((mode) => {
    const { glibc, ours, stderr } = lists.readBoth(ns, mode, {
      preload: `${preloadPath} ${lists.refuse}`
    })
    assert.deepEqual({ ours, stderr }, { ours: glibc, stderr: '' })
    return glibc.length
  })
  return { entries: compared[0], names: compared[1] }
}

/** Where netlink is denied, they lack only what it alone reports. @param {Namespace} ns */
function checkPreloadDenied(ns) {
  const options = IS_SOCKETCALL
    ? { preload: `${preloadPath} ${lists.refuse}`, sources: SOURCES }
    : { preload: preloadPath, launch: DENIED }
  const { glibc, ours, stderr } = lists.readBoth(ns, 'list', options)
  assert.equal(stderr, '')
  const expected = glibc.map(lists.withoutLongAddresses)
  assert.deepEqual(lists.withoutNetlinkFields(ours), lists.withoutNetlinkFields(expected))
  return { entries: glibc.length }
}

/**
 * A watcher reports a link that comes and goes. With netlink a thread waits for that.
 *
 * @param {Namespace} ns
 * @param {{ mode: string, launch: string[], threads: number, sources?: string }} options
 */
async function checkWatch(ns, { mode, launch, threads, sources }) {
  const script = `
    const { countThreads } = require('./test/support/watching')
    const watcher = report(watch(${JSON.stringify({ ...POLLING, sources: sources?.split(',') })}))
    say({ threads: countThreads() })
    process.stdin.on('end', () => watcher.close()).resume()
    `
  const watcher = startScript(ns, script, { launch })
  const start = await watcher.emits('start')
  assert.equal(start.mode, mode)
  const counted = await watcher.hears((what) => what.threads !== undefined)
  assert.equal(counted.threads, threads, 'threads')
  ns.ip('link add watched type dummy')
  await watcher.hears(({ added }) => added?.some(({ name }) => name === 'watched'))
  ns.ip('link del watched')
  await watcher.hears(({ removed }) => removed?.some(({ name }) => name === 'watched'))
  watcher.child.stdin?.end()
  const { status, stderr } = await watcher.ended
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
  return { mode, threads }
}

/** Whether the native function fails while a filter refuses netlink. @param {Namespace} ns */
function checkFilter(ns) {
  const { status, stderr } = ns.node("require('node:os').networkInterfaces()", { launch: DENIED })
  assert.match(stderr, /uv_interface_addresses/)
  return { status }
}

/** Addresses whose netmasks cannot be inferred from the main table of routes. @param {Namespace} ns */
function addUnordinary(ns) {
  ns.batch([
    'link add u0 type dummy',
    'addr add 10.3.0.1/20 dev u0 noprefixroute',
    'addr add 10.3.0.1/22 dev u0',
    'link add u1 type dummy',
    'addr add 10.3.0.1/24 dev u1 label u0:1',
    'link add u2 type vrf table 201',
    'addr add 10.4.0.1/20 dev u2',
    'link set u2 up',
    'link set u0 up',
    'link set u1 up'
  ])
  ns.settle(SETTLE_TIMEOUT)
}

async function main() {
  const ns = Namespace.create('kernel')
  const missing = buildLinks(ns)
  ns.settle(SETTLE_TIMEOUT)
  say({ kernel: os.release(), machine: os.machine(), missing, node: process.version })
  await check('control: the native function fails', () => checkFilter(ns))
  await checkModes(ns, true)
  await check('preload library, nothing denied', () => checkPreloadOpen(ns))
  await check('preload library, netlink denied', () => checkPreloadDenied(ns))
  addUnordinary(ns)
  await checkModes(ns, false)
  await check('watch(), netlink', () =>
    checkWatch(ns, { mode: 'netlink', launch: DENIED.slice(0, 3), threads: 1 })
  )
  await check('watch(), polling', () =>
    checkWatch(ns, { mode: 'polling', launch: DENIED, threads: 0, sources: SOURCES })
  )
  ns.remove()
  say({ end: true })
}

main().catch((error) => say({ error: error.stack }))
