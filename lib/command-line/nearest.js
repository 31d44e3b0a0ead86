// Suggests a known name for a mistyped one.
'use strict'

/**
 * @param {string} a
 * @param {string} b
 * @returns {number} the Levenshtein distance
 */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, row[j] + 1, next[j - 1] + 1))
    }
    row = next
  }
  return row[b.length]
}

/**
 * @param {string} given
 * @param {string[]} known
 * @returns {string | undefined} undefined if none is similar
 */
function nearest(given, known) {
  return known
    .map((name) => ({ name, far: distance(given.toLowerCase(), name) }))
    .filter(({ name, far }) => far <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.far - b.far)[0]?.name
}

module.exports = { nearest }
