'use strict'

// The doctor's remedies, for tests that apply them.

/**
 * Returns a remedy, which the report must say is tested.
 *
 * @param {import('tap').Test} t
 * @param {{ remedies: { owner: string, text: string, change: string | null, tested: boolean }[] }} report
 * @param {string} owner
 * @param {number} [place] among the owner's
 */
function remedyFor(t, report, owner, place = 0) {
  const remedy = report.remedies.filter((remedy) => remedy.owner === owner)[place]
  t.match(remedy, { tested: true }, `the report has a tested remedy for ${owner}`)
  return remedy
}

module.exports = { remedyFor }
