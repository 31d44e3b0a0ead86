'use strict'

// How watchers end: by close(), a signal, an iterator, or with the process; and that nothing of them is left then.

const { getEventListeners, once } = require('node:events')
const t = require('tap')
const { watch } = require('../..')
const { enter } = require('../build/setns.node')
const { Namespace } = require('../support/namespace')
const { skipWithout } = require('../support/requirements')
const { countThreads, listDescriptors, startScript, waitFor } = require('../support/watching')

skipWithout(t)

// This thread is in it, too.
const ns = Namespace.create('watch-ends')
t.teardown(() => ns.remove())
enter(`/run/netns/${ns.name}`)
ns.batch(['link set lo up', 'link add b0 type bridge'])

const NETLINK = { settle: 0 }
const POLLING = /** @type {const} */ ({ sources: ['ioctl', 'procfs'], interval: 5 })
const MODES = { netlink: NETLINK, polling: POLLING }

/** @param {{ name: string }[]} links */
const namesOf = (links) => links.map(({ name }) => name).join()

/** @returns the names of the links that a watcher knows, at any time */
function follow(watcher) {
  const known = { names: '' }
  watcher.on('change', ({ interfaces }) => (known.names = namesOf(interfaces)))
  return known
}

/** Adds or removes a bridge, and waits until a watcher has reported it. */
async function change(known, verb, name) {
  ns.ip(verb === 'add' ? `link add ${name} type bridge` : `link del ${name}`)
  await waitFor(() => known.names.split(',').includes(name) === (verb === 'add'), `${verb} ${name}`)
}

/** Adds and removes a link, and waits until another watcher has reported it. */
async function changeAndWait() {
  const watcher = watch(NETLINK)
  const known = follow(watcher)
  await change(known, 'add', 'c0')
  await change(known, 'del', 'c0')
  watcher.close()
}

t.test('close()', async (t) => {
  for (const options of Object.values(MODES)) {
    const events = []
    const watcher = watch(options, () => events.push('change'))
    watcher.on('error', () => events.push('error')).on('close', () => events.push('close'))
    ns.ip('link add b1 type bridge')
    watcher.close()
    t.strictSame(events, [], 'asynchronous')
    watcher.close()
    await once(watcher, 'close')
    watcher.close()
    ns.ip('link del b1')
    await changeAndWait()
    t.strictSame(events, ['close'], 'once, and nothing afterwards')
  }
})

t.test('close() in a listener', async (t) => {
  for (const options of Object.values(MODES)) {
    const events = []
    const watcher = watch(options, () => {
      events.push('change')
      watcher.close()
    })
    watcher.on('close', () => events.push('close'))
    ns.ip('link add b1 type bridge')
    await once(watcher, 'close')
    ns.ip('link del b1')
    await changeAndWait()
    t.strictSame(events, ['change', 'close'])
  }
})

t.test('whether the process ends', async (t) => {
  for (const base of ['settle: 0', 'sources: ["ioctl", "procfs"], interval: 5']) {
    const ending = [
      `report(watch({ ${base}, persistent: false }))`,
      `report(watch({ ${base} })).unref()`,
      `report(watch({ ${base} })).close()`,
      `const watcher = report(watch({ ${base} })); watcher.close(); watcher.ref()`,
      `report(watch({ ${base}, signal: AbortSignal.abort() }))`,
      `report(watch({ ${base}, signal: AbortSignal.timeout(50) })).ref()`,
      `const one = report(watch({ ${base} })); report(watch({ ${base} })).unref(); one.unref()`
    ]
    for (const script of ending)
      t.strictSame(
        await startScript(ns, script).ended,
        { status: 0, signal: null, stderr: '' },
        script
      )
    const living = [
      `report(watch({ ${base} }))`,
      `report(watch({ ${base}, persistent: false })).ref()`,
      `report(watch({ ${base} })).ref().unref().ref()`,
      `report(watch({ ${base} })); report(watch({ ${base} })).close()`
    ]
    for (const script of living) {
      const { child, emits, ended } = startScript(ns, script)
      await emits('start')
      ns.ip('link add b1 type bridge')
      t.ok(await emits('change'), script)
      ns.ip('link del b1')
      child.kill()
      t.match(await ended, { signal: 'SIGTERM', stderr: '' })
    }
  }
})

t.test('signal', async (t) => {
  const controller = new AbortController()
  const { signal } = controller
  const [one, two] = [watch({ signal }), watch({ ...POLLING, signal })]
  t.equal(getEventListeners(signal, 'abort').length, 2)
  two.close()
  t.equal(getEventListeners(signal, 'abort').length, 1, 'close() removes it')
  const closed = once(one, 'close')
  controller.abort()
  await closed
  t.equal(getEventListeners(signal, 'abort').length, 0)
  const late = watch({ signal }, () => t.fail('a change'))
  await once(late, 'close')
  t.equal(countThreads(), 0, 'already aborted')
})

t.test('an iterator', async (t) => {
  for (const [mode, options] of Object.entries(MODES)) {
    const watcher = watch(options)
    const closed = once(watcher, 'close')
    const seen = []
    ns.ip('link add b1 type bridge')
    for await (const { added, removed } of watcher) {
      seen.push([namesOf(added), namesOf(removed)])
      if (seen.length === 2) break
      ns.ip('link del b1')
    }
    t.strictSame(
      seen,
      [
        ['b1', ''],
        ['', 'b1']
      ],
      mode
    )
    await closed
    t.ok((await watcher[Symbol.asyncIterator]().next()).done, 'the watcher is closed')
  }
})

t.test('a slow iterator gets several changes as one', async (t) => {
  for (const [mode, options] of Object.entries(MODES)) {
    const watcher = watch(options)
    const known = follow(watcher)
    const iterator = watcher[Symbol.asyncIterator]()
    const [first, second] = [watcher[Symbol.asyncIterator](), watcher[Symbol.asyncIterator]()]
    for (const name of ['b1', 'b2', 'b3']) await change(known, 'add', name)
    await change(known, 'del', 'b2')
    ns.ip('link set b0 mtu 1400')
    const { value } = await iterator.next()
    t.strictSame(namesOf(value.added), 'b1,b3', mode)
    await change(known, 'del', 'b1')
    await change(known, 'add', 'b4')
    await change(known, 'del', 'b4')
    await change(known, 'del', 'b3')
    const { value: next } = await iterator.next()
    t.strictSame([namesOf(next.added), namesOf(next.removed)], ['', 'b1,b3'])

    const waiting = Promise.all([first.next(), second.next()])
    t.ok(
      (await waiting).every(({ value }) => value.changed[0].after.mtu === 1400),
      'each its own'
    )
    const [one, two] = await waiting
    t.not(one.value.interfaces[0], two.value.interfaces[0])
    await first.return()
    for (const each of [iterator, second]) t.ok((await each.next()).done, 'the watcher is closed')
    ns.ip('link set b0 mtu 1500')
  }
})

t.test('an iterator yields what changed before it was created', async (t) => {
  for (const [mode, options] of Object.entries(MODES)) {
    const watcher = watch(options)
    const known = follow(watcher)
    await change(known, 'add', 'b1')
    await change(known, 'add', 'b2')
    const late = [0, 1].map(() => watcher[Symbol.asyncIterator]().next())
    for (const { value } of await Promise.all(late)) t.equal(namesOf(value.added), 'b1,b2', mode)
    watcher.close()
    for (const name of ['b1', 'b2']) ns.ip(`link del ${name}`)
  }
})

t.test('an iterator that waits for a change that is undone', async (t) => {
  const watcher = watch(NETLINK)
  const known = follow(watcher)
  const iterator = watcher[Symbol.asyncIterator]()
  await change(known, 'add', 'b1')
  await change(known, 'del', 'b1')
  const next = iterator.next()
  await change(known, 'add', 'b2')
  const { value } = await next
  t.strictSame([namesOf(value.added), namesOf(value.removed)], ['b2', ''])
  const end = iterator.next()
  watcher.close()
  t.ok((await end).done, 'close() ends it')
  ns.ip('link del b2')
})

t.test('an iterator that ends while it waits, or before', async (t) => {
  for (const [mode, options] of Object.entries(MODES)) {
    const [early, waiting] = [watch(options), watch(options)]
    const closed = Promise.all([early, waiting].map((watcher) => once(watcher, 'close')))
    t.ok((await early[Symbol.asyncIterator]().return()).done, mode)
    const iterator = waiting[Symbol.asyncIterator]()
    const next = iterator.next()
    t.ok((await iterator.return()).done)
    t.ok((await next).done)
    await closed
  }
})

t.test('an iterator throws if the signal aborts', async (t) => {
  for (const [mode, options] of Object.entries(MODES)) {
    const controller = new AbortController()
    const aborted = { name: 'AbortError', code: 'ABORT_ERR', cause: 'frob' }
    const watcher = watch({ ...options, signal: controller.signal })
    const next = watcher[Symbol.asyncIterator]().next()
    controller.abort('frob')
    await t.rejects(next, aborted, mode)
    const late = watch({ ...options, signal: controller.signal })
    await t.rejects(late[Symbol.asyncIterator]().next(), aborted, 'already aborted')
  }
})

t.test("an iterator throws the watcher's error", async (t) => {
  const other = Namespace.create('watch-other')
  t.teardown(() => {
    enter(`/run/netns/${ns.name}`)
    other.remove()
  })
  const error = { code: 'ERR_OSH_IFADDRS_NAMESPACE' }
  const silent = watch(POLLING)
  const heard = watch(POLLING)
  const events = []
  silent.on('close', () => events.push('close'))
  heard.on('error', ({ code }) => events.push(code)).on('close', () => events.push('close'))
  const iterators = [silent, silent, heard].map((watcher) => watcher[Symbol.asyncIterator]())
  const waiting = iterators.map((iterator) => iterator.next())
  enter(`/run/netns/${other.name}`)
  for (const next of waiting) await t.rejects(next, error)
  for (const each of iterators) t.ok((await each.next()).done)
  t.strictSame(events.sort(), [error.code, 'close', 'close'], 'a listener gets it, too')
})

t.test('the thread has ended', async (t) => {
  // Imitated, because nothing makes its poll(2) fail alone. The real failure is in unit/monitor_failures_test.c.
  const { emits, ended, tell, said } = startScript(
    ns,
    `const { embed } = require('./lib/addon/load')
    const { findAddon, publishedName } = require('./lib/addon/locate')
    const loaded = { exports: {} }
    process.dlopen(loaded, findAddon())
    let errno = 0
    const armMonitor = (monitor) => loaded.exports.armMonitor(monitor) || errno
    const addon = Object.create(loaded.exports, { armMonitor: { value: armMonitor } })
    embed({ [publishedName()]: () => addon })
    report(watch({ settle: 0 })).on('close', () => {
      errno = 0
      report(watch()).close()
    })
    onLine(() => (errno = os.constants.errno.ENOMEM))
    process.stdin.unref()`
  )
  await emits('start')
  tell('fail')
  // The line may come after the first.
  const timer = setInterval(() => ns.ip(['link', 'set', 'b0', 'mtu', `${1400 + said.length}`]), 50)
  t.teardown(() => clearInterval(timer))
  t.match(await emits('error'), {
    code: 'ERR_OSH_IFADDRS_POLL',
    message: 'poll failed with ENOMEM. Call watch() again'
  })
  clearInterval(timer)
  t.strictSame(await ended, { status: 0, signal: null, stderr: '' })
  const events = said.map(({ event, mode }) => mode ?? event).filter((event) => event !== 'change')
  t.strictSame(events, ['netlink', 'error', 'close', 'netlink', 'close'])
})

/** Waits until the kernel has removed all monitors of this process. */
const waitForEnd = () => waitFor(() => countThreads() === 0, 'no thread')

t.test('watchers share one thread', async (t) => {
  const before = listDescriptors()
  const watchers = [watch(), watch(NETLINK), watch({ settle: 5 })]
  const polling = watch(POLLING)
  await waitFor(() => countThreads() > 0, 'a thread')
  const held = listDescriptors().length - before.length
  t.equal(held, 3)
  const known = watchers.map(follow)
  ns.ip('link add b1 type bridge')
  await waitFor(() => known.every(({ names }) => names.includes('b1')), 'each reports it')
  t.equal(countThreads(), 1)
  for (const watcher of watchers.splice(1)) watcher.close()
  await change(known[0], 'del', 'b1')
  t.equal(countThreads(), 1, 'the others ended, and this one does not')
  watchers[0].close()
  t.strictSame(listDescriptors(), before)
  await waitForEnd()
  const again = watch(NETLINK)
  await change(follow(again), 'add', 'b1')
  ns.ip('link del b1')
  t.equal(countThreads(), 1, 'a new one')
  again.close()
  polling.close()
})

t.test('many watchers leave nothing', async (t) => {
  const before = listDescriptors()
  for (let i = 0; i < 500; i++) for (const options of Object.values(MODES)) watch(options).close()
  t.strictSame(listDescriptors(), before)
  await waitForEnd()
  const all = Array.from({ length: 100 }, () => watch(NETLINK))
  t.equal(listDescriptors().length, before.length + 3)
  await change(all.map(follow).at(-1), 'add', 'b1')
  ns.ip('link del b1')
  for (const watcher of all) watcher.close()
  t.strictSame(listDescriptors(), before)
  await waitForEnd()
})
