// Which of some words another one was meant to be.
'use strict'

/**
 * @param {string} a
 * @param {string} b
 * @returns {number} how many letters to add, drop or change make the one of the other
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
 * @param {string} word
 * @param {string[]} known
 * @returns {string | undefined} undefined if it is like none
 */
function nearest(word, known) {
  const [best] = known
    .map((other) => ({ other, far: distance(word.toLowerCase(), other) }))
    .filter(({ other, far }) => far <= Math.max(1, Math.floor(other.length / 3)))
    .sort((a, b) => a.far - b.far)
  return best?.other
}

module.exports = { nearest }
