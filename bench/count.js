'use strict'

// Counts the instructions of one read in user space, under valgrind, and compares them with instructions.json.
// They depend on the compiler and the processor, but not on the load of the machine.
//
//   node bench/count.js --record      writes instructions.json, from x64

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { requirements } = require('../test/support/requirements')
const { makeTopology } = require('./topology')

const RECORD = path.join(__dirname, 'instructions.json')
const PROGRAM = path.join(__dirname, 'build/count')

const SMALLEST = '2 links'
const MAX_GROWTH = 1.1
const MAX_GROWTH_ELSEWHERE = 1.5

/** One namespace of six has its three addresses in order. */
const TRIES = 100

/** Every link and details, for bench/count.c. */
const EVERYTHING = 3

/** Cases by name: the number of links, a bit mask of sources, and what is requested beyond the addresses. */
const CASES = {
  '2 links': [2, 7],
  '2 links without netlink': [2, 6],
  '250 pairs': [501, 7],
  '250 pairs without netlink': [501, 6],
  '250 pairs with details': [501, 7, EVERYTHING],
  '250 pairs with details, without netlink': [501, 6, EVERYTHING]
}

/**
 * @param {import('../test/support/namespace').Namespace} namespace
 * @param {number} sources
 * @param {number} request
 */
function countIn(namespace, sources, request) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'osh-count-'))
  try {
    const { status, stderr } = namespace.exec('valgrind', [
      '--tool=callgrind',
      '--collect-atstart=no',
      '--toggle-collect=counted',
      `--callgrind-out-file=${path.join(folder, 'out')}`,
      ...[PROGRAM, String(sources), String(request)]
    ])
    const collected = stderr.match(/Collected : (\d+)/)
    if (status !== 0 || collected === null) throw new Error(`valgrind: ${stderr}`)
    return Number(collected[1])
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/**
 * /proc/net/if_inet6 has the addresses in an order that the kernel chooses at random for each namespace. With three
 * addresses that order decides what sorting them costs.
 *
 * @param {import('../test/support/namespace').Namespace} namespace
 */
function isSorted(namespace) {
  const lines = namespace.exec('cat', ['/proc/net/if_inet6']).stdout.trim().split('\n')
  return lines.every((line, i) => i === 0 || lines[i - 1] < line)
}

/** @param {number} links */
function makeComparable(links) {
  for (let tries = 0; tries < TRIES; tries++) {
    const topology = makeTopology(links)
    if (links > 2 || isSorted(topology.namespace)) return topology
    topology.remove()
  }
  throw new Error(`no namespace of ${TRIES} has its addresses in order`)
}

/** @returns {Record<string, number>} instructions by case */
function count() {
  execFileSync('make', ['--silent', `--directory=${__dirname}`, 'build/count'])
  /** @type {Record<string, number>} */
  const counts = {}
  for (const links of new Set(Object.values(CASES).map(([count]) => count))) {
    const { namespace, remove } = makeComparable(links)
    try {
      for (const [name, [size, sources, request = 0]] of Object.entries(CASES))
        if (size === links) counts[name] = countIn(namespace, sources, request)
    } finally {
      remove()
    }
  }
  return counts
}

/**
 * Prints the counts and how they compare with those recorded.
 *
 * @param {Record<string, number>} counts
 * @returns {boolean} whether a case takes many more instructions than recorded, or is not recorded
 */
function reportCounts(counts) {
  /** @type {Record<string, number>} */
  const recorded = JSON.parse(fs.readFileSync(RECORD, 'utf8'))
  // Another processor has other instructions, so there the smallest case is the measure of the others.
  const isRecorded = process.arch === 'x64'
  const scale = isRecorded ? 1 : counts[SMALLEST] / recorded[SMALLEST]
  const most = isRecorded ? MAX_GROWTH : MAX_GROWTH_ELSEWHERE
  console.log(`\ninstructions   of those recorded, at most ${most}`)
  let missed = false
  for (const name of Object.keys({ ...recorded, ...counts })) {
    const instructions = counts[name] ?? NaN
    const growth = instructions / (recorded[name] * scale)
    // False, too, if a case is not recorded, or nothing was counted.
    const isMet = growth <= most && instructions > 1000
    missed ||= !isMet
    const figures = `${String(instructions).padStart(12)}${growth.toFixed(3).padStart(8)}`
    console.log(`${figures}  ${(isMet ? 'ok' : 'MISSED').padEnd(8)}${name}`)
  }
  return missed
}

function main() {
  const reason = requirements('valgrind')
  if (reason !== null) throw new Error(reason)
  const counts = count()
  if (process.argv.includes('--record'))
    fs.writeFileSync(RECORD, JSON.stringify(counts, null, 2) + '\n')
  if (reportCounts(counts)) process.exitCode = 1
}

if (require.main === module) main()

module.exports = { count, reportCounts }
