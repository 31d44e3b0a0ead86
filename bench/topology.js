'use strict'

// Makes the namespaces that are measured: with two links, as on a laptop, or with many veth pairs, as on a host of
// containers.

const { Namespace } = require('../test/support/namespace')

// The number of pairs that one ip(8) makes, so that it exits before its timeout.
const CHUNK = 500

/** Two bytes of an address, so that 4,000 links fit. @param {number} i */
function dotted(i) {
  return `${i >> 8}.${i & 255}`
}

/**
 * Pairs with three IPv4 addresses and one ULA on one end. Fixed hardware addresses make the link-local addresses
 * the same in every run.
 *
 * @param {number} first
 * @param {number} end
 */
function* pairCommands(first, end) {
  for (let i = first; i < end; i++) {
    const number = (i + 0x10000).toString(16).slice(1)
    const tail = `${number.slice(0, 2)}:${number.slice(2)}`
    yield `link add v${i} address 02:00:00:01:${tail} type veth peer name p${i} address 02:00:00:02:${tail}`
    yield `addr add 10.${dotted(i)}.1/8 dev v${i}`
    yield `addr add 172.${dotted(i)}.2/24 dev v${i}`
    yield `addr add 100.${dotted(i)}.3/32 dev v${i}`
    yield `addr add fd00::${i.toString(16)}:1/64 nodad dev v${i}`
    yield `link set p${i} up`
    yield `link set v${i} up`
  }
}

// Seven addresses: both loopback ones, three IPv4, a ULA and the link-local one.
const laptopCommands = [
  'link add eth0 address 02:00:00:00:00:01 type veth peer name eth0 netns PEER',
  'addr add 192.168.1.20/24 dev eth0',
  'addr add 10.8.0.2/32 dev eth0',
  'addr add 172.17.0.1/16 dev eth0',
  'addr add fd00::20/64 nodad dev eth0',
  'link set eth0 up'
]

function makeLaptop() {
  const namespace = Namespace.create('bench-2')
  const peer = Namespace.create('bench-peer')
  namespace.batch(
    ['link set lo up', ...laptopCommands].map((line) => line.replace('PEER', peer.name))
  )
  peer.ip('link set eth0 up')
  namespace.settle()
  return { namespace, remove: () => [namespace, peer].forEach((each) => each.remove()) }
}

/**
 * @param {number} links 2, or one more than twice the number of pairs
 * @returns {{ namespace: Namespace, remove(): void }} settled
 */
function makeTopology(links) {
  if (links === 2) return makeLaptop()
  const namespace = Namespace.create(`bench-${links}`)
  // Duplicate address detection for thousands of link-local addresses would take too long.
  namespace.exec('/bin/sh', ['-c', 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'])
  namespace.ip('link set lo up')
  const pairs = (links - 1) / 2
  for (let first = 0; first < pairs; first += CHUNK)
    namespace.batch(pairCommands(first, Math.min(pairs, first + CHUNK)))
  namespace.settle()
  return { namespace, remove: () => namespace.remove() }
}

module.exports = { makeTopology }
