'use strict'

// Property: on any network, the package reports what the native function reports, or says where it cannot.
//
// The environment's RUNS and SEED override the number of topologies and the seed. A failure prints the seed and
// the smallest failing topology as commands for ip(8) and ./raw.c.

const fc = require('fast-check')
const { Namespace } = require('./namespace')
const { build, settleCarriers } = require('./topology')
const { topologies } = require('./topology-arbitrary')
const { describe } = require('./topology-description')
const { checkReadings } = require('./topology-expectations')
const { Readers } = require('./topology-readers')

// Two at once: much of the time is spent waiting.
const LANES = 2
const MILLISECONDS_A_RUN = 800

/** @typedef {import('./topology-description').Counts} Counts */

// The kernel refuses some of the generated commands. What a topology has at least, on average, is about a third of
// what it had when this was written. Far fewer show that the generator, or what runs its commands, is broken, and
// then the property says little.
/** @type {Counts} */
const MINIMUM_A_TOPOLOGY = {
  links: 5,
  ipv4: 20,
  foreign: 2,
  'twice on a link, under one label': 0.4,
  'twice on a link, under two': 0.6,
  'on two links': 1.5,
  'label of another link': 0.6,
  'label of a link that is down': 0.2,
  'label an alternative name': 0.2,
  'label of 15 bytes': 1.5,
  altnames: 1,
  'altnames of 16 bytes or more': 0.2,
  'IPv4 noprefixroute': 1,
  'IPv6 noprefixroute': 2,
  'IPv6 nodad': 5
}
// Rarer kinds. On few topologies they can be missing; see FEW.
const RARE = [
  'label empty',
  'label truncated',
  'label truncated to the beginning of two names',
  "label truncated to another link's name",
  'lo up without ::1'
]
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
    const description = describe(ns)
    checkReadings(await readers.read(ns), description, topology.ordinary)
    for (const [kind, count] of Object.entries(description.counts))
      counts[kind] = (counts[kind] ?? 0) + count
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
    /** @type {Counts} */
    const counts = {}
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
      const count = counts[name]
      t.ok(count > minimum * (runs - FEW), `SEED=${seed}: ${count} ${name}`)
    }
    for (const name of runs > FEW ? RARE : []) t.ok(counts[name] > 0, `SEED=${seed}: ${name}`)
  })
}

module.exports = { testTopologies }
