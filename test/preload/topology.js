'use strict'

// Random networks for the comparison with glibc: links of every kind this needs no module for, and
// addresses with whatever getifaddrs(3) tells of them.

const fc = require('fast-check')

const KINDS = ['veth', 'bridge', 'tun', 'tap', 'ifb']

const link = fc.record({
  kind: fc.constantFrom(...KINDS),
  up: fc.boolean(),
  name: fc.constantFrom('', '.5', '-x', 'Longest0'),
  hardware: fc.option(fc.tuple(fc.nat(255), fc.nat(255)))
})

const byte = fc.integer({ min: 1, max: 254 })

// Each of a subnet of its own: netdevice(7) cannot tell one address from its twin.
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
    const make = {
      tun: `tuntap add ${name} mode tun`,
      tap: `tuntap add ${name} mode tap`,
      veth: `link add ${name} type veth peer name p${index}`
    }[kind]
    const lines = [make ?? `link add ${name} type ${kind}`]
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
 * Lines of `ip -batch`, all of which succeed.
 *
 * @param {string[]} labels what is added to a link's name; without a colon it names no link
 */
const topology = (labels) =>
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
        // Of prefixes this long there is none to compute.
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

module.exports = { topology }
