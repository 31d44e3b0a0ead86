'use strict'

// Property: on any network, the package reports what the native function reports, or says where it cannot.
//
// The environment's RUNS and SEED override the number of topologies and the seed. A failure prints the seed and
// the smallest failing topology as commands for ip(8) and ./raw.c.

const fc = require('fast-check')
const { Namespace } = require('./namespace')
const { build, listIPv4, settleCarriers } = require('./topology')
const { topologies } = require('./topology-arbitrary')
const { checkReadings } = require('./topology-expectations')
const { Readers } = require('./topology-readers')

// Two at once: much of the time is spent waiting.
const LANES = 2
const MILLISECONDS_A_RUN = 800

/** @typedef {{ links: number, ipv4: number, foreign: number }} Counts */

// The kernel refuses some of the generated commands. Of the others, a topology has on average 8 links with
// addresses and 31 IPv4 addresses, 3 of them with a label that does not name their link. Far fewer show that the
// generator, or what runs its commands, is broken, and then the property says little.
/** @type {Counts} */
const MINIMUM_A_TOPOLOGY = { links: 5, ipv4: 20, foreign: 0.5 }
// So few topologies can all be small.
const FEW = 20

/**
 * Builds a topology, checks every mode's reading, and counts what the kernel accepted.
 *
 * @param {Readers} readers
 * @param {import('./topology-arbitrary').Generated} topology
 * @param {Counts} counts
 */
async function checkTopology(readers, topology, counts) {
  const ns = Namespace.create('parity')
  const release = await build(ns, topology, { force: true })
  try {
    await settleCarriers(ns)
    const addresses = listIPv4(ns)
    checkReadings(await readers.read(ns), addresses, topology.ordinary)
    counts.ipv4 += addresses.length
    counts.links += new Set(addresses.map(({ link }) => link)).size
    counts.foreign += addresses.filter(({ foreign }) => foreign).length
  } finally {
    release()
    ns.remove()
  }
}

/**
 * @param {Namespace} home
 * @param {Counts} counts
 * @param {{ seed: number, numRuns: number }} parameters
 */
async function runLane(home, counts, parameters) {
  const readers = new Readers(home)
  try {
    const property = fc.asyncProperty(topologies, (topology) =>
      checkTopology(readers, topology, counts)
    )
    return await fc.check(property, parameters)
  } finally {
    await readers.close()
  }
}

/**
 * Adds a test that checks the property on generated topologies.
 *
 * @param {import('tap').Test} t of the file
 * @param {{ runs: number }} defaults
 */
function testTopologies(t, defaults) {
  const runs = Number(process.env.RUNS ?? defaults.runs)
  // CI always uses the same seed, so that only a change to the code can make it fail.
  const seed = Number(process.env.SEED ?? (process.env.CI ? 1 : Date.now() % 2 ** 31))
  t.setTimeout(60_000 + runs * MILLISECONDS_A_RUN)
  return t.test(`${runs} topologies, SEED=${seed}`, async (t) => {
    const home = Namespace.create('parity-home')
    t.teardown(() => home.remove())
    const counts = { links: 0, ipv4: 0, foreign: 0 }
    const numRuns = Math.ceil(runs / LANES)
    const lanes = Array.from({ length: LANES }, (_, lane) =>
      runLane(home, counts, { seed: seed + lane, numRuns })
    )
    for (const [lane, outcome] of (await Promise.all(lanes)).entries()) {
      const report = `${fc.defaultReportMessage(outcome)}\n${outcome.errorInstance}`
      t.equal(outcome.failed, false, `SEED=${seed}, lane ${lane}: ${outcome.failed ? report : ''}`)
    }
    // A failure ends its lane early.
    if (!t.passing()) return
    for (const [name, minimum] of Object.entries(MINIMUM_A_TOPOLOGY)) {
      const count = counts[/** @type {keyof Counts} */ (name)]
      t.ok(count > minimum * (runs - FEW), `SEED=${seed}: ${count} ${name}`)
    }
  })
}

module.exports = { testTopologies }
