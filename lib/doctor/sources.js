// What this package knows, and what each source answers when it is asked alone.
'use strict'

const { diagnose, networkInterfaces } = require('../index')
const { toDiagnosis } = require('../results/diagnosis')

/** @typedef {import('../index').Diagnosis} Diagnosis */
/** @typedef {import('../index').SourceReport} SourceReport */
/** @typedef {import('./process').Active} Active */

/**
 * @param {SourceReport} report of all sources together. It is enough for rtnetlink, which is the first to be
 *   asked for everything, and may have waited for a reply that never came.
 */
function askAlone(report) {
  if (report.name === 'rtnetlink') return report
  const { sources } = diagnose({ sources: [report.name] })
  return sources.find(({ name }) => name === report.name) ?? report
}

/**
 * What this package knows, with the names of links and labels.
 *
 * @typedef {object} Knowledge
 * @property {NodeJS.ErrnoException | null} addonError
 * @property {Diagnosis} whole
 * @property {SourceReport[]} sources each asked alone
 * @property {string[]} names
 */

/**
 * @param {Active} active
 * @returns {Knowledge}
 */
function trySources(active) {
  try {
    const whole = diagnose({ sources: active.sources ?? undefined })
    const asked = whole.sources.filter(({ name }) => active.sources?.includes(name) ?? true)
    return { addonError: null, whole, sources: asked.map(askAlone), names: listNames(whole) }
  } catch (thrown) {
    const addonError = /** @type {NodeJS.ErrnoException} */ (thrown)
    return { addonError, whole: toDiagnosis({}), sources: [], names: [] }
  }
}

/**
 * @param {Diagnosis} whole
 * @returns {string[]}
 */
function listNames({ sources }) {
  const able = sources.filter(({ facts }) => facts.length > 0).map(({ name }) => name)
  return able.length === 0 ? [] : Object.keys(networkInterfaces({ sources: able }))
}

module.exports = { trySources }
