'use strict'

// watch(): its arguments, what it reports, what it does not report, and when.

const { EventEmitter } = require('node:events')
const t = require('tap')
const { Namespace } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const {
  countThreads,
  listDescriptors,
  observeReads,
  startScript,
  waitFor
} = require('../support/watching')

skipWithout(t)

const observed = observeReads()
const reads = observed.all
const { interfaces, watch } = require('../..')
const { enter } = require('../build/setns.node')

// This thread is in it, too. Its bridges have no ports, so no carrier, so no addresses of their own.
const ns = Namespace.create('watch')
t.teardown(() => ns.remove())
enter(`/run/netns/${ns.name}`)
ns.batch(['link set lo up', 'link add b0 type bridge', 'addr add 10.0.0.1/24 dev b0'])

const POLLING = /** @type {const} */ ({ sources: ['ioctl', 'procfs'], interval: 5 })

/** @param {{ name: string }[]} links */
const namesOf = (links) => links.map(({ name }) => name)

/** @param {{ name: string, index: number }[]} list @param {number} index */
const withIndex = (list, index) => list.find((link) => link.index === index)

/**
 * Starts a watcher that is closed with the test, and checks that each of its changes leads from the result before to
 * the one after.
 */
function observe(t, options = {}) {
  let state = interfaces(options)
  const watcher = watch({ settle: 0, ...options })
  t.teardown(() => watcher.close())
  const changes = []
  watcher.on('change', (change) => {
    const { added, removed, changed } = change
    const kept = state.filter(({ index }) => !withIndex(removed, index))
    const next = kept.map((link) => {
      const found = changed.find(({ before }) => before.index === link.index)
      if (found !== undefined) t.strictSame(found.before, link, 'the link before')
      if (found !== undefined) t.strictNotSame(found.before, found.after, 'it differs')
      return found?.after ?? link
    })
    const all = [...next, ...added].sort((a, b) => a.index - b.index)
    t.strictSame(all, change.interfaces, 'the result after')
    t.not(added.length + removed.length + changed.length, 0, 'something differs')
    state = structuredClone(change.interfaces)
    changes.push(structuredClone(change))
  })
  const find = (matches) => waitFor(() => changes.find(matches), `${matches}`)
  return { watcher, changes, find }
}

t.test('arguments', async (t) => {
  const time = (name, least) =>
    `"options.${name}" must be a number of milliseconds from ${least} to 2147483647`
  /** @type {[unknown[], string][]} */
  const invalid = [
    [[null], '"options" must be an object, not null'],
    [['frob'], `"options" must be an object, not 'frob'`],
    [[{ sources: [] }], '"options.sources" must name at least one of rtnetlink, ioctl, procfs'],
    [[{ sources: ['sysfs'] }], '"options.sources[0]" must be one of rtnetlink, ioctl, procfs'],
    [[{ signal: null }], '"options.signal" must be an AbortSignal, not null'],
    [[{ signal: {} }], '"options.signal" must be an AbortSignal, not {}'],
    [
      [{ signal: new EventTarget() }],
      '"options.signal" must be an AbortSignal, not EventTarget {}'
    ],
    [[{ persistent: 1 }], '"options.persistent" must be a boolean, not 1'],
    [[{ persistent: null }], '"options.persistent" must be a boolean, not null'],
    [[{ interval: 0 }], `${time('interval', 1)}, not 0`],
    [[{ interval: NaN }], `${time('interval', 1)}, not NaN`],
    [[{ interval: '5' }], `${time('interval', 1)}, not '5'`],
    [[{ interval: 2 ** 31 }], `${time('interval', 1)}, not 2147483648`],
    [[{ settle: -1 }], `${time('settle', 0)}, not -1`],
    [[{ settle: Infinity }], `${time('settle', 0)}, not Infinity`],
    [[{}, null], '"listener" must be a function, not null'],
    [[undefined, {}], '"listener" must be a function, not {}']
  ]
  const before = listDescriptors()
  for (const [args, message] of invalid)
    t.match(
      t.throws(() => watch(...args)),
      { name: 'TypeError', message },
      message
    )
  t.equal(countThreads(), 0, 'they start nothing')
  t.strictSame(listDescriptors(), before)

  const listener = () => {}
  const all = { signal: undefined, persistent: undefined, interval: undefined, settle: undefined }
  /** @type {[unknown[], number][]} with the number of listeners */
  const valid = [
    [[], 0],
    [[undefined, undefined], 0],
    [[undefined, listener], 1],
    [[listener], 1],
    [[{ ...all, sources: undefined }, listener], 1],
    [[{ interval: 1, settle: 0, persistent: false }], 0],
    [[{ interval: 2 ** 31 - 1, settle: 2 ** 31 - 1, signal: AbortSignal.abort() }], 0]
  ]
  for (const [args, count] of valid) {
    const watcher = watch(...args)
    t.ok(watcher instanceof EventEmitter)
    t.equal(watcher.listenerCount('change'), count)
    t.equal(watcher.mode, 'netlink')
    t.equal(watcher.ref().unref(), watcher)
    watcher.close()
    t.equal(watcher.mode, 'netlink', 'known after the end')
  }
  const polling = watch(POLLING)
  t.equal(polling.mode, 'polling')
  polling.close()
})

/** What ip(8) changes, and what a change has to report then. @type {Record<string, [string[], (change: any) => unknown]>} */
const CHANGES = {
  'a link is added': [
    ['link add b1 type bridge'],
    ({ added }) => added[0]?.name === 'b1' && added[0].kind === 'bridge'
  ],
  'an IPv4 address is added': [
    ['addr add 10.0.1.1/24 dev b1 label b1:x'],
    ({ changed: [link] }) =>
      link?.before.addresses.length === 0 && link.after.addresses[0].label === 'b1:x'
  ],
  'an IPv6 address is added': [
    ['addr add fd00::1/64 dev b1'],
    ({ changed: [link] }) => link?.after.addresses.some(({ cidr }) => cidr === 'fd00::1/64')
  ],
  'a link goes up': [
    ['link set b1 up'],
    ({ changed: [link] }) => link?.before.state === 'down' && link.after.state !== 'down'
  ],
  'another MTU': [['link set b1 mtu 1400'], ({ changed: [link] }) => link?.after.mtu === 1400],
  'another hardware address': [
    ['link set b1 address 02:00:00:00:00:01'],
    ({ changed: [link] }) => link?.after.mac === '02:00:00:00:00:01'
  ],
  'another name of a link': [
    ['link property add dev b1 altname frob'],
    ({ changed: [link] }) => link?.after.alternativeNames[0] === 'frob'
  ],
  'an address is removed': [
    ['addr del 10.0.1.1/24 dev b1'],
    ({ changed: [link] }) => link?.after.addresses.every(({ family }) => family !== 'IPv4')
  ],
  'a link goes down': [
    ['link set b1 down'],
    ({ changed: [link] }) => link?.before.state !== 'down' && link?.after.state === 'down'
  ],
  'a link is renamed': [
    ['link set b1 name b2'],
    ({ added, removed, changed: [link] }) =>
      link?.before.name === 'b1' && link.after.name === 'b2' && added.length + removed.length === 0
  ],
  'a link is removed': [['link del b2'], ({ removed }) => removed[0]?.name === 'b2'],
  'two links are added, and another changes': [
    ['link add b3 type bridge', 'link add b4 type bridge', 'link set b0 mtu 1300'],
    ({ interfaces }) =>
      ['b3', 'b4'].every((name) => namesOf(interfaces).includes(name)) &&
      interfaces.some(({ mtu }) => mtu === 1300)
  ]
}

t.test('what changes', async (t) => {
  const { changes, find } = observe(t)
  for (const [title, [commands, matches]] of Object.entries(CHANGES)) {
    changes.length = 0
    ns.batch(commands)
    t.ok(await find(matches), title)
  }
  ns.batch(['link del b3', 'link del b4'])
  await find(({ interfaces }) => !namesOf(interfaces).includes('b4'))
  t.strictSame(changes.at(-1).interfaces, interfaces())
})

t.test('what does not change the result is not reported', async (t) => {
  const { changes, find } = observe(t)
  const silent = {
    'an address with the same values': ['addr change 10.0.0.1/24 dev b0'],
    'a property that is not reported': ['link set lo txqueuelen 500'],
    'a link that is gone again': ['link add b1 type bridge', 'link del b1'],
    'a change that is undone': ['link set b0 mtu 1400', 'link set b0 mtu 1300']
  }
  for (const [title, commands] of Object.entries(silent)) {
    const count = reads.length
    ns.batch(commands)
    await waitFor(() => reads.length > count, `a read: ${title}`)
    t.strictSame(changes, [], title)
  }
  const count = reads.length
  ns.batch([
    'link set b0 up',
    'neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev b0',
    'route add 10.1.0.0/16 via 10.0.0.2 dev b0'
  ])
  await find(({ changed }) => changed[0]?.after.state !== 'down')
  t.ok(reads.length > count)
  // Otherwise another test would get what the bridge reports later.
  ns.ip('link set b0 down')
  await find(({ changed }) => changed[0]?.after.state === 'down')
})

t.test('alternative names of a link that is down come with the next change', async (t) => {
  const { find } = observe(t)
  ns.ip('link add b1 type bridge')
  await find(({ added }) => added.length > 0)
  ns.ip('link property add dev b1 altname frob')
  ns.ip('link set b1 mtu 1400')
  const { changed, interfaces: now } = await find(({ changed: [link] }) => link?.after.mtu === 1400)
  t.strictSame(changed[0].after.alternativeNames, ['frob'])
  t.strictSame(now, interfaces())
  ns.ip('link del b1')
  await find(({ removed }) => removed.length > 0)
})

t.test('neighbours and routes cause no read', async (t) => {
  ns.ip('link set lo up')
  const { find, changes } = observe(t)
  const count = reads.length
  ns.batch([
    'neigh add 127.0.0.2 lladdr 02:00:00:00:00:02 dev lo',
    'route add 10.1.0.0/16 dev lo',
    'route del 10.1.0.0/16 dev lo'
  ])
  ns.ip('link add b1 type bridge')
  await find(({ added }) => added.length > 0)
  t.equal(reads.length, count + 1)
  ns.ip('link del b1')
  await find(({ removed }) => removed.length > 0)
  t.equal(changes.length, 2)
})

t.test('what a listener gets is its own', async (t) => {
  const { changes, find, watcher } = observe(t)
  const other = observe(t)
  watcher.on('change', ({ interfaces, added, removed, changed }) => {
    for (const link of interfaces) {
      link.name = link.flags = 'frob'
      link.addresses.length = 0
    }
    for (const { before } of changed) before.addresses = 'frob'
    for (const list of [interfaces, added, removed, changed]) list.length = 0
  })
  for (const mtu of [1401, 1402, 1300]) {
    changes.length = other.changes.length = 0
    ns.ip(`link set b0 mtu ${mtu}`)
    const matches = ({ changed: [link] }) => link.after.mtu === mtu
    t.strictSame((await find(matches)).interfaces, interfaces(), `${mtu}`)
    t.strictSame((await other.find(matches)).interfaces, interfaces())
  }
})

t.test('an error of a listener is uncaught, and the watcher goes on', async (t) => {
  for (const options of ['{}', JSON.stringify(POLLING)]) {
    const { child, emits, hears } = startScript(
      ns,
      `process.on('uncaughtException', ({ message }) => say({ event: message }))
      const watcher = report(watch(${options}))
      watcher.once('change', () => { throw new Error('frob') })`
    )
    await emits('start')
    ns.ip('link add b1 type bridge')
    await emits('frob')
    ns.ip('link del b1')
    t.ok(await hears(({ removed }) => removed?.[0]?.name === 'b1'), options)
    child.kill()
  }
})

/** Changes an MTU every few milliseconds until a function returns something truthy. */
async function changeUntil(find, what) {
  const child = ns.spawnCommand('ip', ['-batch', '-'])
  let mtu = 1400
  const timer = setInterval(() => child.stdin.write(`link set b0 mtu ${++mtu}\n`), 3)
  try {
    return await waitFor(find, what)
  } finally {
    clearInterval(timer)
    child.kill()
  }
}

t.test('settle', async (t) => {
  const SETTLE = 200
  const { watcher } = observe(t, { settle: SETTLE })
  const times = [performance.now()]
  watcher.on('change', () => times.push(performance.now()))
  await changeUntil(() => times.length > 4, 'later changes do not extend it')
  const gaps = times.slice(1).map((time, i) => time - times[i])
  // Timers count whole milliseconds.
  t.strictSame(
    gaps.filter((gap) => gap < SETTLE - 2),
    [],
    'no event is earlier'
  )
})

t.test('slow reads', async (t) => {
  observed.delay = 20
  t.teardown(() => (observed.delay = 0))
  for (const options of [{ settle: 0 }, POLLING]) {
    const { watcher } = observe(t, options)
    reads.length = 0
    await changeUntil(() => reads.length > 5, 'reads')
    watcher.close()
    const rests = reads.slice(1).map(({ start }, i) => {
      const { start: begin, end } = reads[i]
      return (start - end) / (end - begin)
    })
    t.strictSame(
      rests.filter((rest) => rest < 3.9),
      [],
      'four times as long as a read'
    )
  }
})
