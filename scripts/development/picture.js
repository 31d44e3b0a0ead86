// `npm run picture`: draws docs/picture.svg, the terminal of the demo before and after the line that fixes it. Nothing
// in it varies between runs.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { makeFixture } = require('../../test/support/openshell-fixture')
const { requirements } = require('../../test/support/requirements')
const { showFailure, showFix, withoutFrames } = require('./demonstration')

/** @typedef {{ text: string, style?: 'error' | 'prompt' }} Line */
/** @typedef {{ title: string, lines: Line[] }} Pane */

const FILE = path.join(__dirname, '../../docs/picture.svg')

const COLUMNS = 70
const FONT = 15
const LINE = 21
const BAR = 30
const MARGIN = 1
const PADDING = 16
// Monospaced characters are 0.55 to 0.62 em wide.
const WIDTH = Math.ceil(COLUMNS * FONT * 0.62) + 2 * (PADDING + MARGIN)
const GAP = 12

const TITLES = [
  'Before: in a sandbox that refuses netlink',
  'After: in the same sandbox, with osh-ifaddrs',
  'Meanwhile, a peer outside the sandbox finds the service'
]
const DESCRIPTION = `Before: in a sandbox that refuses netlink, a Node program that advertises a service by multicast DNS ends
with "uv_interface_addresses returned Unknown system error 1". After: started with -r osh-ifaddrs/register, it advertises the
service, and a peer outside the sandbox resolves it.`

/** @param {string} text */
function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/**
 * Breaks a line where a terminal does.
 *
 * @param {Line} line
 * @returns {Line[]}
 */
function wrap({ text, style }) {
  const parts = text.match(new RegExp(`.{1,${COLUMNS}}`, 'gu')) ?? ['']
  return parts.map((part) => ({ text: part, style }))
}

/**
 * @param {import('./demonstration').Step} step
 * @returns {Line[]}
 */
function linesOf({ command, output }) {
  const printed = withoutFrames(output).map(
    (text) => /** @type {Line} */ ({ text, style: /^\w*Error\b/.test(text) ? 'error' : undefined })
  )
  const typed = /** @type {Line} */ ({ text: `$ ${command}`, style: 'prompt' })
  return [typed, ...printed].flatMap(wrap)
}

/**
 * @param {Pane} pane
 * @param {number} top
 * @returns {{ text: string, bottom: number }}
 */
function drawPane({ title, lines }, top) {
  const left = MARGIN + PADDING
  const height = BAR + lines.length * LINE + PADDING
  const text = lines.map(({ text, style }, i) => {
    const y = top + BAR + PADDING / 2 + (i + 0.75) * LINE
    return `<text x="${left}" y="${y}"${style ? ` class="${style}"` : ''}>${escape(text)}</text>`
  })
  const parts = [
    `<rect x="${MARGIN}" y="${top}" width="${WIDTH - 2 * MARGIN}" height="${height}" rx="8"/>`,
    `<path d="M${MARGIN} ${top + BAR}h${WIDTH - 2 * MARGIN}"/>`,
    `<text x="${left}" y="${top + BAR / 2 + 5}" class="title">${escape(title)}</text>`,
    ...text
  ]
  return { text: parts.join('\n'), bottom: top + height }
}

/** @param {Pane[]} panes */
function draw(panes) {
  const drawn = []
  let bottom = MARGIN - GAP
  for (const pane of panes) {
    const { text, bottom: next } = drawPane(pane, bottom + GAP)
    drawn.push(text)
    bottom = next
  }
  const height = bottom + MARGIN
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" \
role="img" aria-labelledby="title description">
<title id="title">The failure, and the line that fixes it</title>
<desc id="description">${escape(DESCRIPTION)}</desc>
<style>
svg{font:${FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
rect{fill:#f6f8fa}rect,path{stroke:#d0d7de}text{fill:#1f2328;white-space:pre}
.title{fill:#59636e;font:600 14px system-ui,sans-serif}.prompt{font-weight:700}.error{fill:#b3261e}
@media(prefers-color-scheme:dark){rect{fill:#151b23}rect,path{stroke:#3d444d}text{fill:#e6edf3}
.title{fill:#9198a1}.error{fill:#ff8a80}}
</style>
${drawn.join('\n')}
</svg>
`
}

/** Runs the programs and returns the picture. Throws if they do not behave as it says. */
async function makePicture() {
  const fixture = makeFixture()
  try {
    const parts = [showFailure(fixture), await showFix(fixture)]
    for (const { claim, holds, steps } of parts)
      if (!holds) throw new Error(`not so: ${claim}\n${JSON.stringify(steps, null, 2)}`)
    const [before, after] = parts.map(({ steps }) => steps)
    const inside = after.filter(({ place }) => place === 'sandbox')
    const outside = after.filter(({ place }) => place === 'outside')
    const panes = [before, inside, outside].map((steps, i) => ({
      title: TITLES[i],
      lines: steps.flatMap(linesOf)
    }))
    return draw(panes)
  } finally {
    fixture.remove()
  }
}

async function main() {
  const missing = requirements()
  if (missing !== null) throw new Error(`${missing}. Try: sudo npm run picture`)
  fs.writeFileSync(FILE, await makePicture())
}

if (require.main === module) {
  main().catch((error) => {
    console.error(`picture: ${error.message}`)
    process.exitCode = 1
  })
}

module.exports = { FILE, makePicture }
