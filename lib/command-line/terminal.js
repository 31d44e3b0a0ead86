// Text for terminals: colour only where it is wanted, aligned columns, wrapped lines, escaped control
// characters.
'use strict'

const tty = require('node:tty')
const util = require('node:util')

const NARROWEST = 40
const WIDEST_PROSE = 80

/**
 * A Node without ICU knows no properties of characters. Then all that are not ASCII are escaped.
 *
 * @param {string} properties
 * @param {RegExp} otherwise
 */
function characters(properties, otherwise) {
  try {
    return new RegExp(`[${properties}]`, 'gu')
  } catch {
    return otherwise
  }
}

const NONE = /(?!)/
const UNPRINTABLE = characters('\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}', /[^ -~]/gu)
const UNPRINTABLE_IN_JSON = characters('\\x7f-\\x9f\\p{Cf}\\p{Zl}\\p{Zp}', /[^\n -~]/gu)
// Characters that take two columns, and marks that take none because they combine with another character.
const SCRIPTS = ['Han', 'Hangul', 'Hiragana', 'Katakana'].map((name) => `\\p{Script=${name}}`)
const WIDE = characters(`${SCRIPTS.join('')}\\p{Emoji_Presentation}\uFF01-\uFF60`, NONE)
const ZERO = characters('\\p{Mn}\\p{Me}\\p{Cf}', NONE)

/**
 * Anyone who may create a link chooses its name, so a name may contain control sequences.
 *
 * @param {string} name
 */
function printable(name) {
  return name.replace(UNPRINTABLE, (character) => {
    const code = /** @type {number} */ (character.codePointAt(0))
    return `\\u{${code.toString(16)}}`
  })
}

/**
 * JSON.stringify() escapes only the first 32 control characters.
 *
 * @param {unknown} value
 * @param {number} [indent] 0: on one line
 */
function toJson(value, indent = 2) {
  return JSON.stringify(value, null, indent).replace(UNPRINTABLE_IN_JSON, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('')
  )
}

/**
 * @param {string} text
 * @returns {number} in columns
 */
function widthOf(text) {
  let width = 0
  for (const character of util.stripVTControlCharacters(text)) {
    if (!character.match(ZERO)) width += character.match(WIDE) ? 2 : 1
  }
  return width
}

/**
 * @param {string[][]} rows each as long as the first
 * @returns {string[]} one line for each
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
 * @param {string} [first] prefix of the first line
 * @param {string} [others] prefix of the other lines
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
  // getColorDepth() prints a warning if both variables are set. FORCE_COLOR wins there too.
  const forced = env.FORCE_COLOR !== undefined
  if (!forced && !stream.isTTY) return false
  return tty.WriteStream.prototype.getColorDepth(forced ? others : env) > 1
}

/** @typedef {Parameters<typeof util.styleText>[0]} Style */
/** @typedef {{ width: number, columns: number, style(style: Style, text: string): string }} Terminal */

/**
 * @param {{ isTTY?: boolean, columns?: number }} stream
 * @param {NodeJS.ProcessEnv} env
 * @returns {Terminal} `columns` is infinite if nothing limits it; `width` is for prose
 */
function makeTerminal(stream, env) {
  const columns = stream.columns ? Math.max(stream.columns, NARROWEST) : Infinity
  // Node has styleText() since 20.12. Its own check of the stream prints that warning, too.
  const colours = wantsColour(stream, env) && typeof util.styleText === 'function'
  const style = /** @type {Function} */ (util.styleText)
  return {
    columns,
    width: Math.min(columns, WIDEST_PROSE),
    style: (name, text) => (colours ? style(name, text, { validateStream: false }) : text)
  }
}

module.exports = { align, makeTerminal, printable, toJson, widthOf, wrap }
