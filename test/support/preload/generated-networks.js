'use strict'

// Generates networks for the comparison with glibc: links of the kinds that need no kernel module, and
// addresses with every property that getifaddrs(3) reports.

const fc = require('fast-check')

const KINDS = ['veth', 'bridge', 'tun', 'tap', 'ifb']

const link = fc.record({
  kind: fc.constantFrom(...KINDS),
  up: fc.boolean(),
  name: fc.constantFrom('', '.5', '-x', 'Longest0'),
  alternative: fc.option(fc.constantFrom(1, 15, 16, 127)),
  // The length of a new name, after the link has its addresses: the kernel truncates labels.
  rename: fc.option(fc.constantFrom(13, 14, 15)),
  hardware: fc.option(fc.tuple(fc.nat(255), fc.nat(255)))
})

const byte = fc.integer({ min: 1, max: 254 })

// Each address has its own subnet, except for copies: see `Kinds`.
const ipv4 = fc.record({
  on: fc.nat(),
  byte,
  prefix: fc.integer({ min: 1, max: 32 }),
  broadcast: fc.constantFrom('', 'brd +', 'brd -', 'brd 10.9.8.7'),
  label: fc.nat(),
  peer: fc.boolean(),
  extra: fc.constantFrom('', '', 'noprefixroute'),
  again: fc.option(fc.record({ on: fc.option(fc.nat()), peer: fc.boolean(), label: fc.nat() }))
})

const ipv6 = fc.record({
  on: fc.nat(),
  byte,
  prefix: fc.integer({ min: 1, max: 128 }),
  scope: fc.constantFrom('2001:db8', 'fd00', 'fec0', 'fe80'),
  peer: fc.boolean(),
  extra: fc.constantFrom('', '', 'noprefixroute')
})

/**
 * What the networks have.
 *
 * @typedef {object} Kinds
 * @property {string[]} suffixes of labels that begin with their link's name; without a colon it names no link
 * @property {string[]} [labels] others, before which `@` is that link's alternative name
 * @property {boolean} [renames] labels that a rename truncates, which netdevice(7) cannot ask about
 * @property {boolean} [copies] one address twice on a link, which netdevice(7) cannot distinguish, and on two
 *   links under labels that name neither. There always are such under their own labels.
 */

/** @param {number} index @param {number} length */
const alternativeName = (index, length) => `a${index}`.padEnd(length, '-alternative')

/** Labels have short ones only. @param {string} name */
const isAlternativeName = (name) => /^a\d$/.test(name)

/** @param {any} link @param {number} index */
function createLink({ kind, hardware, alternative }, index, /** @type {string} */ name) {
  const command = {
    tun: `tuntap add ${name} mode tun`,
    tap: `tuntap add ${name} mode tap`,
    veth: `link add ${name} type veth peer name p${index}`
  }[/** @type {string} */ (kind)]
  const lines = [command ?? `link add ${name} type ${kind}`]
  if (kind !== 'tun') lines.push(`link set ${name} addrgenmode none`)
  if (hardware && kind !== 'tun' && kind !== 'ifb') {
    const [a, b] = hardware.map((/** @type {number} */ byte) => byte.toString(16).padStart(2, '0'))
    lines.push(`link set ${name} address 02:00:00:00:${a}:${b}`)
  }
  if (alternative)
    lines.push(`link property add dev ${name} altname ${alternativeName(index, alternative)}`)
  return lines
}

/** Makes the commands for one network. */
class Network {
  /** @type {string[]} */
  lines = []

  /** @param {any[]} links @param {Kinds} kinds */
  constructor(links, kinds) {
    this.kinds = kinds
    this.links = links.map(({ name, rename, ...link }, index) => ({
      ...link,
      index,
      name: `l${index}${name}`,
      newName: kinds.renames && rename ? `r${index}-0123456789ab`.slice(0, rename) : undefined
    }))
    for (const link of this.links)
      this.lines.push(...createLink(link, link.index, link.name), ...this.setUp(link, false))
  }

  /** A link that is renamed comes up afterwards: before Linux 6.2, it must be down. */
  setUp(/** @type {any} */ { name, newName, up }, /** @type {boolean} */ isRenamed) {
    return up && (newName !== undefined) === isRenamed ? [`link set ${newName ?? name} up`] : []
  }

  /** @param {number} number */
  linkAt(number) {
    return this.links[number % this.links.length]
  }

  /** @param {any} link @param {number} number */
  labelFor({ name, index, alternative }, number) {
    const { suffixes, labels = [] } = this.kinds
    const chosen = number % (suffixes.length + labels.length)
    if (chosen < suffixes.length) return `${name}${suffixes[chosen]}`
    const label = labels[chosen - suffixes.length]
    return label.replace('@', alternative === 1 ? alternativeName(index, alternative) : 'a')
  }

  /** @param {any} address @param {number} index */
  addIPv4({ on, byte: last, prefix, broadcast, label, peer, extra, again }, index) {
    const link = this.linkAt(on)
    const local = `10.${index}.0.${last}`
    const subnet = peer ? `${local} peer 10.${index}.1.1/${prefix}` : `${local}/${prefix}`
    // ip(8) computes no broadcast address for a /31 or /32.
    const usable = broadcast === 'brd +' && prefix > 30 ? '' : broadcast
    const text = this.labelFor(link, label)
    this.lines.push(`addr add ${subnet} ${usable} dev ${link.name} label "${text}" ${extra}`)
    const isOwn = text.split(':')[0] === link.name && !link.newName
    if (again && (isOwn || this.kinds.copies)) this.addAgain(local, prefix, again, link)
  }

  /** @param {string} local @param {number} prefix @param {any} again @param {any} first the link that has it */
  addAgain(local, prefix, { on, peer, label }, first) {
    const link = on === null ? first : this.linkAt(on)
    if (!this.kinds.copies && (link === first || link.newName)) return
    // The kernel accepts no two equal addresses with one subnet.
    const other = prefix === 32 ? 31 : prefix + 1
    const subnet = peer ? `${local} peer 10.99.1.1/${other}` : `${local}/${other}`
    const text = this.kinds.copies ? this.labelFor(link, label) : link.name
    this.lines.push(`addr add ${subnet} dev ${link.name} label "${text}"`)
  }

  /** @param {any} address @param {number} index */
  addIPv6({ on, byte: last, prefix, scope, peer, extra }, index) {
    const local = `${scope}::${index + 1}:${last.toString(16)}`
    const subnet = peer ? `${local} peer ${scope}::ffff:${index}/${prefix}` : `${local}/${prefix}`
    this.lines.push(`addr add ${subnet} dev ${this.linkAt(on).name} nodad ${extra}`)
  }

  rename() {
    for (const link of this.links) {
      if (link.newName) this.lines.push(`link set ${link.name} name ${link.newName}`)
      this.lines.push(...this.setUp(link, true))
    }
  }
}

/**
 * Lines for `ip -batch`, all of which succeed.
 *
 * @param {Kinds} kinds
 */
const arbitraryNetwork = (kinds) =>
  fc
    .tuple(
      fc.array(link, { minLength: 1, maxLength: 8 }),
      fc.array(ipv4, { maxLength: 8 }),
      fc.array(ipv6, { maxLength: 8 }),
      fc.constantFrom([], [], ['addr del ::1/128 dev lo'])
    )
    .map(([links, ipv4s, ipv6s, loopback]) => {
      const network = new Network(links, kinds)
      ipv4s.forEach((address, index) => network.addIPv4(address, index))
      ipv6s.forEach((address, index) => network.addIPv6(address, index))
      network.rename()
      return ['link set lo up', ...loopback, ...network.lines]
    })

module.exports = { arbitraryNetwork, isAlternativeName }
