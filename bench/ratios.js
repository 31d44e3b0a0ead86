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

// Above what a virtual machine with two processors reached. README states the first four.
/** @type {[title: string, links: number, contender: string, against: string, most: number][]} */
const RATIOS = [
  ['networkInterfaces(), 2 links, against native', 2, 'ours', 'native', 0.5],
  ['the same, 2,001 links', 2001, 'ours', 'native', 0.1],
  ['the same, netlink refused, 2 links', 2, 'denied', 'native', 0.8],
  ['the same, netlink refused, 2,001 links', 2001, 'denied', 'native', 0.15],
  ['networkInterfaces(), 2,001 links, against the raw dump', 2001, 'ours', 'raw dump', 1.3],
  ['interfaces(), 2,001 links, against ip -j -d addr', 2001, 'interfaces', 'ip -j -d addr', 0.25],
  [
    'a poll of watch(), 2,001 links, against interfaces(), both with netlink refused',
    ...[2001, 'poll denied', 'interfaces denied', 1]
  ],
  ['os.networkInterfaces() after register, 2 links, against native', 2, 'patched', 'native', 1.05]
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
  /** @param {string} contender */
  const growth = (contender) => ratio(median(2001, contender), median(501, contender))
  return [
    ...RATIOS.map(([title, links, contender, against, most]) => ({
      title,
      most,
      reached: ratio(median(links, contender), median(links, against))
    })),
    {
      title: 'growth from 501 to 2,001 links, against that of the raw dump',
      most: 1.2,
      reached: ratio(growth('ours'), growth('raw dump'))
    },
    {
      title: 'what register adds to the start of a process, of that of Node',
      most: 0.03,
      reached: startup.added.median / startup.empty.median
    },
    { title: 'addons that register loads at start', most: 0, reached: startup.addonLoaded ? 1 : 0 },
    {
      title: 'peak memory of a call, 8,001 links, against native',
      most: 1,
      reached: ratio(memory?.ours, memory?.native)
    }
  ]
}

module.exports = { check }
