'use strict'

// Runs supervisor.c with a reader, and checks what each read returned.

const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { text } = require('node:stream/consumers')
const { projectRoot } = require('../launch')

/**
 * What undisturbed reads return without a change and with it.
 *
 * @typedef {{ before: string[], after: string[] }} Expected
 */

/**
 * @typedef {object} Outcome of the reads with one change
 * @property {Expected} expected
 * @property {number} reads with the change, each before another call
 * @property {number} wrong reads among them
 * @property {string[]} faults what is wrong with them
 */

/**
 * Without links whose hardware address is unknown, which cannot be distinguished.
 *
 * @param {string} output
 */
function toLines(output) {
  return output.split('\n').filter((line) => line !== '' && !line.startsWith('- '))
}

/** @param {string[]} lines */
function byAddress(lines) {
  /** @type {Map<string, string[]>} */
  const map = new Map()
  for (const line of lines) {
    const [address] = line.split(' ', 1)
    map.set(address, [...(map.get(address) ?? []), line])
  }
  return map
}

/**
 * What existed before, during and after a read must appear once, as it was before or after; nothing else may. What
 * undisturbed reads do not return, because a source is refused, need not appear.
 *
 * @param {Expected[]} expected by the reader, and by the native function where nothing is refused
 * @param {string[]} lines what the read returned
 * @returns {string[]} what is wrong
 */
function check(expected, lines) {
  const states = expected.flatMap(({ before, after }) => [byAddress(before), byAddress(after)])
  const found = byAddress(lines)
  const addresses = new Set([...states, found].flatMap((state) => [...state.keys()]))
  return [...addresses].flatMap((address) => {
    const known = states.map((state) => state.get(address) ?? [])
    const seen = found.get(address) ?? []
    const least = Math.min(...known.map((entries) => entries.length))
    const most = Math.max(...known.map((entries) => entries.length))
    const invented = seen.filter((line) => !known.flat().includes(line))
    return [
      ...invented.map((line) => `invented: ${line}`),
      ...(seen.length < least ? [`lost: ${known[0].join(' | ')}`] : []),
      ...(seen.length > most ? [`${seen.length} times: ${seen[0]}`] : [])
    ]
  })
}

/**
 * A reader that says that the network changed during each of its tries may return anything.
 *
 * @param {string[]} lines
 */
const saysSo = (lines) => lines.includes('# EINTR')

/**
 * @param {string} output of the supervisor
 * @returns {Generator<{ what: string, change: string, number: number, lines: string[] }>}
 */
function* parse(output) {
  for (let at = 0; at < output.length;) {
    const end = output.indexOf('\n', at)
    const [what, change, number, length] = output.slice(at, end).split(' ')
    at = end + 1 + Number(length)
    yield { what, change, number: Number(number), lines: toLines(output.slice(end + 1, at)) }
  }
}

/**
 * @param {string} output of the supervisor
 * @param {Record<string, Outcome>} truth see applyBetweenCalls()
 * @returns {Record<string, Outcome>} by change
 */
function toOutcomes(output, truth) {
  /** @type {Record<string, Outcome>} */
  const outcomes = {}
  for (const { what, change, number, lines } of parse(output)) {
    const outcome = (outcomes[change] ??= {
      expected: { before: [], after: [] },
      reads: 0,
      wrong: 0,
      faults: []
    })
    const { expected } = outcome
    if (what === 'before' || what === 'after') expected[what] = lines
    if (what === 'calls') outcome.reads = number
    const unchanged = { before: expected.before, after: expected.before }
    const states = what === 'again' ? [unchanged] : [expected, truth[change]?.expected ?? expected]
    if (!['result', 'again'].includes(what) || saysSo(lines)) continue
    const faults = check(states, lines)
    if (what === 'result' && faults.length > 0) outcome.wrong++
    outcome.faults.push(...faults.map((fault) => `${what} ${number}: ${fault}`))
  }
  return outcomes
}

/**
 * @param {import('./changes').Network} network
 * @param {string[]} reader a command
 * @param {Record<string, Outcome>} [truth] by change: of the native function, if something is refused
 * @returns {Promise<Record<string, Outcome>>} by change
 */
async function applyBetweenCalls({ ns, changes }, reader, truth = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'osh-races-'))
  for (const [name, { make, undo }] of Object.entries(changes)) {
    fs.writeFileSync(path.join(folder, `${name}.do`), [...make, ''].join('\n'))
    fs.writeFileSync(path.join(folder, `${name}.undo`), [...undo, ''].join('\n'))
  }
  const supervisor = path.join(projectRoot, 'test/build/supervisor')
  const child = ns.spawnCommand(supervisor, [folder, ...reader])
  const [stdout, stderr, [status]] = await Promise.all([
    text(/** @type {import('node:stream').Readable} */ (child.stdout)),
    text(/** @type {import('node:stream').Readable} */ (child.stderr)),
    once(child, 'close')
  ])
  fs.rmSync(folder, { recursive: true })
  if (status !== 0) throw new Error(`${reader.join(' ')}: ${stderr}`)
  return toOutcomes(stdout, truth)
}

module.exports = { applyBetweenCalls }
