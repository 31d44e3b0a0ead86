'use strict'

// What a mode may do with each IPv4 address of a topology. README's table of differences states what it may not
// know; everything else must be the native function's answer.

/** @typedef {import('./topology-description').LabelledAddress} LabelledAddress */

/**
 * Of an address in a mode: whether it is in `omitted`, and whether its state and netmask are listed as inferred if
 * it is reported. undefined: either. `isCertain`: if its state is inferred, it is inferred correctly.
 *
 * @typedef {{ omitted?: boolean, state?: boolean, netmask?: boolean, isCertain: boolean }} Rule
 */

/**
 * An address together with the key or label that it is reported under.
 *
 * @param {{ key?: string, name?: string, address: string }} entry
 */
const idOf = ({ key, name, address }) => `${key ?? name} ${address}`

/** @param {string} id */
const addressOf = (id) => id.slice(id.lastIndexOf(' ') + 1)

/** @param {Iterable<string>} keys @returns {Map<string, number>} */
function countEqual(keys) {
  const counts = new Map()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

/** A topology's IPv4 addresses, and what is unusual about them. */
class LabelledAddresses {
  /** @type {Map<string, LabelledAddress[]>} */
  #byId = new Map()
  #copies

  /** @param {LabelledAddress[]} addresses */
  constructor(addresses) {
    this.#copies = countEqual(addresses.map(({ address }) => address))
    for (const labelled of addresses) {
      const { label, link, address } = labelled
      const id = idOf({ key: label || link, address })
      this.#byId.set(id, [...(this.#byId.get(id) ?? []), labelled])
    }
  }

  /** @param {string} id */
  get(id) {
    const addresses = this.#byId.get(id)
    if (!addresses) throw new Error(`invented: no link has ${id}`)
    return addresses
  }

  get ids() {
    return [...this.#byId.keys()]
  }

  /** How many links, or prefix lengths, have the address. @param {string} address */
  countCopies(address) {
    return this.#copies.get(address) ?? 0
  }

  /** Its label is empty, so its id has the link's name. @param {string} id */
  isUnlabelled(id) {
    return this.get(id).some(({ label }) => label === '')
  }

  /** Its label does not name its link. @param {string} id */
  isForeign(id) {
    return this.get(id).some(({ named }) => !named.startsWith('own'))
  }

  /** Its label names no link. @param {string} id */
  isNameless(id) {
    return this.get(id).some(({ named }) => named === 'nothing')
  }

  /** Different labels have this id: one is empty, or they are not UTF-8. @param {string} id */
  isAmbiguous(id) {
    const [first, ...others] = this.get(id)
    return others.some(({ bytes }) => bytes !== first.bytes)
  }

  /** Two addresses have this id. @param {string} id */
  isRepeated(id) {
    return this.get(id).length > 1
  }

  /** The address exists more than once, under any label. @param {string} id */
  isShared(id) {
    return this.countCopies(addressOf(id)) > 1
  }
}

/** @typedef {(addresses: LabelledAddresses, id: string) => Rule} Rules */

/**
 * netlink is denied: the kernel says whether an address is on the link that its label names; the others are
 * searched for, which finds an address that exists once.
 *
 * @param {{ proc: boolean }} options without /proc, a link that no label names is not known
 * @returns {Rules}
 */
const withoutNetlink =
  ({ proc }) =>
  (addresses, id) => {
    const isForeign = addresses.isForeign(id)
    const isRepeated = addresses.isRepeated(id)
    return {
      omitted: isForeign && (addresses.isShared(id) || !proc) ? undefined : false,
      // Found between two addresses of one link, it is certain.
      state: isRepeated && isForeign ? undefined : isRepeated,
      netmask: isRepeated || isForeign,
      isCertain: !isForeign
    }
  }

/**
 * AF_INET is denied, too: an AF_INET6 socket only finds an address that exists once.
 *
 * @type {Rules}
 */
function withoutInet(addresses, id) {
  const isForeign = addresses.isForeign(id)
  const isShared = addresses.isShared(id)
  const isNameless = addresses.isNameless(id)
  const isRepeated = addresses.isRepeated(id)
  return {
    omitted: isShared && isNameless ? undefined : false,
    state: isRepeated && isNameless ? undefined : isRepeated || (isShared && !isNameless),
    netmask: true,
    isCertain: !isForeign
  }
}

/**
 * Every socket(2) is denied: only names are left to compare. A label that can be truncated is that of the only
 * link whose name begins so.
 *
 * @type {Rules}
 */
function withoutSocket(addresses, id) {
  const all = addresses.get(id)
  const isLong = all.some((address) => address.isLong)
  const isBeginningOfOne = all.every(({ beginners, isBeginner }) => isBeginner && beginners === 1)
  return {
    omitted: (isLong ? isBeginningOfOne : !addresses.isNameless(id)) ? false : undefined,
    state: true,
    netmask: true,
    isCertain: isLong ? isBeginningOfOne : !addresses.isForeign(id)
  }
}

/**
 * Does not say more about an id than it identifies.
 *
 * @param {Rules} rules
 * @returns {Rules}
 */
const unlessAmbiguous = (rules) => (addresses, id) =>
  addresses.isAmbiguous(id) ? { isCertain: false } : rules(addresses, id)

const rules = {
  'no netlink': unlessAmbiguous(withoutNetlink({ proc: true })),
  'no netlink, no /proc': unlessAmbiguous(withoutNetlink({ proc: false })),
  'no netlink, no inet': unlessAmbiguous(withoutInet),
  'no socket': unlessAmbiguous(withoutSocket)
}

module.exports = { LabelledAddresses, addressOf, countEqual, idOf, rules }
