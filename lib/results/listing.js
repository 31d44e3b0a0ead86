// Makes the list that the command prints: every link, and for each address its source and what is inferred.
'use strict'

const { isInterrupted, sourceOf, toOutcome, unavailableError } = require('./diagnosis')
const { nativeInterfaces, toInterfaces } = require('./interfaces')

/** @typedef {import('../index').Interface} Interface */
/** @typedef {import('../index').InterfaceAddress} Address */
/** @typedef {import('./diagnosis').Outcome} Outcome */

/**
 * `ipv4` and `ipv6` say which source reported the addresses. `partial`: links without addresses are
 * unknown.
 *
 * @typedef {object} Listing
 * @property {Interface[]} interfaces
 * @property {string} ipv4
 * @property {string} ipv6
 * @property {boolean} interrupted
 * @property {boolean} partial
 * @property {Outcome['missing']} missing
 * @property {Outcome['omitted']} omitted
 */

// OSH_FACT_ALL_LINKS of src/core/snapshot.h.
const ALL_LINKS = 8

/**
 * @param {import('../addon/load').Snapshot} snapshot of readInterfaces()
 * @returns {Listing}
 * @throws {import('../index').UnavailableError} when no source answered
 */
function toListing(snapshot) {
  const { strings, numbers, missing: bits = 0 } = snapshot
  if (!strings || !numbers) throw unavailableError(snapshot)
  const outcome = toOutcome(snapshot)
  const { missing, omitted } = outcome
  return {
    interfaces: toInterfaces({ strings, numbers }),
    ipv4: sourceOf(outcome, 'ipv4') ?? 'unknown',
    ipv6: sourceOf(outcome, 'ipv6') ?? 'unknown',
    interrupted: isInterrupted(outcome),
    partial: (bits & ALL_LINKS) !== 0,
    missing,
    omitted
  }
}

/**
 * For platforms without the addon.
 *
 * @returns {Listing}
 */
function nativeListing() {
  const rest = { ipv4: 'native', ipv6: 'native', interrupted: false, partial: false }
  return { interfaces: nativeInterfaces(), ...rest, missing: [], omitted: [] }
}

module.exports = { nativeListing, toListing }
