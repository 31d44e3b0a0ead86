// How text gets onto a terminal: colour only where it is wanted, tables as wide as their columns, and
// nothing that steers the terminal. Knows nothing of interfaces.
'use strict'

const tty = require('node:tty')
const util = require('node:util')

const NARROWEST = 40
const WIDEST_PROSE = 88

// Scripts whose characters take two columns; and what takes none: marks that combine with another one.
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\uFF01-\uFF60]/u
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u

/**
 * Names come from whoever made the link: nothing in one may steer the terminal.
 *
 * @param {string} name
 */
function printable(name) {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = /** @type {number} */ (character.codePointAt(0))
    return `\\u{${code.toString(16)}}`
  })
}

/**
 * @param {string} text
 * @returns {number} the columns that it takes
 */
function widthOf(text) {
  let width = 0
  for (const character of util.stripVTControlCharacters(text)) {
    if (!ZERO.test(character)) width += WIDE.test(character) ? 2 : 1
  }
  return width
}

/**
 * @param {string[][]} rows each as long as the first
 * @returns {string[]} a line for each
 */
function align(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]))))
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(widths[column] - widthOf(cell)))
      .join('  ')
      .trimEnd()
  )
}

/**
 * @param {string} text one paragraph
 * @param {number} width
 * @param {string} [first] what its first line begins with
 * @param {string} [others] what the others begin with
 * @returns {string} as many lines as it takes
 */
function wrap(text, width, first = '', others = ' '.repeat(widthOf(first))) {
  const lines = []
  let line = first
  let empty = true
  for (const word of text.split(' ')) {
    if (!empty && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line.trimEnd())
      line = others
      empty = true
    }
    line += empty ? word : ` ${word}`
    empty = false
  }
  return [...lines, line].join('\n')
}

/**
 * @param {{ isTTY?: boolean }} stream
 * @param {NodeJS.ProcessEnv} env
 * @returns {boolean}
 */
function wantsColour(stream, env) {
  const { NO_COLOR, ...others } = env
  // Asked for with both, Node warns; the more special wish wins, as it does there.
  const forced = env.FORCE_COLOR !== undefined
  if (!forced && !stream.isTTY) return false
  return tty.WriteStream.prototype.getColorDepth(forced ? others : env) > 1
}

/** @typedef {Parameters<typeof util.styleText>[0]} Style */
/** @typedef {{ width: number, columns: number, style(style: Style, text: string): string }} Terminal */

/**
 * @param {{ isTTY?: boolean, columns?: number }} stream
 * @param {NodeJS.ProcessEnv} env
 * @returns {Terminal} `columns` is infinite where nothing limits them; `width` is one to read prose in
 */
function describeTerminal(stream, env) {
  const columns = stream.columns ? Math.max(stream.columns, NARROWEST) : Infinity
  // Node has it since 20.12. It would judge by the stream, of which it knows less than we do here.
  const colours = wantsColour(stream, env) && typeof util.styleText === 'function'
  const style = /** @type {Function} */ (util.styleText)
  return {
    columns,
    width: Math.min(columns, WIDEST_PROSE),
    style: (name, text) => (colours ? style(name, text, { validateStream: false }) : text)
  }
}

module.exports = { align, describeTerminal, printable, widthOf, wrap }
