'use strict'

// A network with links of every type that the kernel has, for ip(8). A type that the kernel or ip(8) lacks is left out,
// and named.

const { spawnSync } = require('node:child_process')

/** @typedef {import('../../support/namespace').Namespace} Namespace */

// What a link or a tunnel is on. Each such link is on a veth pair of its own, because most refuse to share.
const LOWER = 'LOWER'
const IPV4_ENDS = 'local 10.200.0.1 remote 10.200.0.2'
const IPV6_ENDS = 'local fd00:200::1 remote fd00:200::2'

/**
 * By kind: the rest of `ip link add name NAME …`, or `tuntap`. `over`: it is on another link. `bare`: without addresses. The kernel's modules are
 * called as the kinds, or as `modules` says.
 *
 * @type {Record<string, { add: string, over?: boolean, bare?: boolean, modules?: string[] }>}
 */
const KINDS = {
  bareudp: { add: 'type bareudp dstport 6635 ethertype mpls_uc' },
  batadv: { add: 'type batadv', modules: ['crc32c_generic', 'batman_adv'] },
  bond: { add: 'type bond', modules: ['bonding'] },
  bridge: { add: 'type bridge' },
  dummy: { add: 'type dummy' },
  erspan: { add: `type erspan seq key 1 ${IPV4_ENDS} erspan_ver 1`, modules: ['ip_gre'] },
  geneve: { add: 'type geneve id 1 remote 10.200.0.2' },
  gre: { add: `type gre ${IPV4_ENDS}`, modules: ['ip_gre'] },
  gretap: { add: `type gretap ${IPV4_ENDS}`, modules: ['ip_gre'] },
  gtp: { add: 'type gtp role sgsn' },
  hsr: { add: `type hsr slave1 ${LOWER} slave2 ${LOWER}2`, over: true },
  ifb: { add: 'type ifb' },
  ip6erspan: { add: `type ip6erspan seq key 2 ${IPV6_ENDS} erspan_ver 1`, modules: ['ip6_gre'] },
  ip6gre: { add: `type ip6gre ${IPV6_ENDS}`, modules: ['ip6_gre'] },
  ip6gretap: { add: `type ip6gretap ${IPV6_ENDS}`, modules: ['ip6_gre'] },
  ip6tnl: { add: `type ip6tnl mode any ${IPV6_ENDS}`, modules: ['ip6_tunnel'] },
  ipip: { add: `type ipip ${IPV4_ENDS}` },
  ipvlan: { add: 'type ipvlan mode l2', over: true },
  ipvtap: { add: 'type ipvtap mode l2', over: true },
  macsec: {
    add: 'type macsec',
    over: true,
    modules: ['crypto_null', 'gf128mul', 'ghash_generic', 'ctr', 'gcm', 'macsec']
  },
  macvlan: { add: 'type macvlan mode bridge', over: true },
  macvtap: { add: 'type macvtap mode bridge', over: true },
  netkit: { add: 'type netkit mode l2 peer name PEER' },
  nlmon: { add: 'type nlmon' },
  rmnet: { add: 'type rmnet mux_id 1', over: true },
  sit: { add: `type sit ${IPV4_ENDS}` },
  tap: { add: 'tuntap', modules: ['tun'] },
  team: { add: 'type team' },
  tun: { add: 'tuntap', modules: ['tun'] },
  vcan: { add: 'type vcan' },
  veth: { add: 'type veth peer name PEER' },
  virt_wifi: { add: 'type virt_wifi', over: true },
  vlan: { add: 'type vlan id 5', over: true, modules: ['8021q'] },
  // Its routes are in another table than the main one, so no netmask can be inferred: guest.js adds another.
  vrf: { add: 'type vrf table 200', bare: true },
  vti: { add: `type vti key 3 ${IPV4_ENDS}`, modules: ['ip_vti'] },
  vti6: { add: `type vti6 key 4 ${IPV6_ENDS}`, modules: ['ip6_vti'] },
  vxcan: { add: 'type vxcan peer name PEER' },
  vxlan: { add: 'type vxlan id 2 local 10.200.0.1 dstport 4789' },
  wireguard: { add: 'type wireguard' },
  xfrm: { add: 'type xfrm dev lo if_id 1', modules: ['xfrm_interface'] }
}

/** The modules of all kinds, and of IPv6, which some kernels have as a module. */
const MODULES = [
  'ipv6',
  ...Object.entries(KINDS).flatMap(([kind, { modules = [kind] }]) => modules)
]

/** @param {Namespace} ns @param {string[]} lines for ip(8), which runs all, whichever fails @returns {string} errors */
function tryAll(ns, lines) {
  const args = ['-n', ns.name, '-force', '-batch', '-']
  return spawnSync('ip', args, { input: `${lines.join('\n')}\n`, encoding: 'utf8' }).stderr.trim()
}

/** @param {string} kind @param {number} number @returns {{ name: string, lines: string[] }} */
function linesFor(kind, number) {
  const { add, over } = KINDS[kind]
  const name = `k${number}`
  if (add === 'tuntap') return { name, lines: [`tuntap add dev ${name} mode ${kind}`] }
  const lowers = over
    ? [`l${number}`, `l${number}2`].slice(0, add.includes(`${LOWER}2`) ? 2 : 1)
    : []
  const pairs = lowers.flatMap((lower) => [
    `link add ${lower} type veth peer name ${lower}p`,
    `link set ${lower}p up`,
    `link set ${lower} up`
  ])
  const on = over && !add.includes(LOWER) ? `link l${number} ` : ''
  const rest = add.replaceAll(LOWER, `l${number}`).replace('PEER', `${name}p`)
  return { name, lines: [...pairs, `link add ${on}name ${name} ${rest}`] }
}

/**
 * The addresses of a link: a label, a second one in the same subnet, a peer, and IPv6 without duplicate address
 * detection, whose end would change the link.
 *
 * @param {string} name
 * @param {number} number
 */
const addressesFor = (name, number) => [
  `addr add 10.1.${number}.1/24 brd + dev ${name}`,
  `addr add 10.1.${number}.2/24 dev ${name} label ${name}:2`,
  `addr add 10.2.${number}.1 peer 10.2.${number}.2/32 dev ${name}`,
  `addr add fd00:${number}::1/64 dev ${name} nodad`,
  `addr add fd00:${number}::2 peer fd00:${number}::3/128 dev ${name} nodad`
]

/**
 * Builds the links, with addresses, and sets them up; every fourth stays down.
 *
 * @param {Namespace} ns
 * @returns {Record<string, string>} the kinds that are missing, and why
 */
function buildLinks(ns) {
  ns.batch([
    'link set lo up',
    'addr add 10.200.0.1/32 dev lo',
    'addr add fd00:200::1/128 dev lo nodad'
  ])
  /** @type {Record<string, string>} */
  const missing = {}
  Object.keys(KINDS).forEach((kind, i) => {
    const number = i + 1
    const { name, lines } = linesFor(kind, number)
    const error = tryAll(ns, lines)
    const isThere = spawnSync('ip', ['-n', ns.name, 'link', 'show', name]).status === 0
    if (!isThere) missing[kind] = error.split('\n')[0]
    const addresses = KINDS[kind].bare ? [] : addressesFor(name, number)
    if (isThere) tryAll(ns, [...addresses, `link set ${name} ${number % 4 ? 'up' : 'down'}`])
  })
  return missing
}

module.exports = { KINDS, MODULES, buildLinks }
