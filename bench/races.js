'use strict'

// Applies the changes of the race tests to the functions of others and to ours, and prints the table of docs/races.md.
// As root, after `npm run test:soak -- races` has built the parts: node bench/races.js

const { makeNetwork, networks } = require('../test/support/races/changes')
const { startReader } = require('../test/support/races/readers')
const { applyBetweenCalls } = require('../test/support/races/run')

const MANY = 600

/** @type {[title: string, reader: string, mode?: keyof import('../test/support/races/readers').MODES][]} */
const ROWS = [
  ["glibc's getifaddrs(3)", "glibc's getifaddrs(3)"],
  ["musl's getifaddrs(3)", "musl's getifaddrs(3)"],
  ["Node's os.networkInterfaces()", "Node's os.networkInterfaces()"],
  ['ours, netlink open', 'networkInterfaces() and diagnose()'],
  ['ours, netlink refused', 'networkInterfaces() and diagnose()', 'netlink refused'],
  ['the preload library, netlink refused', 'the list of the preload library', 'netlink refused']
]

/** @param {string[]} faults */
function count(faults) {
  const kinds = ['lost', 'times', 'invented'].map(
    (kind) => faults.filter((fault) => fault.includes(`${kind}:`)).length
  )
  return kinds
}

async function main() {
  const made = Object.values(networks(MANY)).map(makeNetwork)
  console.log('| function | races | wrong results | address lost | listed twice | wrong facts |')
  console.log('| -------- | ----- | ------------- | ------------ | ------------ | ----------- |')
  for (const [title, reader, mode] of ROWS) {
    let reads = 0
    let wrong = 0
    /** @type {string[]} */
    const faults = []
    for (const network of made) {
      const outcomes = await applyBetweenCalls(network, startReader(reader, mode))
      for (const outcome of Object.values(outcomes)) {
        reads += outcome.reads
        wrong += outcome.wrong
        faults.push(...outcome.faults)
      }
    }
    console.log(`| ${[title, reads, wrong, ...count(faults)].join(' | ')} |`)
  }
}

main()
