'use strict'

// Counts the instructions of one read in user space, under valgrind. The counts do not depend on the load of
// the machine, so a test can compare them.
//
//   node bench/count.js --record      writes instructions.json

const { execFileSync, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { failInCI, requirements } = require('../test/support/namespace')
const { makeTopology } = require('./topology')

const RECORD = path.join(__dirname, 'instructions.json')
const PROGRAM = path.join(__dirname, 'build/count')

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

/** @returns {string | null} why instructions cannot be counted here */
function countRequirements() {
  const found = spawnSync('valgrind', ['--version'], { stdio: 'ignore' }).status === 0
  return found ? requirements() : failInCI('valgrind is not installed')
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

/** @returns {Record<string, number>} instructions by case */
function count() {
  execFileSync('make', ['--silent', `--directory=${__dirname}`, 'build/count'])
  /** @type {Record<string, number>} */
  const counts = {}
  for (const links of new Set(Object.values(CASES).map(([count]) => count))) {
    const { namespace, remove } = makeTopology(links)
    try {
      for (const [name, [size, sources, request = 0]] of Object.entries(CASES))
        if (size === links) counts[name] = countIn(namespace, sources, request)
    } finally {
      remove()
    }
  }
  return counts
}

if (require.main === module) {
  const reason = countRequirements()
  if (reason !== null) throw new Error(reason)
  const counts = count()
  console.log(counts)
  if (process.argv.includes('--record'))
    fs.writeFileSync(RECORD, JSON.stringify(counts, null, 2) + '\n')
}

module.exports = { RECORD, count, countRequirements }
