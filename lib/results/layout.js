// How a snapshot's addresses are laid out in its `strings` and `numbers`. src/addon/layout.c has the same enums.
'use strict'

// numbers[0] is the number of addresses. One record for each follows.
const FIRST_RECORD = 1
const RECORD_LENGTH = 5

/** Indexes in a record. `name` and `mac` are indexes of `strings`, which begin with the addresses. */
const FIELD = { name: 0, mac: 1, prefixLength: 2, flags: 3, ifindex: 4 }

/** Bits of FIELD.flags. `linkLocal`: the scope id is the ifindex. */
const FLAG = {
  ipv6: 1,
  loopback: 2,
  linkLocal: 4,
  running: 8,
  prefixInferred: 16,
  stateInferred: 32,
  macUnknown: 64
}

/**
 * Creates `strings` for the addon, which passes all strings or, if they are too many for one call, some at a time.
 *
 * @param {string[] | undefined} strings those of the calls before
 * @param {string[]} more
 */
function append(strings, ...more) {
  if (strings === undefined) return more
  for (let i = 0; i < more.length; i++) strings[strings.length] = more[i]
  return strings
}

/**
 * @typedef {object} Address
 * @property {string} name
 * @property {string} address
 * @property {number} flags
 */

/**
 * For callers that do not need the speed of ./network-interfaces.js.
 *
 * @param {import('../addon/load').Snapshot} snapshot
 */
function decodeAddresses({ strings, numbers }) {
  /** @type {Address[]} */
  const addresses = []
  if (!strings || !numbers) return addresses
  for (let i = 0, at = FIRST_RECORD; i < numbers[0]; i++, at += RECORD_LENGTH)
    addresses[i] = {
      name: strings[numbers[at + FIELD.name]],
      address: strings[i],
      flags: numbers[at + FIELD.flags]
    }
  return addresses
}

module.exports = { FIELD, FIRST_RECORD, FLAG, RECORD_LENGTH, append, decodeAddresses }
