'use strict'

// Measures every installed method of listing the interfaces, in namespaces of several sizes, and checks the
// project's ratios and the number of instructions. A run with all sizes writes results.json and results.svg to this
// folder, and docs/speed.md.
//
//   node bench/run.js [--quick] [--links=2,101,501,2001,8001] [--seconds=20]

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { describeRun } = require('../test/support/pages')
const { requirements } = require('../test/support/requirements')
const { Running, findContenders } = require('./contenders')
const { count, reportCounts } = require('./count')
const { publish } = require('./page')
const { measureMemory, measureStartup } = require('./processes')
const { check } = require('./ratios')
const { summarize } = require('./statistics')
const { makeTopology } = require('./topology')

/** @typedef {import('../test/support/namespace').Namespace} Namespace */

const LINKS = '2,101,501,2001,8001'
const QUICK_LINKS = '2,501,2001'
const MEMORY_LINKS = 8001
const SAMPLE = 1e6
const MIN_ROUNDS = 12
const MAX_ROUNDS = 500

function readOptions() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      links: { type: 'string' },
      seconds: { type: 'string' }
    }
  })
  const { quick } = values
  const links = (values.links ?? (quick ? QUICK_LINKS : LINKS)).split(',').map(Number)
  const seconds = Number(values.seconds ?? (quick ? 3 : 20))
  const bad = links.find((count) => count !== 2 && !(count > 2 && count % 2 === 1))
  if (bad !== undefined)
    throw new RangeError(`--links: ${bad} is neither 2 nor odd (lo and pairs of links)`)
  if (!(seconds > 0)) throw new RangeError('--seconds: not a positive number')
  return { links, seconds, quick }
}

/**
 * Samples all contenders in turns.
 *
 * @param {Namespace} namespace
 * @param {number} seconds
 */
async function measure(namespace, seconds) {
  const running = findContenders().map((contender) => new Running(contender, namespace))
  for (const contender of running) await contender.warmUp(SAMPLE)
  /** @type {Record<string, number[]>} */
  const samples = {}
  for (const name of running.flatMap(({ names }) => names)) samples[name] = []
  const end = Date.now() + seconds * 1e3
  for (let i = 0; i < MIN_ROUNDS || (i < MAX_ROUNDS && Date.now() < end); i++) {
    for (const contender of running) {
      const sample = await contender.sample()
      contender.names.forEach((name, index) => samples[name].push(sample[index]))
    }
  }
  for (const contender of running) await contender.stop()
  /** @type {import('./ratios').Measured} */
  const measured = {}
  for (const name in samples) measured[name] = await summarize(samples[name])
  return measured
}

/** @param {import('./ratios').Results['topologies'][number]} topology */
function report({ links, contenders }) {
  console.log(`\n${links} links`)
  /** @param {string} name @param {string} against */
  const ratio = (name, against) => (contenders[name].median / contenders[against].median).toFixed(3)
  for (const [name, { median, mad }] of Object.entries(contenders)) {
    const time = `${(median / 1e3).toFixed(1)} µs`.padStart(16)
    const spread = `± ${((mad / median) * 100).toFixed(0)} %`.padStart(8)
    console.log(`  ${name.padEnd(17)}${time}${spread}${ratio(name, 'native').padStart(12)}`)
  }
  for (const [name, others] of Object.entries({
    interfaces: ['ours', 'ip -j -d addr'],
    'interfaces denied': ['denied', 'ip -j -d addr'],
    'poll denied': ['denied', 'interfaces denied']
  })) {
    const figures = others.map((against) => `${ratio(name, against)} of ${against}`)
    console.log(`  ${name}: ${figures.join(', ')}`)
  }
}

/** @param {ReturnType<check>} checks */
function reportChecks(checks) {
  console.log('\nreached   at most')
  for (const { title, most, reached } of checks) {
    const figure = reached === undefined ? '-' : reached.toFixed(3)
    const verdict = reached === undefined ? '' : reached <= most ? 'ok' : 'MISSED'
    console.log(`${figure.padStart(7)}${String(most).padStart(10)}  ${verdict.padEnd(8)}${title}`)
  }
  return checks.some(({ most, reached }) => reached !== undefined && reached > most)
}

async function main() {
  const { links, seconds, quick } = readOptions()
  const missing = requirements('valgrind')
  if (missing !== null) throw new Error(missing)
  execFileSync('make', ['--silent', `--directory=${__dirname}`], { stdio: 'inherit' })

  /** @type {import('./ratios').Results['topologies']} */
  const topologies = []
  /** @type {import('./ratios').Results['memory']} */
  let memory = null
  for (const count of links) {
    const { namespace, remove } = makeTopology(count)
    try {
      topologies.push({ links: count, contenders: await measure(namespace, seconds) })
      if (count === MEMORY_LINKS) memory = { links: count, ...measureMemory(namespace, 7) }
    } finally {
      remove()
    }
    report(topologies[topologies.length - 1])
  }
  const startup = await measureStartup(quick ? 30 : 200)
  if (memory !== null) console.log(`\npeak memory, KiB: ${JSON.stringify(memory)}`)
  const { median, mad } = startup.added
  console.log(`start-up added: ${(median / 1e6).toFixed(2)} ± ${(mad / 1e6).toFixed(2)} ms`)

  const checks = check({ topologies, startup, memory })
  const machine = `${describeRun()}, ${os.cpus().length} x ${os.cpus()[0].model}`
  const results = { machine, topologies, startup, memory, checks }
  if (links.join() === LINKS) {
    fs.writeFileSync(path.join(__dirname, 'results.json'), JSON.stringify(results, null, 2) + '\n')
    await publish(results)
  }
  const missed = [reportChecks(checks), reportCounts(count())]
  if (missed.includes(true)) process.exitCode = 1
}

main().catch((error) => {
  console.error(`bench: ${error.message}`)
  process.exit(1)
})
