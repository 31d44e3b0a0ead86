'use strict'

// Generates networks for the comparison with glibc: links of the kinds that need no kernel module, and
// addresses with every property that getifaddrs(3) reports.

const fc = require('fast-check')

const KINDS = ['veth', 'bridge', 'tun', 'tap', 'ifb']

const link = fc.record({
  kind: fc.constantFrom(...KINDS),
  up: fc.boolean(),
  name: fc.constantFrom('', '.5', '-x', 'Longest0'),
  hardware: fc.option(fc.tuple(fc.nat(255), fc.nat(255)))
})

const byte = fc.integer({ min: 1, max: 254 })

// Each address has its own subnet: netdevice(7) cannot distinguish two equal addresses.
const ipv4 = fc.record({
  on: fc.nat(),
  byte,
  prefix: fc.integer({ min: 1, max: 32 }),
  broadcast: fc.constantFrom('', 'brd +', 'brd -', 'brd 10.9.8.7'),
  label: fc.nat(),
  peer: fc.boolean()
})

const ipv6 = fc.record({
  on: fc.nat(),
  byte,
  prefix: fc.integer({ min: 1, max: 128 }),
  scope: fc.constantFrom('2001:db8', 'fd00', 'fec0', 'fe80'),
  peer: fc.boolean()
})

/** @param {{ kind: string, up: boolean, name: string, hardware: number[] | null }[]} links */
function linkLines(links) {
  return links.flatMap(({ kind, up, name: suffix, hardware }, index) => {
    const name = `l${index}${suffix}`
    const command = {
      tun: `tuntap add ${name} mode tun`,
      tap: `tuntap add ${name} mode tap`,
      veth: `link add ${name} type veth peer name p${index}`
    }[kind]
    const lines = [command ?? `link add ${name} type ${kind}`]
    if (kind !== 'tun') lines.push(`link set ${name} addrgenmode none`)
    if (hardware && kind !== 'tun' && kind !== 'ifb') {
      const [a, b] = hardware.map((number) => number.toString(16).padStart(2, '0'))
      lines.push(`link set ${name} address 02:00:00:00:${a}:${b}`)
    }
    if (up) lines.push(`link set ${name} up`)
    return lines
  })
}

/**
 * Lines for `ip -batch`, all of which succeed.
 *
 * @param {string[]} labels suffixes of a link's name; without a colon the label names no link
 */
const arbitraryNetwork = (labels) =>
  fc
    .tuple(
      fc.array(link, { minLength: 1, maxLength: 8 }),
      fc.array(ipv4, { maxLength: 8 }),
      fc.array(ipv6, { maxLength: 8 })
    )
    .map(([links, ipv4s, ipv6s]) => {
      const names = links.map(({ name }, index) => `l${index}${name}`)
      const lines = ['link set lo up', ...linkLines(links)]
      ipv4s.forEach(({ on, byte: last, prefix, broadcast, label, peer }, index) => {
        const name = names[on % names.length]
        const local = `10.${index}.0.${last}`
        const subnet = peer ? `${local} peer 10.${index}.1.1/${prefix}` : `${local}/${prefix}`
        // ip(8) computes no broadcast address for a /31 or /32.
        const usable = broadcast === 'brd +' && prefix > 30 ? '' : broadcast
        lines.push(
          `addr add ${subnet} ${usable} dev ${name} label ${name}${labels[label % labels.length]}`
        )
      })
      ipv6s.forEach(({ on, byte: last, prefix, scope, peer }, index) => {
        const local = `${scope}::${index + 1}:${last.toString(16)}`
        const subnet = peer
          ? `${local} peer ${scope}::ffff:${index}/${prefix}`
          : `${local}/${prefix}`
        lines.push(`addr add ${subnet} dev ${names[on % names.length]} nodad`)
      })
      return lines
    })

module.exports = { arbitraryNetwork }
