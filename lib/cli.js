#!/usr/bin/env node
// The command `osh-ifaddrs`: the interfaces as a table for people, or as JSON for programs.
'use strict'

const { parseArgs } = require('node:util')
const { version } = require('../package.json')

/** @typedef {import('node:os').NetworkInterfaceInfo} Entry */

const HELP = `Usage: osh-ifaddrs [--json]

Shows the network interfaces that are up and running, read from whatever the
sandbox leaves open.

  --json     print what networkInterfaces() gives, as JSON
  --help     show this text
  --version  show the version

Exit status: 0, 1 when no source tells the interfaces, 2 when the command line
is not understood.
`

/** A command line that is not understood. */
class UsageError extends Error {}

function parse() {
  try {
    return parseArgs({
      options: {
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'V' }
      }
    }).values
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message)
  }
}

/**
 * Names come from whoever made the link: nothing in one may steer the terminal.
 *
 * @param {string} name
 */
function printable(name) {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = /** @type {number} */ (character.codePointAt(0))
    return `\\u{${code.toString(16)}}`
  })
}

/**
 * @param {string} name
 * @param {Entry} entry
 * @param {import('./index').Inference[]} inferred
 */
function makeRow(name, entry, inferred) {
  const marks = inferred
    .filter((inference) => inference.name === name && inference.address === entry.address)
    .map(({ property }) => (property === 'mac' ? 'mac unknown' : `${property} inferred`))
  const notes = entry.internal ? ['internal'] : []
  if (entry.family === 'IPv6' && entry.scopeid !== 0) notes.push(`scope id ${entry.scopeid}`)
  return [printable(name), entry.cidr ?? entry.address, entry.mac, [...notes, ...marks].join(', ')]
}

/** @param {string[][]} rows */
function align(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => [...row[column]].length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(widths[column] - [...cell].length))
      .join('  ')
      .trimEnd()
  )
}

/** @param {import('./index').Diagnosis} diagnosis */
function makeFootnotes({ missing, omitted }) {
  const names = { ipv4: 'IPv4 addresses', ipv6: 'IPv6 addresses', links: 'Facts about links' }
  return [
    ...missing.map((fact) => `${names[fact]} are unknown: no source tells them here.`),
    ...omitted.map(
      ({ name, address }) => `${address} (${printable(name)}) is left out: its link is unknown.`
    )
  ]
}

function showTable() {
  const { networkInterfaces, diagnose } = require('./index')
  const result = networkInterfaces()
  const diagnosis = diagnose()
  const rows = Object.entries(result).flatMap(([name, entries = []]) =>
    entries.map((entry) => makeRow(name, entry, diagnosis.inferred))
  )
  const table = align([['NAME', 'ADDRESS', 'MAC', 'NOTES'], ...rows])
  return [...table, ...makeFootnotes(diagnosis), ''].join('\n')
}

function answer() {
  const values = parse()
  if (values.help) return HELP
  if (values.version) return `${version}\n`
  if (values.json) return `${JSON.stringify(require('./index').networkInterfaces(), null, 2)}\n`
  return showTable()
}

function main() {
  // A reader that has seen enough, such as head(1), is no error.
  process.stdout.on('error', (error) => {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error
  })
  try {
    process.stdout.write(answer())
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    const usage = error instanceof UsageError
    process.stderr.write(`osh-ifaddrs: ${message}\n`)
    if (usage) process.stderr.write('Try osh-ifaddrs --help.\n')
    process.exitCode = usage ? 2 : 1
  }
}

main()
