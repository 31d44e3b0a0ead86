'use strict'

// Watches a network that changes without pause, until a line comes on stdin. Then nothing changes any more, and the last
// state must become that of interfaces(). Prints a line when it watches, one when it measures, and one with the result.
// Needs node's --expose-gc.
//
//   node --expose-gc under-load.js OPTIONS, which are those of watch() as JSON

const fs = require('node:fs')
const { monitorEventLoopDelay } = require('node:perf_hooks')
const { setTimeout } = require('node:timers/promises')
const { isDeepStrictEqual } = require('node:util')
const { interfaces, watch } = require('osh-ifaddrs')
const { measureResources } = require('../resources')

const DEADLINE = 60_000
const WARM_UP = 20

/** How many messages the kernel has dropped for sockets of this process, because they came too fast. */
function countDropped() {
  const own = fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/self/fd/${fd}`))?.slice(1) ?? []
    } catch {
      return []
    }
  })
  const [, ...rows] = fs.readFileSync('/proc/net/netlink', 'utf8').trim().split('\n')
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((fields) => own.includes(fields[9]))
    .reduce((total, fields) => total + Number(fields[8]), 0)
}

/** @param {import('osh-ifaddrs').WatchOptions} options */
async function run(options) {
  let changes = 0
  let turns = 0
  let state = interfaces()
  const watcher = watch(options, (change) => {
    changes++
    state = change.interfaces
  })
  const delays = monitorEventLoopDelay({ resolution: 1 })
  const counting = setInterval(() => turns++, 1)
  const stopped = new Promise((resolve) => process.stdin.once('data', resolve))
  delays.enable()
  process.stdout.write('ready\n')
  const warmed = Date.now() + DEADLINE
  while (changes < WARM_UP && Date.now() < warmed) await setTimeout(10)
  process.stdout.write('warm\n')
  const warm = measureResources()
  const from = { turns, changes, time: performance.now() }
  const busy = performance.eventLoopUtilization()
  delays.reset()
  await stopped
  const seconds = (performance.now() - from.time) / 1000
  const result = {
    mode: watcher.mode,
    seconds,
    turns: turns - from.turns,
    changes: changes - from.changes,
    delay: delays.max / 1e6,
    busy: performance.eventLoopUtilization(busy).utilization
  }
  clearInterval(counting)
  const deadline = Date.now() + DEADLINE
  const isSame = () => isDeepStrictEqual(state, interfaces())
  while (!isSame() && Date.now() < deadline) await setTimeout(10)
  const same = isSame()
  const dropped = countDropped()
  const after = measureResources()
  watcher.close()
  return {
    ...result,
    dropped,
    links: state.length,
    same,
    growth: after.resident - warm.resident,
    descriptors: after.descriptors - warm.descriptors
  }
}

run(JSON.parse(process.argv[2])).then((result) => {
  process.stdout.write(`${JSON.stringify(result)}\n`)
  process.stdin.destroy()
})
