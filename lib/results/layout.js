// How a snapshot's addresses are laid out in its `text` and `numbers`. src/addon/addon.c has the same enums.
'use strict'

// numbers[0] is the number of addresses. One record for each follows.
const FIRST_RECORD = 1
const RECORD_LENGTH = 5

/** Indexes in a record. `name` and `mac` are indexes of the strings in `text`. */
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
 * For callers that need every property and not the speed of ./network-interfaces.js.
 *
 * @param {import('../addon/load').Snapshot} snapshot
 */
function decodeAddresses({ text = '', numbers = new Uint32Array(1) }) {
  const texts = text.split('\0')
  return Array.from({ length: numbers[0] }, (_, i) => {
    const at = FIRST_RECORD + i * RECORD_LENGTH
    return {
      name: texts[numbers[at + FIELD.name]],
      address: texts[i],
      prefixLength: numbers[at + FIELD.prefixLength],
      mac: texts[numbers[at + FIELD.mac]],
      flags: numbers[at + FIELD.flags],
      ifindex: numbers[at + FIELD.ifindex]
    }
  })
}

module.exports = { FIELD, FIRST_RECORD, FLAG, RECORD_LENGTH, decodeAddresses }
