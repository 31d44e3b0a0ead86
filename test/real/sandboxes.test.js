'use strict'

// One program in each sandbox of others: what the native function, register, a program with the preload library, the
// doctor and watch() answer there. What a sandbox refuses must be answered as outside, and the doctor must name the
// sandbox. The tests of each sandbox, such as firejail.test.js, do what the doctor advises; this one writes
// docs/sandboxes.md.
//
// It fails if what it finds is not what the page shows, and then writes the page anew, to be looked at and committed.

const t = require('tap')
const { errnoName } = require('../../lib/results/diagnosis')
const { tryDownload } = require('../support/downloads')
const { ENGINES, ROWS } = require('../support/real-sandboxes')
const { readPage, writePage } = require('../support/pages')
const { skipWithout, requirements } = require('../support/requirements')
const {
  KEYS,
  PROGRAM,
  SECOND,
  describe,
  makeNetwork,
  withoutSecond
} = require('../support/sandbox-network')
const { PAGE, makePage, readAnswers, toAnswer, versionOf } = require('../support/sandboxes-page')

t.setTimeout(1_800_000)
skipWithout(t, 'python3')

/** @typedef {import('../support/real-sandboxes').Row} Row */
/** @typedef {import('../support/sandbox-network').Found} Found */
/** @typedef {import('../support/sandboxes-page').Facts} Facts */
/** @typedef {ReturnType<typeof makeNetwork>} Network */

/**
 * @param {Row} row
 * @param {Found} found
 * @param {Network} network
 * @returns {Facts}
 */
function toFacts({ sandbox, configuration }, found, { all, withNumericZones }) {
  const { node, watch, without, preloaded, report } = found
  const isInferred = report.inferred.some(({ property }) => property === 'netmask')
  const remark = isInferred ? ', netmasks inferred' : ''
  const programs = [
    describe(without, all.program),
    describe(preloaded, all.program, withNumericZones) + remark
  ]
  const [suspect] = report.suspects
  return {
    sandbox,
    configuration,
    native: report.native.works ? 'works' : report.native.code,
    register: describe(node.patched, all.node) + remark,
    program: programs[0] === programs[1] ? programs[0] : programs.join(' → '),
    doctor: suspect ? `${suspect.name}, ${suspect.certainty}` : '–',
    status: String(report.status),
    watch
  }
}

/**
 * What ours must answer in a sandbox, in Node and in another program.
 *
 * @param {Row['expected']} expected
 * @param {Network} network
 */
function expectAnswers({ sees, omitsSecond, isWithoutSockets }, { all, withNumericZones }) {
  const names = sees === 'lo' ? ['lo'] : KEYS
  const pick = (/** @type {any} */ interfaces) => {
    const picked = Object.fromEntries(names.map((name) => [name, interfaces[name]]))
    return omitsSecond ? withoutSecond(picked) : picked
  }
  const program = pick(all.program)
  return {
    node: pick(all.node),
    program,
    preloaded: isWithoutSockets ? withNumericZones(program) : program
  }
}

/**
 * Asserts that ours answers as outside, as far as the row says, and that the doctor knows the sandbox.
 *
 * @param {import('tap').Test} t
 * @param {Row['expected']} expected
 * @param {Found} found
 * @param {Network} network
 */
function check(t, expected, found, network) {
  const { node, watch, without, preloaded, report, statuses } = found
  const { native, doctor, omitsSecond, evidence = {} } = expected
  const answers = expectAnswers(expected, network)
  const works = native === 'works'

  t.match(report.native, works ? { works } : { works, code: native }, 'the native function')
  if (works) t.strictSame(node.native, answers.node)
  else t.not(typeof node.native, 'object', 'it fails in the program, too')
  t.strictSame(node.ours, answers.node, 'ours answers')
  t.strictSame(node.patched, answers.node, 'with register')
  t.strictSame(node.missing, [], 'nothing is missing')
  const omitted = omitsSecond ? [{ name: 'd0', address: SECOND }] : []
  t.strictSame(report.omitted, omitted, 'what is omitted is reported')

  if (works) t.strictSame(without, answers.program, 'another program')
  else t.equal(errnoName(without), native, 'another program fails with the same errno')
  t.strictSame(preloaded, answers.preloaded, 'another program, with the preload library')

  t.equal(report.suspects[0]?.name ?? null, doctor, 'whom the doctor names')
  t.match(report.evidence, evidence, 'the sandbox is in force')
  t.equal(report.status, works ? 0 : 1)
  t.equal(watch, expected.watch ?? (works ? 'netlink' : 'polling'), 'watch()')
  const succeeds = { node: 0, watch: 0, program: 0, preloaded: 0 }
  t.strictSame(statuses, { ...succeeds, doctor: report.status }, 'exit statuses')
}

/** @type {Map<string, import('../support/downloads').Download<any>>} */
const downloads = new Map()

/** @param {Row} row */
function downloadFor({ download }) {
  if (download === undefined) return { value: null, missing: null }
  const { name, fetch } = download
  if (!downloads.has(name)) downloads.set(name, tryDownload(name, fetch))
  return downloads.get(name)
}

/** @returns {string[][]} names and versions of the packages of these sandboxes, each once */
function listVersions() {
  const installed = [...new Set(ROWS.map(({ from }) => from))].sort().map(versionOf)
  const profiles = [...downloads.values()].map(({ value }) => value).find((value) => value.Docker)
  const unpacked = Object.entries(ENGINES).map(([engine, { from }]) => [
    `${from} (the profile of ${engine})`,
    profiles[engine].version
  ])
  return [...installed, ...unpacked]
}

t.test('sandboxes', async (t) => {
  const shared = makeNetwork(t)
  /** @type {Facts[]} */
  const all = []
  const ran = new Set()
  for (const row of ROWS) {
    const { value, missing } = downloadFor(row)
    const skip = requirements(...row.needs) ?? missing
    await t.test(`${row.sandbox}: ${row.configuration}`, { skip }, async (t) => {
      const network = row.isOwnStack ? makeNetwork(t, { isOrdered: false }) : shared
      const { netns } = network
      const found = network.run(row.start({ t, netns, args: PROGRAM, download: value }))
      check(t, row.expected, found, network)
      all.push(toFacts(row, found, network))
      ran.add(row.kind)
    })
  }
  const kinds = [...new Set(ROWS.map(({ kind }) => kind))]
  t.strictSame([...ran], kinds, 'no kind is skipped as a whole')

  const shown = readAnswers(readPage(PAGE))
  const answers = all.map(toAnswer)
  const isComplete = all.length === ROWS.length
  const expected = isComplete ? shown : shown.filter((answer) => answers.includes(answer))
  if (isComplete && t.passing()) writePage(PAGE, await makePage(all, listVersions()))
  t.strictSame(answers, expected, 'as docs/sandboxes.md says; if not, look at the new page')
})
