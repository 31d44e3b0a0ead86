'use strict'

// Property: on any network, the package reports what the native function reports, or says where it cannot.
// RUNS topologies are generated from the seed SEED. A failure prints the seed and the smallest failing topology
// as commands for ip(8) and support/raw.c.

const fc = require('fast-check')
const t = require('tap')
const { Namespace, requirements } = require('./support/namespace')
const { build, listIPv4, settleCarriers } = require('./support/topology')
const { topologies } = require('./support/topology-arbitrary')
const { checkReadings } = require('./support/topology-expectations')
const { Readers } = require('./support/topology-readers')

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

const RUNS = Number(process.env.RUNS ?? 300)
// CI always uses the same seed, so that only a change to the code can make it fail.
const SEED = Number(process.env.SEED ?? (process.env.CI ? 1 : Date.now() % 2 ** 31))
// Two at once: most of the time is spent waiting.
const LANES = 2
const MILLISECONDS_A_RUN = 800

t.setTimeout(60_000 + RUNS * MILLISECONDS_A_RUN)

/** Totals over the topologies. They show that the generator produces links and addresses. */
const counts = { topologies: 0, links: 0, ipv4: 0, foreign: 0 }

/** @param {Readers} readers @param {import('./support/topology-arbitrary').Generated} topology */
async function check(readers, topology) {
  const ns = Namespace.create('parity')
  const release = await build(ns, topology, { force: true })
  try {
    await settleCarriers(ns)
    const addresses = listIPv4(ns)
    checkReadings(await readers.read(ns), addresses, topology.ordinary)
    counts.topologies++
    counts.ipv4 += addresses.length
    counts.links += new Set(addresses.map(({ link }) => link)).size
    counts.foreign += addresses.filter(({ foreign }) => foreign).length
  } finally {
    release()
    ns.remove()
  }
}

t.test(`${RUNS} topologies, SEED=${SEED}`, async (t) => {
  const home = Namespace.create('parity-home')
  t.teardown(() => home.remove())
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const readers = new Readers(home)
    try {
      const numRuns = Math.ceil(RUNS / LANES)
      const property = fc.asyncProperty(topologies, (topology) => check(readers, topology))
      return await fc.check(property, { seed: SEED + lane, numRuns })
    } finally {
      await readers.close()
    }
  })
  for (const [lane, outcome] of (await Promise.all(lanes)).entries()) {
    const report = `${fc.defaultReportMessage(outcome)}\n${outcome.errorInstance}`
    t.equal(outcome.failed, false, `SEED=${SEED}, lane ${lane}: ${outcome.failed ? report : ''}`)
  }
  t.comment(`SEED=${SEED} ${JSON.stringify(counts)}`)
  if (RUNS >= 100) t.ok(counts.links > RUNS && counts.ipv4 > RUNS && counts.foreign > RUNS / 4)
})
