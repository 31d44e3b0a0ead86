'use strict'

// Limits the instructions of a read to 110 % of those recorded on x64. After a change that is worth more
// instructions, run `node bench/count.js --record`. On another processor, the counts are scaled by the smallest
// case and limited to 150 %.

const t = require('tap')
const { RECORD, count, countRequirements } = require('../bench/count')

const SMALLEST = '2 links'
const isRecorded = process.arch === 'x64'
const MAX_GROWTH = isRecorded ? 1.1 : 1.5

const skip = countRequirements() ?? false

t.test('no case takes many more instructions than recorded', { skip }, (t) => {
  /** @type {Record<string, number>} */
  const recorded = require(RECORD)
  const counts = count()
  t.same(Object.keys(counts), Object.keys(recorded), 'every case is recorded')
  const scale = isRecorded ? 1 : counts[SMALLEST] / recorded[SMALLEST]
  for (const [name, instructions] of Object.entries(counts)) {
    t.ok(instructions > 1000, `${name}: something is counted`)
    const growth = instructions / (recorded[name] * scale)
    t.ok(growth <= MAX_GROWTH, `${name}: ${instructions} of ${recorded[name]} recorded`)
  }
  t.end()
})
