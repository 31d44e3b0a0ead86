'use strict'

// That a read does not take more and more instructions: no more than a tenth above those recorded by
// `node bench/count.js --record`, which is to be run again after a change that is worth them.

const t = require('tap')
const { RECORD, count, missing } = require('../bench/count')

const MAY_GROW = 1.1

const skip = missing() ?? false

t.test('no case takes a tenth more instructions than recorded', { skip }, (t) => {
  /** @type {Record<string, number>} */
  const recorded = require(RECORD)
  const counts = count()
  t.same(Object.keys(counts), Object.keys(recorded), 'every case is recorded')
  for (const [name, instructions] of Object.entries(counts)) {
    t.ok(instructions > 1000, `${name}: something is counted`)
    const growth = instructions / recorded[name]
    t.ok(growth <= MAY_GROW, `${name}: ${instructions} of ${recorded[name]} recorded`)
  }
  t.end()
})
