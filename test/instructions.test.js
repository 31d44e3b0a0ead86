'use strict'

// That a read does not take more and more instructions: no more than a tenth above those recorded by
// `node bench/count.js --record` on x64, which is to be run again after a change that is worth them. On another
// processor they are held against those of the smallest case, and may be half again as many.

const t = require('tap')
const { RECORD, count, missing } = require('../bench/count')

const SMALLEST = '2 links'
const isRecorded = process.arch === 'x64'
const MAY_GROW = isRecorded ? 1.1 : 1.5

const skip = missing() ?? false

t.test('no case takes many more instructions than recorded', { skip }, (t) => {
  /** @type {Record<string, number>} */
  const recorded = require(RECORD)
  const counts = count()
  t.same(Object.keys(counts), Object.keys(recorded), 'every case is recorded')
  const scale = isRecorded ? 1 : counts[SMALLEST] / recorded[SMALLEST]
  for (const [name, instructions] of Object.entries(counts)) {
    t.ok(instructions > 1000, `${name}: something is counted`)
    const growth = instructions / (recorded[name] * scale)
    t.ok(growth <= MAY_GROW, `${name}: ${instructions} of ${recorded[name]} recorded`)
  }
  t.end()
})
