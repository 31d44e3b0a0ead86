// tap's reporter (see "tap" in package.json): a line for each test file, below it what failed and what was
// skipped, and a sum at the end.
'use strict'

const { Transform } = require('node:stream')
const { inspect } = require('node:util')
const { Parser } = require('tap-parser')

/** @typedef {import('tap-parser').Result} Result */

// Diagnostics that repeat what the name and the location of a test say.
const REDUNDANT = ['stack', 'source', 'externalID', 'stdio', 'cwd', 'command', 'args', 'jobId']
const OF_TAP = /^# (Subtest|time=|\{ total)/

/** What a test file reports. */
class Outcome {
  passed = 0
  /** @type {string[]} */
  failures = []
  /** @type {string[]} */
  skips = []
  /** @type {string[]} */
  comments = []

  /**
   * @param {string} name
   * @param {Result} result
   */
  add(name, { ok, skip, todo, diag }) {
    if (skip || todo) this.skips.push(`skipped: ${name}: ${skip || todo}`)
    else if (ok) this.passed++
    else this.failures.push(`failed: ${name}${describe(diag)}`)
  }
}

/** @param {string} text */
const indent = (text) => text.replaceAll(/^(?=.)/gm, '        ')

/** @param {Record<string, unknown> | null} diag */
function describe(diag) {
  const entries = Object.entries(diag ?? {}).filter(([key]) => !REDUNDANT.includes(key))
  const lines = entries.map(([key, value]) => {
    if (key === 'at') {
      const { fileName, lineNumber } = /** @type {any} */ (value)
      return `\n${fileName}:${lineNumber}`
    }
    return `\n${key}: ${typeof value === 'string' ? value.trimEnd() : inspect(value)}`
  })
  return indent(lines.join(''))
}

/** @param {number} milliseconds */
const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`

class Reporter extends Transform {
  #parser = new Parser((results) => this.#summarize(results.time ?? 0))
  #passed = 0
  #failed = 0
  #skipped = 0

  constructor() {
    super()
    /** @type {Outcome | null} */
    let outcome = null
    this.#parser.on('child', (child) => {
      outcome = new Outcome()
      watch(child, outcome)
    })
    this.#parser.on('assert', (result) => {
      const file = result.closingTestPoint ? outcome : null
      outcome = null
      this.#report(result, file ?? new Outcome())
    })
  }

  /**
   * @param {Result} result of the whole file
   * @param {Outcome} outcome
   */
  #report(result, outcome) {
    const { passed, failures, skips, comments } = outcome
    if (!result.ok && failures.length === 0) outcome.add('the file', result)
    this.#passed += passed
    this.#failed += failures.length
    this.#skipped += skips.length
    const counts = [
      `${passed} passed`.padStart(11),
      ...(failures.length > 0 ? [`${failures.length} failed`] : []),
      ...(skips.length > 0 ? [`${skips.length} skipped`] : [])
    ]
    // How much load and how many faults there were is part of the result; npm test has a line for each file.
    const remarks = result.name.startsWith('test/behaviour/') ? [] : comments
    const details = [...failures, ...skips, ...remarks].map((text) => `      ${text}\n`)
    const time = seconds(result.time ?? 0).padStart(8)
    this.push(`${time} ${counts.join(', ')}  ${result.name}\n${details.join('')}`)
  }

  /** @param {number} time */
  #summarize(time) {
    const counts = `${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`
    this.push(`\n${counts} in ${seconds(time)}\n`)
  }

  /** @override */
  _transform(
    /** @type {Buffer} */ chunk,
    /** @type {unknown} */ _,
    /** @type {() => void} */ done
  ) {
    this.#parser.write(chunk)
    done()
  }

  /** @override */
  _flush(/** @type {() => void} */ done) {
    this.#parser.end()
    done()
  }
}

/**
 * Collects the results of a test and of those in it.
 *
 * @param {Parser} parser
 * @param {Outcome} outcome of the file
 * @param {string[]} path the names of the tests around it
 */
function watch(parser, outcome, path = []) {
  let failures = outcome.failures.length
  parser.on('child', (child) => {
    failures = outcome.failures.length
    watch(child, outcome, [...path, child.name])
  })
  parser.on('assert', (result) => {
    // A test has failed for a reason of its own if none in it has, for example when it timed out.
    const isExplained = result.ok || outcome.failures.length > failures
    if (!result.closingTestPoint || !isExplained)
      outcome.add([...path, result.name].join(' > '), result)
  })
  parser.on('comment', (comment) => {
    if (!OF_TAP.test(comment)) outcome.comments.push(comment.trim().replace(/^# /, ''))
  })
}

module.exports = Reporter
