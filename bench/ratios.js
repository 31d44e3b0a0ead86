'use strict'

// The limits of the project's ratios, and the check of results against them.

/** @typedef {import('./statistics').Summary} Summary */
/** @typedef {Record<string, Summary>} Measured by contender */

/**
 * @typedef {object} Results
 * @property {{ links: number, contenders: Measured }[]} topologies
 * @property {Awaited<ReturnType<import('./processes').measureStartup>>} startup
 * @property {{ links: number, native: number, ours: number, none: number } | null} memory KiB
 */

/**
 * @typedef {object} Check
 * @property {string} title
 * @property {number} most
 * @property {number} [reached] undefined if it was not measured
 */

/** @type {[title: string, links: number, contender: string, against: string, most: number][]} */
const RATIOS = [
  ['rtnetlink, 2 links, against native', 2, 'ours', 'native', 0.75],
  ['rtnetlink, 1,000 pairs, against native', 2001, 'ours', 'native', 0.1],
  ['netlink denied, 2 links, against native outside', 2, 'denied', 'native', 0.85],
  ['netlink denied, 1,000 pairs, against native outside', 2001, 'denied', 'native', 0.13],
  ['rtnetlink, 1,000 pairs, against the raw dump', 2001, 'ours', 'raw dump', 0.7],
  ['patched where native works, 2 links, against native', 2, 'patched', 'native', 1.02]
]

/**
 * @param {Results} results
 * @returns {Check[]}
 */
function check({ topologies, startup, memory }) {
  /**
   * @param {number} links
   * @param {string} contender
   */
  const median = (links, contender) =>
    topologies.find((topology) => topology.links === links)?.contenders[contender]?.median
  /**
   * @param {number | undefined} a
   * @param {number | undefined} b
   */
  const ratio = (a, b) => (a === undefined || b === undefined ? undefined : a / b)
  return [
    ...RATIOS.map(([title, links, contender, against, most]) => ({
      title,
      most,
      reached: ratio(median(links, contender), median(links, against))
    })),
    {
      title: 'growth from 250 to 1,000 pairs',
      most: 4.6,
      reached: ratio(median(2001, 'ours'), median(501, 'ours'))
    },
    { title: 'start-up added, ms', most: 0.3, reached: startup.added.median / 1e6 },
    { title: 'addons loaded at start-up', most: 0, reached: startup.addonLoaded ? 1 : 0 },
    {
      title: 'peak memory at 4,000 pairs, against native',
      most: 1,
      reached: ratio(memory?.ours, memory?.native)
    }
  ]
}

module.exports = { check }
