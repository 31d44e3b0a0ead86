'use strict'

// Checks properties on generated topologies: builds each in a namespace of its own, on several lanes at once.
//
// The environment's RUNS and SEED override the number of topologies and the seed. A failure prints the seed and
// the smallest failing topology, in CI the first one, as commands for ip(8) and ./raw.c.

const fc = require('fast-check')
const { Namespace } = require('./namespace')
const { build, settleCarriers } = require('./topology')
const { topologies } = require('./topology-arbitrary')
const { Readers } = require('./topology-readers')

// Two at once: much of the time is spent waiting.
const LANES = 2
// Ends a test that hangs, on a machine with any load.
const MILLISECONDS_A_RUN = 3_000
// So few topologies can all be small.
const FEW = 20

/** @typedef {import('./topology-description').Counts} Counts */
/** @typedef {import('./topology-compiler').Generated} Generated */

/**
 * @typedef {object} Property
 * @property {string} name
 * @property {(readers: Readers, ns: Namespace, topology: Generated) => Promise<Counts>} check throws if it does not
 *   hold; else returns what the kernel accepted of the topology
 * @property {Counts} minimum of each kind, that a topology has on average
 * @property {string[]} rare kinds that a few topologies may lack
 */

/**
 * @param {Readers} readers
 * @param {Generated} topology
 * @param {Property['check']} check
 */
async function checkTopology(readers, topology, check) {
  const ns = Namespace.create('parity')
  const release = await build(ns, topology, { force: true })
  try {
    await settleCarriers(ns)
    return await check(readers, ns, topology)
  } finally {
    release()
    ns.remove()
  }
}

/**
 * @param {Namespace} home
 * @param {Property} property
 * @param {Counts} counts
 * @param {{ seed: number, numRuns: number }} parameters
 */
async function runLane(home, { check }, counts, parameters) {
  const readers = new Readers(home)
  try {
    const property = fc.asyncProperty(topologies, async (topology) => {
      const found = await checkTopology(readers, topology, check)
      for (const [kind, count] of Object.entries(found)) counts[kind] = (counts[kind] ?? 0) + count
    })
    // To find the smallest one can take longer than CI has.
    const endOnFailure = process.env.CI !== undefined
    return await fc.check(property, { ...parameters, endOnFailure })
  } finally {
    await readers.close()
  }
}

/**
 * Adds a test that checks the property on generated topologies.
 *
 * @param {import('tap').Test} t of the file
 * @param {{ runs: number }} defaults
 * @param {Property} property
 */
function testProperty(t, defaults, property) {
  const runs = Number(process.env.RUNS ?? defaults.runs)
  // CI always uses the same seed, so that only a change to the code can make it fail.
  const seed = Number(process.env.SEED ?? (process.env.CI ? 1 : Date.now() % 2 ** 31))
  t.setTimeout(300_000 + runs * MILLISECONDS_A_RUN)
  return t.test(`${property.name} on ${runs} topologies, SEED=${seed}`, async (t) => {
    const home = Namespace.create('parity-home')
    t.teardown(() => home.remove())
    /** @type {Counts} */
    const counts = {}
    const numRuns = Math.ceil(runs / LANES)
    const lanes = Array.from({ length: LANES }, (_, lane) =>
      runLane(home, property, counts, { seed: seed + lane, numRuns })
    )
    for (const [lane, outcome] of (await Promise.all(lanes)).entries()) {
      const report = `${fc.defaultReportMessage(outcome)}\n${outcome.errorInstance}`
      t.equal(outcome.failed, false, `SEED=${seed}, lane ${lane}: ${outcome.failed ? report : ''}`)
    }
    // A failure ends its lane early.
    if (!t.passing()) return
    for (const [name, minimum] of Object.entries(property.minimum)) {
      const count = counts[name] ?? 0
      t.ok(count > minimum * (runs - FEW), `SEED=${seed}: ${count} ${name}`)
    }
    for (const name of runs > FEW ? property.rare : [])
      t.ok(counts[name] > 0, `SEED=${seed}: ${name}`)
  })
}

module.exports = { testProperty }
