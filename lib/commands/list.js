// `osh-ifaddrs`: the interfaces as a table for people, or as JSON for programs.
'use strict'

const { diagnose, networkInterfaces } = require('../index')
const { align, printable } = require('../table')

/** @typedef {import('node:os').NetworkInterfaceInfo} Entry */
/** @typedef {import('../index').Diagnosis} Diagnosis */

const HEAD = ['NAME', 'ADDRESS', 'FAMILY', 'MAC', 'NOTES']

const FACTS = { links: 'Facts about links', ipv4: 'IPv4 addresses', ipv6: 'IPv6 addresses' }

/**
 * Several entries may be of one name and address, on links or with prefix lengths of their own.
 *
 * @param {{ name: string, address: string }} of
 */
function keyOf({ name, address }) {
  return `${name} ${address}`
}

/**
 * @param {Diagnosis['inferred']} inferred
 * @returns {Map<string, string[]>} the marks of each entry
 */
function makeMarks(inferred) {
  const marks = new Map()
  for (const inference of inferred) {
    const key = keyOf(inference)
    const { property } = inference
    const mark = property === 'mac' ? 'mac unknown' : `${property} inferred`
    const known = marks.get(key) ?? []
    if (!known.includes(mark)) marks.set(key, [...known, mark])
  }
  return marks
}

/**
 * @param {string} name
 * @param {Entry} entry
 * @param {Map<string, string[]>} marks
 */
function makeRow(name, entry, marks) {
  const { address, cidr, family, mac, internal } = entry
  const notes = internal ? ['internal'] : []
  if (entry.family === 'IPv6' && entry.scopeid !== 0) notes.push(`scope id ${entry.scopeid}`)
  notes.push(...(marks.get(keyOf({ name, address })) ?? []))
  return [printable(name), cidr ?? address, family, mac, notes.join(', ')]
}

/** @param {Diagnosis} diagnosis */
function makeFootnotes({ missing, inferred, omitted }) {
  const notes = missing.map((fact) => `${FACTS[fact]} are unknown: no source tells them here.`)
  if (inferred.some(({ property }) => property !== 'mac')) {
    notes.push('Inferred values were concluded from routes and addresses, and may be wrong.')
  }
  for (const { name, address } of omitted) {
    notes.push(`${address} (${printable(name)}) is left out: its link is unknown.`)
  }
  return notes
}

function makeTable() {
  const result = networkInterfaces()
  const diagnosis = diagnose()
  const marks = makeMarks(diagnosis.inferred)
  const rows = Object.entries(result).flatMap(([name, entries = []]) =>
    entries.map((entry) => makeRow(name, entry, marks))
  )
  const footnotes = makeFootnotes(diagnosis)
  if (rows.length === 0) footnotes.unshift('No interface that is up and running has an address.')
  else footnotes.unshift(...align([HEAD, ...rows]), ...(footnotes.length === 0 ? [] : ['']))
  return footnotes.join('\n')
}

// JSON leaves these as they are, and a terminal may take them for commands.
const C1 = /[\u007f-\u009f]/g

function makeJson() {
  const json = JSON.stringify(networkInterfaces(), null, 2)
  return json.replace(C1, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
}

/** @param {boolean} json */
function list(json) {
  return json ? makeJson() : makeTable()
}

module.exports = { list }
