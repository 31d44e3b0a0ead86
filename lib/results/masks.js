// Netmasks of prefix lengths, as text. Syntax only, no function of JavaScript's library: ./network-interfaces.js says
// why.
'use strict'

/** @typedef {{ netmask: string, suffix: string }} Mask `suffix` is that of the CIDR */

// Indexed by prefix length; each is made once. Without a prototype, whose properties other code can define.
/** @typedef {Record<number, Mask | undefined>} Masks */
const ipv4Masks = /** @type {Masks} */ ({ __proto__: null })
const ipv6Masks = /** @type {Masks} */ ({ __proto__: null })

/** @param {number} prefixLength 0 to 32 */
function makeIPv4Mask(prefixLength) {
  const mask = prefixLength === 0 ? 0 : -1 << (32 - prefixLength)
  const netmask = `${mask >>> 24}.${(mask >>> 16) & 255}.${(mask >>> 8) & 255}.${mask & 255}`
  return (ipv4Masks[prefixLength] = { netmask, suffix: `/${prefixLength}` })
}

const DIGITS = '0123456789abcdef'

/** @param {number} prefixLength 0 to 128 */
function makeIPv6Mask(prefixLength) {
  let netmask = ''
  let groups = 0
  for (let bits = prefixLength; bits > 0; bits -= 16, groups++) {
    if (groups > 0) netmask += ':'
    const group = bits >= 16 ? 0xffff : (0xffff << (16 - bits)) & 0xffff
    for (let shift = 12; shift >= 0; shift -= 4) netmask += DIGITS[(group >> shift) & 15]
  }
  // RFC 5952: a single group of zeros is not shortened.
  netmask += groups === 8 ? '' : groups === 7 ? ':0' : '::'
  return (ipv6Masks[prefixLength] = { netmask, suffix: `/${prefixLength}` })
}

/**
 * @param {number} prefixLength 0 to 32
 * @returns {Mask}
 */
function ipv4Mask(prefixLength) {
  return ipv4Masks[prefixLength] ?? makeIPv4Mask(prefixLength)
}

/**
 * @param {number} prefixLength 0 to 128
 * @returns {Mask}
 */
function ipv6Mask(prefixLength) {
  return ipv6Masks[prefixLength] ?? makeIPv6Mask(prefixLength)
}

module.exports = { ipv4Mask, ipv6Mask }
