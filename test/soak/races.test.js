'use strict'

// Every change of the network before every system call of a read, in each way of refusal: whatever existed before and
// after is in the result once, and nothing else. docs/races.md has the same for the functions of others.

const t = require('tap')
const { makeNetwork, networks } = require('../support/races/changes')
const { OURS, startReader } = require('../support/races/readers')
const { applyBetweenCalls } = require('../support/races/run')
const { requirements, skipWithout } = require('../support/requirements')
const { TIMEOUT, scale } = require('./duration')

skipWithout(t)
t.setTimeout(TIMEOUT)
// Each waits for the kernel most of the time.
t.jobs = 4

// Three pages at least. The more there are, the more likely is it that one ends within a bucket of the kernel's hash.
const MANY = scale(600, 230)

const skip = requirements('landlock')
for (const [network, options] of Object.entries(networks(MANY))) {
  for (const [reader, { native, modes }] of Object.entries(OURS)) {
    t.test(`${network}, ${reader}`, { skip }, async (t) => {
      const made = makeNetwork(options)
      t.teardown(() => made.ns.remove())
      const truth = await applyBetweenCalls(made, startReader(native))
      for (const mode of modes) {
        const outcomes = await applyBetweenCalls(made, startReader(reader, mode), truth)
        let reads = 0
        for (const [change, outcome] of Object.entries(outcomes)) {
          reads += outcome.reads
          t.strictSame(outcome.faults.slice(0, 5), [], `${mode}: ${change}`)
        }
        t.comment(`${mode}: ${reads} reads`)
      }
    })
  }
}
