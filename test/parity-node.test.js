'use strict'

// The package, loaded in each supported Node version, must agree with that version's native function. The
// versions must agree with each other.

const fc = require('fast-check')
const t = require('tap')
const { Namespace, requirements } = require('./support/namespace')
const { nodeVersions } = require('./support/node-versions')
const { build, settleCarriers } = require('./support/topology')
const { topologies } = require('./support/topology-arbitrary')
const { cases, mixed } = require('./support/topology-cases')
const { Readers } = require('./support/topology-readers')

const SAMPLES = 10
const SEED = 4

/** @returns {string | false} */
function reasonToSkip() {
  const missing = requirements()
  if (missing !== null) return missing
  try {
    nodeVersions()
    return false
  } catch (error) {
    if (process.env.CI) throw error
    return `${error}`
  }
}

t.setTimeout(600_000)
const skip = reasonToSkip()
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

const home = Namespace.create('nodes-home')
const readers = nodeVersions().map(({ major, execPath }) => ({
  major,
  execPath,
  readers: new Readers(home, { only: ['rtnetlink', 'no netlink'], execPath })
}))
t.teardown(async () => {
  for (const version of readers) await version.readers.close()
  home.remove()
})

const samples = fc.sample(topologies, { numRuns: SAMPLES, seed: SEED })
const all = {
  ...cases,
  'a mixed network': mixed,
  ...Object.fromEntries(samples.map((sample, i) => [`generated, number ${i}`, sample]))
}

for (const [name, topology] of Object.entries(all)) {
  t.test(name, async (t) => {
    const ns = Namespace.create('nodes')
    t.teardown(() => ns.remove())
    t.teardown(await build(ns, topology, { force: true }))
    await settleCarriers(ns)
    const outside = new Set()
    const inside = new Set()
    for (const { major, readers: reader } of readers) {
      const { rtnetlink, 'no netlink': sandboxed } = await reader.read(ns)
      t.equal(rtnetlink.ours.answer, rtnetlink.native.answer, `Node ${major}`)
      t.equal(sandboxed.ours.error, undefined)
      outside.add(rtnetlink.native.answer)
      inside.add(sandboxed.ours.answer)
    }
    t.equal(outside.size, 1, 'the native functions agree')
    t.equal(inside.size, 1, 'ours agree when netlink is denied')
  })
}
