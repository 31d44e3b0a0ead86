'use strict'

// Programs of test/support/programs.js in the sandbox: each fails without the package, and with it comes to where a user
// sees it work. Writes docs/programs.md.

const path = require('node:path')
const t = require('tap')
const { packOrSkip } = require('../support/app')
const { tryDownload } = require('../support/downloads')
const { makeFixture } = require('../support/openshell-fixture')
const { fetchFromNpm } = require('../support/package')
const { writePage } = require('../support/pages')
const { findVersion, install, prepare, runFailing, runWorking } = require('../support/program-runs')
const { EVERY, NODE_PROGRAMS, OTHER_PROGRAMS } = require('../support/programs')
const { PAGE, makePage } = require('../support/programs-page')
const { requirements } = require('../support/requirements')

t.setTimeout(1_800_000)

const installed = install(t, packOrSkip(t))
const OPEN = ['--user', 'keep', '--no-landlock']

/**
 * @param {import('../support/programs').Program} program
 * @returns {import('../support/program-runs').Obtained & { reason: string | null }}
 */
function obtain({ fetch, needs = [], node: major }) {
  const reason = requirements(...needs)
  if (reason !== null || fetch === undefined) return { reason }
  const [spec, file] = fetch
  const fetched = tryDownload(spec, () => fetchFromNpm(...fetch))
  if (fetched.missing !== null) return { reason: fetched.missing }
  const below = path.join(spec.slice(0, spec.lastIndexOf('@')), file)
  const modules = fetched.value.slice(0, -below.length - 1)
  if (major === undefined) return { reason: null, modules }
  const name = `node-linux-${process.arch}@${major}`
  const node = tryDownload(name, () => fetchFromNpm(name, 'bin/node'))
  return { reason: node.missing, node: node.value ?? undefined, modules }
}

/**
 * @param {import('tap').Test} t
 * @param {import('../support/programs').Program} program
 * @param {import('../support/program-runs').Obtained} obtained
 */
async function check(t, program, obtained) {
  const { answer, ask, failure, fixedBy, hangs } = program
  const prepared = prepare(t, program, installed, obtained)
  const fixture = makeFixture()
  t.teardown(() => fixture.remove())
  const fails = async (/** @type {import('../support/programs').Way | null} */ way) => {
    const failed = await runFailing(fixture, prepared, way)
    const message = `it fails ${way === null ? 'without the package' : `with ${way} alone`}`
    t.match(failed.output, failure, message)
    t.notMatch(failed.answer, answer, 'nobody gets an answer')
    t.equal(failed.end === null, hangs === true, `it ends: ${failed.end}`)
    return failed
  }

  const alone = await fails(null)
  if (EVERY.length > fixedBy.length && program.command[0] === process.execPath)
    await fails('register')
  const open = ask === undefined ? await runWorking(fixture, prepared, null, OPEN) : undefined
  for (const way of fixedBy) {
    const { answer: found, output } = await runWorking(fixture, prepared, way)
    t.match(found, answer, `it works with ${way}`)
    t.notMatch(output, failure, 'without the error')
    if (open) t.equal(found, open.answer, 'its output is the same as outside the sandbox')
  }
  const [message] = failure.exec(alone.output) ?? ['']
  return { message, end: alone.end ?? 'then answers nothing' }
}

/** @type {import('../support/programs-page').Row[]} */
const rows = []
/** @type {string[]} */
const missing = []

for (const [kind, programs] of Object.entries({ node: NODE_PROGRAMS, others: OTHER_PROGRAMS })) {
  let ran = 0
  for (const [name, program] of Object.entries(programs)) {
    const { reason, ...obtained } = obtain(program)
    if (reason !== null) missing.push(name)
    t.test(name, { skip: reason ?? false }, async (t) => {
      ran++
      const version = findVersion(program, obtained.modules)
      const { message, end } = await check(t, program, obtained)
      rows.push({ name, version, message, end, ways: program.fixedBy, seen: program.seen })
    })
  }
  t.test(`${kind}: not all are skipped`, async (t) => t.ok(ran > 0, `${ran} ran`))
}

t.test('the page', async (t) => {
  if (!t.parent?.passing()) return t.fail('docs/programs.md is not written: a program failed')
  writePage(PAGE, await makePage(rows, missing))
  t.ok(rows.length > 0, `${rows.length} programs`)
})
