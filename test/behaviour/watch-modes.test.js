'use strict'

// watch() where something is refused or lacking: whether it waits for netlink or polls, that both find the same,
// which system calls they make, and in which network namespace.

const fs = require('node:fs')
const path = require('node:path')
const { Worker } = require('node:worker_threads')
const t = require('tap')
const { launchArguments, runProgram } = require('../support/launch')
const { Namespace, projectRoot } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')
const { countThreads, startScript, waitFor } = require('../support/watching')

skipWithout(t)

const { watch } = require('../..')
const { enter } = require('../build/setns.node')

const OPEN = ['--user', 'keep', '--no-landlock']
const NO_NETLINK = [...OPEN, '--deny-family', 'netlink']
const POLLING = /** @type {const} */ ({ sources: ['ioctl', 'procfs'], interval: 5 })

/** @param {string} label @param {import('tap').Test} test that removes it */
function makeNamespace(test, label) {
  const ns = Namespace.create(label)
  test.teardown(() => ns.remove())
  ns.batch(['link set lo up', 'link add b0 type bridge', 'addr add 10.0.0.1/24 dev b0'])
  return ns
}

const ns = makeNamespace(t, 'watch-modes')

/** Waits until a script has said that a link was added and removed, and checks both. */
async function checkChanges(t, { hears }, kind) {
  ns.batch(['link add b1 type bridge', 'addr add 10.0.1.1/24 dev b1', 'addr add fd00::1/64 dev b1'])
  const has = (link) => link.name === 'b1' && link.addresses.length === 2
  const { interfaces } = await hears((what) => what.interfaces?.some(has))
  const link = interfaces.find(has)
  t.strictSame(link.addresses.map(({ cidr }) => cidr).sort(), ['10.0.1.1/24', 'fd00::1/64'])
  t.equal(link.kind, kind, 'only rtnetlink reports kinds')
  ns.ip('link del b1')
  t.ok(await hears(({ removed }) => removed?.some(({ name }) => name === 'b1')), 'removed')
}

const MODES = {
  'nothing refused': { launch: OPEN, mode: 'netlink', kind: 'bridge' },
  'nothing refused, unprivileged, under Landlock': { launch: [], mode: 'netlink', kind: 'bridge' },
  'socket(AF_NETLINK) refused': { launch: NO_NETLINK, mode: 'polling', kind: null },
  'bind() refused': {
    launch: [...OPEN, '--deny-syscall', 'bind'],
    mode: 'polling',
    kind: 'bridge'
  },
  'recvmsg() refused': {
    launch: [...OPEN, '--deny-syscall', 'recvmsg'],
    mode: 'polling',
    kind: null
  },
  'RTM_GETLINK and ioctls of netlink sockets refused, as on Android': {
    launch: OPEN,
    env: {
      LD_PRELOAD: path.join(projectRoot, 'test/build/android.so'),
      OSH_ANDROID: 'getlink,ioctl'
    },
    mode: 'polling',
    kind: null
  },
  'rtnetlink is no source': {
    launch: OPEN,
    mode: 'polling',
    kind: null,
    sources: ['ioctl', 'procfs']
  },
  'only rtnetlink is a source': {
    launch: OPEN,
    mode: 'netlink',
    kind: 'bridge',
    sources: ['rtnetlink']
  }
}

for (const [title, { launch, env, mode, kind, sources }] of Object.entries(MODES)) {
  t.test(title, async (t) => {
    const options = JSON.stringify({ sources, interval: 5, settle: 0 })
    const program = startScript(ns, `report(watch(${options}))`, { launch, env })
    t.equal((await program.emits('start')).mode, mode)
    await checkChanges(t, program, kind)
    t.equal(countThreads(program.child.pid), mode === 'netlink' ? 1 : 0, 'threads')
    program.child.kill()
    t.match(await program.ended, { stderr: '' })
  })
}

// A filter that refuses eventfd2(2) would stop Node from starting.
t.test('no descriptor for the eventfd', async (t) => {
  const program = startScript(
    ns,
    `const { withFewDescriptors } = require('./test/support/fixtures/few-descriptors')
    // The first loads the files.
    watch().close()
    const modes = withFewDescriptors(() => {
      try {
        const watcher = watch({ interval: 5 })
        if (watcher.mode === 'polling') report(watcher)
        else watcher.close()
        return watcher.mode
      } catch ({ errno }) {
        return errno
      }
    })
    say({ modes })`
  )
  const { modes } = await program.hears((what) => what.modes)
  t.strictSame(modes, [24, 'polling', 'polling', 'netlink', 'netlink'], 'by free descriptors')
  await checkChanges(t, program, 'bridge')
  program.child.kill()
})

t.test('no thread can be created', { skip: requirements('users', 'prlimit') }, async (t) => {
  // Node has more than this one already.
  const limit = "execFileSync('prlimit', ['--nproc=1', `--pid=${process.pid}`])"
  const program = startScript(
    ns,
    `watch().close()
    require('node:child_process').${limit}
    report(watch({ interval: 5 }))`,
    { launch: [] }
  )
  t.equal((await program.emits('start')).mode, 'polling')
  await checkChanges(t, program, 'bridge')
  program.child.kill()
  t.match(await program.ended, { stderr: '' })
})

/** @typedef {{ name: string, text: string, start: number, duration: number }} Call */

/**
 * Runs a script under strace until it ends.
 *
 * @param {string[]} launch
 * @param {string} script
 * @returns {Call[][]} by thread
 */
function trace(t, launch, script) {
  const folder = makeTemporaryFolder(t)
  const options = ['--quiet=all', '-ff', '-ttt', '-T', '-s', '64', '-o', path.join(folder, 'trace')]
  const code = `const { watch } = require('osh-ifaddrs'); const fs = require('fs'); ${script}`
  const program = launchArguments(ns.name, process.execPath, ['-e', code], { launch })
  const { status, stderr } = runProgram('strace', [...options, '--', 'env', ...program], {
    cwd: projectRoot,
    env: { ...process.env, NODE_V8_COVERAGE: undefined }
  })
  t.equal(status, 0, stderr)
  const parse = (line) => {
    const [, start, name] = /^(\d+\.\d+) (\w+)\(/.exec(line) ?? [line, '0', '']
    const duration = /<(\d+\.\d+)>$/.exec(line)?.[1] ?? '0'
    return { name, text: line, start: Number(start), duration: Number(duration) }
  }
  const files = fs
    .readdirSync(folder)
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))
  return files.map((text) => text.trim().split('\n').map(parse))
}

/** @param {Call[][]} threads @returns {Call[]} those of the main thread between the two markers */
function betweenMarkers(threads) {
  const [main] = threads.filter((calls) => calls.some(({ text }) => text.includes('/osh-begin')))
  const find = (marker) => main.findIndex(({ text }) => text.includes(marker))
  return main.slice(find('/osh-begin') + 1, find('/osh-end'))
}

// Of the event loop, the engine and the C library.
const NOT_OURS =
  /^(brk|epoll_\w+|futex|getpid|madvise|mmap|mprotect|mremap|munmap|sched_yield|rseq|set_robust_list|rt_sigprocmask|exit|)$/

const noStrace = requirements('strace')

t.test('netlink makes no system call while nothing changes', { skip: noStrace }, async (t) => {
  const threads = trace(
    t,
    OPEN,
    `const watcher = watch()
    setTimeout(() => {
      fs.existsSync('/osh-begin')
      setTimeout(() => fs.existsSync('/osh-end') || watcher.close(), 1000)
    }, 200)`
  )
  const isMonitor = (calls) => calls.some(({ text }) => /PR_SET_NAME, "osh-ifaddrs/.test(text))
  const monitors = threads.filter(isMonitor)
  t.equal(monitors.length, 1)
  const names = monitors[0].map(({ name }) => name).filter((name) => !NOT_OURS.test(name))
  // It is armed once, and stopped once.
  t.strictSame(names, ['prctl', 'poll', 'read', 'poll', 'read'])
  const ours = betweenMarkers(threads).filter(({ name }) => !NOT_OURS.test(name))
  // The event loop's own eventfd, which other threads of Node write to.
  t.strictSame(
    ours.filter(({ text }) => !/ read\(\d+, "\\\d+\\0/.test(text)).map(({ text }) => text),
    []
  )
})

t.test('polling reads at intervals, and asks netlink only once', { skip: noStrace }, async (t) => {
  const INTERVAL = 50
  const threads = trace(
    t,
    NO_NETLINK,
    `watch({ interval: ${INTERVAL} })
    fs.existsSync('/osh-begin')
    setTimeout(() => fs.existsSync('/osh-end') || process.exit(), 1000)`
  )
  const refused = threads.flat().filter(({ text }) => /^\S+ socket\(AF_NETLINK/.test(text))
  t.ok(refused.length >= 1, 'control')
  const calls = betweenMarkers(threads)
  t.strictSame(
    calls.filter(({ text }) => text.includes('NETLINK')),
    [],
    'afterwards'
  )
  const starts = calls.filter(({ name }) => name === 'readlink' || name === 'readlinkat')
  t.ok(starts.length > 1, `${starts.length} reads`)
  const gaps = starts.slice(1).map(({ start }, i) => (start - starts[i].start) * 1000)
  // Timers count whole milliseconds.
  t.strictSame(
    gaps.filter((gap) => gap < INTERVAL - 2),
    []
  )
})

t.test('a shortage is no error', async (t) => {
  for (const [launch, kind] of /** @type {const} */ ([
    [OPEN, 'bridge'],
    [NO_NETLINK, null]
  ])) {
    const program = startScript(
      ns,
      `const fs = require('node:fs')
      const reads = require('./test/support/watching').observeReads().all
      const watcher = report(watch({ interval: 5, settle: 0 }))
      onLine(() => {
        const opened = []
        try {
          for (;;) opened.push(fs.openSync('/dev/null'))
        } catch ({ code }) {
          say({ event: 'full', code })
        }
        const count = reads.length
        const timer = setInterval(() => {
          if (watcher.mode === 'polling' && reads.length < count + 3) return
          say({ event: 'after' })
          clearInterval(timer)
          for (const fd of opened) fs.closeSync(fd)
        }, 500)
      })`,
      { launch }
    )
    await program.emits('start')
    program.tell('fill')
    t.equal((await program.emits('full')).code, 'EMFILE')
    await checkChanges(t, program, kind)
    await program.emits('after')
    const events = new Set(program.said.map(({ event }) => event))
    t.notOk(events.has('error') || events.has('close'), [...events].join())
    program.child.kill()
  }
})

// With ioctl(2), the IPv6 addresses alone are unknown then. They are not reported as removed.
t.test('a refusal that comes later', { skip: requirements('nsenter') }, async (t) => {
  for (const sources of [['procfs'], ['ioctl', 'procfs']]) {
    const script = `report(watch(${JSON.stringify({ sources, interval: 5 })}))`
    const program = startScript(ns, script, { before: ['unshare', '--mount'] })
    await program.emits('start')
    const { pid } = program.child
    const folders = [`/proc/${pid}/net`, `/proc/${pid}/task/${pid}/net`]
    const mounts = folders.map((folder) => `mount -t tmpfs tmpfs ${folder}`).join('; ')
    const { status, stderr } = runProgram('nsenter', ['-t', `${pid}`, '-m', 'sh', '-euc', mounts])
    t.strictSame({ status, stderr }, { status: 0, stderr: '' })
    const { code, message } = await program.emits('error')
    t.equal(code, 'ERR_OSH_IFADDRS_UNAVAILABLE')
    t.match(message, '/proc/net/if_inet6')
    t.match(await program.ended, { status: 0, stderr: '' }, 'nothing keeps it alive')
    const events = program.said.map(({ event }) => event)
    t.strictSame(events, ['start', 'error', 'close'], `${sources}`)
  }
})

/** @param {Namespace} each @param {string} name of a link to add */
const addLink = (each, name) => each.ip(`link add ${name} type bridge`)

/** A watcher in the thread's namespace, and the names of the links that it has seen being added. */
function follow(t, options) {
  const watcher = watch(options)
  t.teardown(() => watcher.close())
  const added = []
  watcher.on('change', (change) => added.push(...change.added.map(({ name }) => name)))
  return { watcher, added }
}

/** Has this thread return to its namespace at the end of a test. */
function returnHome(t) {
  const folder = makeTemporaryFolder(t)
  const home = path.join(folder, 'home')
  fs.writeFileSync(home, '')
  t.equal(runProgram('mount', ['--bind', `/proc/${process.pid}/ns/net`, home]).status, 0)
  t.teardown(() => {
    enter(home)
    runProgram('umount', [home])
  })
}

t.test('a watcher by netlink stays in its namespace', async (t) => {
  returnHome(t)
  const [a, b] = [makeNamespace(t, 'watch-a'), makeNamespace(t, 'watch-b')]
  enter(`/run/netns/${a.name}`)
  const first = follow(t, { settle: 0 })
  enter(`/run/netns/${b.name}`)
  const second = follow(t, { settle: 0 })
  enter(`/run/netns/${a.name}`)
  const third = follow(t, { settle: 0 })
  enter(`/run/netns/${b.name}`)
  for (const name of ['x1', 'x2']) {
    addLink(a, `${name}a`)
    addLink(b, `${name}b`)
    for (const [{ added }, suffix] of [
      [first, 'a'],
      [second, 'b'],
      [third, 'a']
    ])
      await waitFor(() => added.includes(`${name}${suffix}`), `${name}${suffix}`)
  }
  t.strictSame(first.added, ['x1a', 'x2a'])
  t.strictSame(second.added, ['x1b', 'x2b'])
  t.strictSame(third.added, ['x1a', 'x2a'])
  t.equal(countThreads(), 2, 'a thread for each namespace')
  first.watcher.close()
  third.watcher.close()
  await waitFor(() => countThreads() === 1, 'one has ended')
  addLink(b, 'x3b')
  await waitFor(() => second.added.includes('x3b'), 'the other has not')
})

t.test('a watcher that polls ends if the thread enters another namespace', async (t) => {
  returnHome(t)
  const [a, b] = [makeNamespace(t, 'watch-a'), makeNamespace(t, 'watch-b')]
  enter(`/run/netns/${a.name}`)
  const { watcher } = follow(t, POLLING)
  const events = []
  watcher.on('change', () => events.push('change')).on('close', () => events.push('close'))
  watcher.on('error', ({ code, message }) => events.push(code, message))
  addLink(b, 'x1')
  enter(`/run/netns/${b.name}`)
  await waitFor(() => events.includes('close'), 'close')
  t.match(events, [
    'ERR_OSH_IFADDRS_NAMESPACE',
    /another network namespace.*Call watch\(\)/,
    'close'
  ])
  const { added } = follow(t, POLLING)
  addLink(b, 'x2')
  await waitFor(() => added.length > 0, 'a new one')
  t.equal(events.length, 3)
})

t.test('each worker has its own namespace', async (t) => {
  const code = `
    const { parentPort, workerData: { file, options } } = require('node:worker_threads')
    require('./test/build/setns.node').enter(file)
    const watcher = require('osh-ifaddrs').watch(options, ({ added }) => parentPort.postMessage(added[0].name))
    parentPort.postMessage(watcher.mode)`
  const list = ['a', 'b', 'c', 'd'].map((name, i) => {
    const each = makeNamespace(t, `watch-${name}`)
    const options = i % 2 === 0 ? { settle: 0 } : POLLING
    const workerData = { file: `/run/netns/${each.name}`, options }
    const worker = new Worker(code, { eval: true, workerData })
    t.teardown(() => worker.terminate())
    const said = []
    worker.on('message', (message) => said.push(message)).on('error', t.fail)
    return { each, name, said }
  })
  for (const { said } of list) await waitFor(() => said.length === 1, 'a worker')
  for (const { each, name } of list) addLink(each, `w${name}`)
  for (const { said } of list) await waitFor(() => said.length === 2, 'a change')
  const expected = ['netlink,wa', 'polling,wb', 'netlink,wc', 'polling,wd']
  t.strictSame(
    list.map(({ said }) => said.join()),
    expected
  )
  t.equal(countThreads(), 2)
})
