'use strict'

// Writes docs/speed.md from the results of a run.
//
//   node bench/page.js      writes it, and results.svg, again from results.json

const fs = require('node:fs')
const path = require('node:path')
const { formatPage, toTable, writePage } = require('../test/support/pages')
const { draw } = require('./plot')

/** @typedef {import('./ratios').Results} Results */
/** @typedef {Results & { machine: string, checks: import('./ratios').Check[] }} Run */

const RESULTS = path.join(__dirname, 'results.json')
const PLOT = path.join(__dirname, 'results.svg')

/** The columns of each table: contenders by the title of the column. */
const LISTS = {
  '`networkInterfaces()`': 'ours',
  'netlink refused': 'denied',
  'only procfs': 'procfs',
  'getifaddrs(3) in C': 'getifaddrs',
  Bun: 'Bun',
  Deno: 'Deno',
  psutil: 'psutil'
}
const DETAILS = {
  '`interfaces()`': 'interfaces',
  'netlink refused': 'interfaces denied',
  'a poll of `watch()`, netlink refused': 'poll denied',
  '`ip -j -d addr`': 'ip -j -d addr'
}

/** @param {number} nanoseconds */
function duration(nanoseconds) {
  const [value, unit] = nanoseconds < 1e6 ? [nanoseconds / 1e3, 'µs'] : [nanoseconds / 1e6, 'ms']
  return `${Number(value.toPrecision(2)).toLocaleString('en')} ${unit}`
}

/**
 * @param {Run} run
 * @param {Record<string, string>} columns
 */
function ratios({ topologies }, columns) {
  const rows = topologies.map(({ links, contenders }) => [
    links.toLocaleString('en'),
    duration(contenders.native.median),
    ...Object.values(columns).map((name) =>
      name in contenders
        ? (contenders[name].median / contenders.native.median).toFixed(2)
        : 'not measured'
    )
  ])
  return toTable(['links', '`os.networkInterfaces()`', ...Object.keys(columns)], rows)
}

/** @param {Run} run */
function limits({ checks }) {
  const rows = checks.map(({ title, most, reached }) => [
    title,
    most,
    reached === undefined ? 'not measured' : Number(reached.toFixed(2))
  ])
  return toTable(['what', 'limit', 'reached'], rows)
}

/**
 * @param {Run} run
 * @returns {Promise<string>} docs/speed.md
 */
function makePage(run) {
  return formatPage(`# Speed

\`npm run bench\` measures every method of listing the interfaces in one interleaved run, and writes this page.

![Time of one call against the number of links](../bench/results.svg)

Measured on ${run.machine}.

Half of the links of the larger networks have three IPv4 addresses and a unique local IPv6 address. Every figure except the
native function's time is the ratio of the median to that of \`os.networkInterfaces()\` in the same network, outside the sandbox.

## networkInterfaces()

${ratios(run, LISTS)}

Where netlink is refused, the package reads a list of more than 75 IPv6 addresses at least twice, because a change during one
reading would go unnoticed ([races.md](races.md)). If only procfs is left, that takes longer than the native function with
thousands of links.

## interfaces() and watch()

\`interfaces()\` reports more than the native function: every link, and all properties.

${ratios(run, DETAILS)}

A poll of [\`watch()\`](watch.md#modes) is one in which nothing has changed.

## Limits

The benchmark fails if a figure exceeds its limit.

${limits(run)}

The raw dump is a C program that receives the links and addresses and does not parse them. \`bench/count.js\` also counts the
instructions of a read, and compares them with those recorded.

[preload.md](preload.md) has the figures of the preload library.
`)
}

/** @param {Run} run */
async function publish(run) {
  fs.writeFileSync(PLOT, draw(run))
  writePage('speed.md', await makePage(run))
}

if (require.main === module) publish(JSON.parse(fs.readFileSync(RESULTS, 'utf8')))

module.exports = { makePage, publish }
