// Text for terminals: columns that line up, and names that cannot steer the terminal. Knows nothing of
// interfaces.
'use strict'

// Control, format, private and unassigned characters, and every blank but the space.
const UNPRINTABLE = /(?! )[\p{C}\p{Z}]/gu

// What terminals give two columns, and none (the East Asian Wide of UAX #11 as far as names need it).
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\uff01-\uff60]/gu
const COMBINING = /\p{M}/gu

/**
 * A link's name is any bytes but '/', ':' and ASCII blanks, an address's label any bytes at all, and either
 * comes from whoever made it.
 *
 * @param {string} text
 */
function printable(text) {
  return text.replace(UNPRINTABLE, (character) => {
    const code = /** @type {number} */ (character.codePointAt(0))
    return `\\u{${code.toString(16)}}`
  })
}

/** @param {string} text */
function displayWidth(text) {
  const wide = text.match(WIDE)?.length ?? 0
  const combining = text.match(COMBINING)?.length ?? 0
  return [...text].length
}

/**
 * @param {string[][]} rows of as many cells each
 * @returns {string[]} a line for each row
 */
function align(rows) {
  const widths = rows[0].map((_, column) =>
    rows.reduce((width, row) => Math.max(width, displayWidth(row[column])), 0)
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(widths[column] - displayWidth(cell)))
      .join('  ')
      .trimEnd()
  )
}

module.exports = { align, printable }
