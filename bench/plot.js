'use strict'

// Draws an SVG: time per call against the number of links, both logarithmic, in light and dark colours.

/** @typedef {import('./ratios').Results} Results */

const WIDTH = 780
const HEIGHT = 460
const PLOT = { left: 70, right: 580, top: 50, bottom: 400 }

/** Contenders in the order of the legend, with their colours in light and dark. */
const SERIES = [
  { name: 'native', title: 'os.networkInterfaces()', light: '#b3261e', dark: '#ff8a80' },
  { name: 'Bun', title: 'Bun', light: '#8a6d00', dark: '#ffd54f' },
  { name: 'Deno', title: 'Deno', light: '#5f6368', dark: '#bdc1c6' },
  { name: 'psutil', title: 'psutil', light: '#00796b', dark: '#4db6ac' },
  { name: 'ip -j addr', title: 'ip -j addr', light: '#8e24aa', dark: '#ce93d8' },
  { name: 'getifaddrs', title: 'getifaddrs(3) in C', light: '#c2560a', dark: '#ffb74d' },
  { name: 'raw dump', title: 'raw dump in C, not parsed', light: '#6d4c41', dark: '#bcaaa4' },
  { name: 'interfaces', title: 'interfaces()', light: '#ad1457', dark: '#f48fb1' },
  {
    name: 'poll denied',
    title: 'a poll of watch()',
    light: '#00838f',
    dark: '#80deea'
  },
  { name: 'procfs', title: 'with procfs only', light: '#4d7c0f', dark: '#aed581' },
  { name: 'denied', title: 'with netlink refused', light: '#1565c0', dark: '#81d4fa' },
  { name: 'ours', title: 'networkInterfaces()', light: '#0b3d91', dark: '#40a9ff' }
]

/**
 * @param {number} low
 * @param {number} high
 * @param {number} from
 * @param {number} to
 * @returns {(value: number) => number}
 */
function scale(low, high, from, to) {
  const span = Math.log(high / low)
  return (value) => from + (Math.log(value / low) / span) * (to - from)
}

/** @param {number} nanoseconds */
function duration(nanoseconds) {
  if (nanoseconds >= 1e9) return `${nanoseconds / 1e9} s`
  return nanoseconds >= 1e6 ? `${nanoseconds / 1e6} ms` : `${nanoseconds / 1e3} µs`
}

/**
 * Moves legend entries apart by at least the height of a line.
 *
 * @param {number[]} positions sorted
 */
function spread(positions) {
  /** @type {number[]} */
  const result = []
  for (const position of positions)
    result.push(Math.max(position, (result.at(-1) ?? -Infinity) + 17))
  const over = Math.max(0, (result.at(-1) ?? 0) - PLOT.bottom)
  return result.map((position) => position - over)
}

/**
 * @param {Results} results
 * @returns {string}
 */
function draw({ topologies }) {
  const links = topologies.map((topology) => topology.links)
  const times = topologies.flatMap(({ contenders }) =>
    Object.values(contenders).map(({ median }) => median)
  )
  const low = 10 ** Math.floor(Math.log10(Math.min(...times)))
  const high = 10 ** Math.ceil(Math.log10(Math.max(...times)))
  const x = scale(Math.min(...links), Math.max(...links), PLOT.left, PLOT.right)
  const y = scale(low, high, PLOT.bottom, PLOT.top)
  const parts = []

  for (let tick = low; tick <= high; tick *= 10) {
    const at = y(tick).toFixed(1)
    parts.push(`<path class="grid" d="M${PLOT.left} ${at}H${PLOT.right}"/>`)
    parts.push(`<text x="${PLOT.left - 8}" y="${at}" dy="4" class="end">${duration(tick)}</text>`)
  }
  for (const count of links) {
    const at = x(count).toFixed(1)
    const label = count.toLocaleString('en')
    parts.push(`<path class="grid" d="M${at} ${PLOT.top}V${PLOT.bottom}"/>`)
    parts.push(`<text x="${at}" y="${PLOT.bottom + 20}" class="middle">${label}</text>`)
  }

  const lines = SERIES.flatMap(({ name, title }, place) => {
    const points = topologies.flatMap(({ links: count, contenders }) =>
      name in contenders ? [{ at: x(count), to: y(contenders[name].median) }] : []
    )
    return points.length === 0 ? [] : [{ place, title, points, last: points[points.length - 1] }]
  }).sort((a, b) => a.last.to - b.last.to)
  const labels = spread(lines.map(({ last }) => last.to))
  lines.forEach(({ place, title, points, last }, i) => {
    const path = points.map(({ at, to }) => `${at.toFixed(1)} ${to.toFixed(1)}`).join('L')
    parts.push(`<path class="line s${place}" d="M${path}"/>`)
    for (const { at, to } of points)
      parts.push(
        `<circle class="dot s${place}" cx="${at.toFixed(1)}" cy="${to.toFixed(1)}" r="3"/>`
      )
    const from = `${(last.at + 5).toFixed(1)} ${last.to.toFixed(1)}`
    parts.push(
      `<path class="lead s${place}" d="M${from}L${PLOT.right + 20} ${labels[i].toFixed(1)}"/>`
    )
    parts.push(
      `<text x="${PLOT.right + 24}" y="${labels[i].toFixed(1)}" dy="4" class="s${place}">${title}</text>`
    )
  })
  return wrap(parts)
}

/** @param {string[]} parts */
function wrap(parts) {
  /** @param {'light' | 'dark'} theme */
  const colours = (theme) =>
    SERIES.map((series, place) => `.s${place}{color:${series[theme]}}`).join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Time of one call against the number of links">
<style>
svg{font:12px system-ui,sans-serif;color:#1f2328}.grid{color:#d0d7de}
${colours('light')}
@media(prefers-color-scheme:dark){svg{color:#e6edf3}.grid{color:#3d444d}${colours('dark')}}
text,.dot{fill:currentColor}.end{text-anchor:end}.middle{text-anchor:middle}.title{font-weight:600}
.grid,.line,.lead{fill:none;stroke:currentColor}.line{stroke-width:2}.lead{stroke-width:.7}
</style>
<text class="title" x="${PLOT.left}" y="28">Time of one call (median)</text>
${parts.join('\n')}
<text class="middle" x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 44}">links, half of them with three IPv4 addresses and a ULA</text>
</svg>
`
}

module.exports = { draw }
