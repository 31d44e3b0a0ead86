'use strict'

// Run in a namespace: worker threads that call without pause while another one adds, renames and
// deletes links and addresses, and each answer held against what was there at the time.
//
// Descriptors 3 and 4 are an ip(8) in batch mode: commands go in by 3, what it prints comes by 4. It is
// started outside of the cage, where netlink is open.

const fs = require('node:fs')
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')

const LINKS = 4
const ADDRESSES = 8
const CALLERS = 8
const PAUSE_MS = 3
const LEAST_CHANGES = 100
const END = 'link/loopback'
const BASE_INDEX = 100

// A link is the same one by its number, whatever its name, and each address is only ever on one.
const ifindexOf = (link) => BASE_INDEX + link
const namesOf = (link) => [`a${link}`, `b${link}`]
const macOf = (link) => `02:00:00:00:00:${(16 + link).toString(16)}`
const ipv4Of = (link, i) => `10.${link}.${i}.1/24`
const ipv6Of = (link, i) => `fd00:${link + 1}::${i + 1}/64`

/** What can be there: every address by its CIDR, with its place in the shared ledger. */
const places = new Map()
for (let link = 0; link < LINKS; link++) {
  for (let i = 0; i < ADDRESSES; i++) {
    for (const cidr of [ipv4Of(link, i), ipv6Of(link, i)])
      places.set(cidr, { link, at: places.size })
  }
}

// In the ledger stands for each address how often it was begun or ended to be changed: 0 is absent, 1 on
// its way in, 2 present, 3 on its way out, 4 absent again, and so on.
const ABSENT = 0
const PRESENT = 2
const NAMES = places.size // likewise of each link's name: even is settled
const STOP = NAMES + LINKS
const CALLS = STOP + 1
const CHANGES = CALLS + 1
const LEDGER_SIZE = CHANGES + 1

/** A function that runs one ip(8) command to its end and returns what it prints. */
function makeIp() {
  const chunk = Buffer.alloc(4096)
  let printed = ''
  return (command) => {
    // ip prints, and flushes, when it has done what came before.
    fs.writeSync(3, `${command}\nlink show dev lo\n`)
    while (!printed.includes(END)) {
      const length = fs.readSync(4, chunk)
      if (length === 0) throw new Error(`ip failed at: ${command}`)
      printed += chunk.toString('latin1', 0, length)
    }
    const [answer, ...rest] = printed.split(END)
    printed = rest.join(END)
    return answer
  }
}

/** Changes what is there until it is told to stop. */
function churn(ledger) {
  const ip = makeIp()
  const links = Array.from({ length: LINKS }, () => ({ name: 0, there: false }))
  const nameOf = (link) => namesOf(link)[links[link].name]
  const places4 = (link) => [...places.entries()].filter(([, place]) => place.link === link)
  const random = (below) => Math.floor(Math.random() * below)
  const begin = (at) => Atomics.add(ledger, at, 1)
  const stateOf = (at) => Atomics.load(ledger, at) % 4

  const addLink = (link) => {
    const name = nameOf(link)
    const numbered = `index ${ifindexOf(link)} address ${macOf(link)}`
    // ip remembers the number of a name, so the peer keeps its own, too.
    ip(`link add ${name} ${numbered} type veth peer name peer${link} index ${ifindexOf(link) * 2}`)
    ip(`link set peer${link} addrgenmode none up`)
    ip(`link set ${name} up`)
    // Until the kernel has noticed the carrier, the addresses are rightly not shown.
    while (!ip(`link show dev ${name}`).includes('state UP'));
    links[link].there = true
  }
  const deleteLink = (link) => {
    const present = places4(link).filter(([, { at }]) => stateOf(at) === PRESENT)
    for (const [, { at }] of present) begin(at)
    ip(`link del ${nameOf(link)}`)
    for (const [, { at }] of present) begin(at)
    links[link].there = false
  }
  const rename = (link) => {
    const [from, to] = [nameOf(link), namesOf(link)[1 - links[link].name]]
    begin(NAMES + link)
    ip(`link set ${from} name ${to}`)
    begin(NAMES + link)
    links[link].name = 1 - links[link].name
  }
  const toggle = (link) => {
    const own = places4(link)
    const [cidr, { at }] = own[random(own.length)]
    const present = stateOf(at) === PRESENT
    begin(at)
    const how = cidr.includes('.') ? '' : 'nodad'
    ip(`addr ${present ? 'del' : 'add'} ${cidr} dev ${nameOf(link)} ${how}`)
    begin(at)
  }

  ip('link set lo up')
  while (Atomics.load(ledger, STOP) === 0) {
    const link = random(LINKS)
    const dice = Math.random()
    if (!links[link].there) addLink(link)
    else if (dice < 0.05) deleteLink(link)
    else if (dice < 0.25) rename(link)
    else toggle(link)
    Atomics.add(ledger, CHANGES, 1)
    Atomics.wait(ledger, STOP, 0, PAUSE_MS)
  }
}

/** What is wrong with an answer, given the ledger before and after it was asked for. */
function judge(answer, before, after, seen) {
  const steady = (at, state) => before[at] === after[at] && before[at] % 4 === state
  const settled = (link) => steady(NAMES + link, ABSENT) || steady(NAMES + link, PRESENT)
  for (const [key, entries] of Object.entries(answer)) {
    // A rename makes labels of all of the link's addresses but the first, `name:2` and so on.
    const [name] = key.split(':')
    if (name === 'lo') continue
    for (const { cidr, mac, scopeid } of entries) {
      if (cidr.startsWith('fe80:')) {
        const link = scopeid - BASE_INDEX
        if (!namesOf(link).includes(name)) return `${cidr} of link ${link} is on ${name}`
        continue
      }
      const place = places.get(cidr)
      if (place === undefined) return `${cidr} never was`
      if (!namesOf(place.link).includes(name)) return `${cidr} of link ${place.link} is on ${name}`
      // A label that is of yesterday names no link, which the native function shows as zeros.
      if (mac !== macOf(place.link) && mac !== '00:00:00:00:00:00') return `${cidr} with ${mac}`
      if (seen.has(place.at)) return `${cidr} twice`
      if (steady(place.at, ABSENT)) return `${cidr} was not there`
      seen.add(place.at)
    }
  }
  for (const [cidr, { link, at }] of places) {
    if (!seen.has(at) && steady(at, PRESENT) && settled(link)) return `${cidr} is missing`
  }
  return null
}

/** Calls until it is told to stop, and returns the first thing that is wrong. */
function call(ledger) {
  const { networkInterfaces } = require('osh-ifaddrs')
  while (Atomics.load(ledger, STOP) === 0) {
    const before = ledger.slice(0, STOP)
    const answer = networkInterfaces()
    const after = ledger.slice(0, STOP)
    const wrong = judge(answer, before, after, new Set())
    if (wrong !== null) {
      Atomics.store(ledger, STOP, 1)
      return `${wrong}: ${JSON.stringify(answer)}`
    }
    Atomics.add(ledger, CALLS, 1)
  }
  return null
}

const descriptors = () => fs.readdirSync('/proc/self/fd').length
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** What a worker answers when it has ended. */
function start(role, ledger) {
  // Small heaps are full, and stay as they are, soon.
  const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 }
  const worker = new Worker(__filename, { workerData: { role, ledger }, resourceLimits })
  let answer = null
  worker.once('message', (message) => (answer = message))
  return new Promise((resolve, reject) => {
    worker.once('exit', () => resolve(answer)).once('error', reject)
  })
}

async function main() {
  const seconds = Number(process.argv[2])
  const ledger = new Int32Array(new SharedArrayBuffer(LEDGER_SIZE * 4))
  // The first worker that ever ran leaves descriptors that are the engine's.
  await start('nothing', ledger)
  const atFirst = descriptors()
  const answers = ['churn', ...Array(CALLERS).fill('call')].map((role) => start(role, ledger))
  const failed = Promise.all(answers)
  await Promise.race([failed, sleep((seconds * 1000) / 3)])
  const warm = { rss: process.memoryUsage.rss(), calls: Atomics.load(ledger, CALLS) }
  await Promise.race([failed, sleep((seconds * 2000) / 3)])
  // A loaded machine gets as much done as any other, if later.
  while (Atomics.load(ledger, STOP) === 0 && Atomics.load(ledger, CHANGES) < LEAST_CHANGES) {
    await Promise.race([failed, sleep(100)])
  }
  const rss = process.memoryUsage.rss()
  Atomics.store(ledger, STOP, 1)
  const wrong = (await failed).filter((answer) => answer !== null)
  const calls = Atomics.load(ledger, CALLS)
  console.log(
    JSON.stringify({
      wrong,
      calls,
      changes: Atomics.load(ledger, CHANGES),
      growth: rss - warm.rss,
      callsSinceWarm: calls - warm.calls,
      descriptors: descriptors() - atFirst
    })
  )
}

if (isMainThread) {
  main()
} else {
  const { role, ledger } = workerData
  const work = { churn, call, nothing: () => null }[role]
  parentPort?.postMessage(work(ledger) ?? null)
}
