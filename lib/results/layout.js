// How a snapshot's addresses are laid out in its `text` and `numbers`. The addon's C code has the same enums.
'use strict'

// numbers[0] is the number of addresses. One record for each follows.
const FIRST_RECORD = 1
const RECORD_LENGTH = 5

/** Places in a record. `key` and `mac` are places among the strings of `text`. */
const FIELD = { key: 0, mac: 1, prefixLength: 2, flags: 3, ifindex: 4 }

/** Bits of FIELD.flags. `scoped`: the scope id is the ifindex. */
const FLAG = {
  ipv6: 1,
  loopback: 2,
  scoped: 4,
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
      name: texts[numbers[at + FIELD.key]],
      address: texts[i],
      prefixLength: numbers[at + FIELD.prefixLength],
      mac: texts[numbers[at + FIELD.mac]],
      flags: numbers[at + FIELD.flags],
      ifindex: numbers[at + FIELD.ifindex]
    }
  })
}

module.exports = { FIELD, FIRST_RECORD, FLAG, RECORD_LENGTH, decodeAddresses }
