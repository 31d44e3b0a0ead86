// `osh-ifaddrs`: the interfaces as people want to read them, or what networkInterfaces() gives as JSON.
'use strict'

const { readListing } = require('../results/listing')
const { align, describeTerminal, printable, widthOf, wrap } = require('./terminal')

/** @typedef {import('../results/listing').Address} Address */
/** @typedef {import('../results/listing').Interface} Interface */
/** @typedef {import('../results/listing').Listing} Listing */
/** @typedef {import('./terminal').Terminal} Terminal */

const HEADINGS = ['NAME', 'STATE', 'MAC', 'ADDRESS', 'SOURCE', 'NOTES']

/** @param {Interface} link */
function describeLink({ name, state, mac }) {
  return [printable(name), state, mac ?? '-']
}

/** @param {Address} address */
function describeAddress({ cidr, source, notes }) {
  return [cidr, source, notes.join(', ')]
}

/** @param {Interface} link */
function makeRows(link) {
  const [first, ...others] = link.addresses.map(describeAddress)
  return [[...describeLink(link), ...first], ...others.map((address) => ['', '', '', ...address])]
}

/**
 * @param {Interface[]} links
 * @param {Terminal} terminal
 */
function makeTable(links, { style }) {
  const [headings, ...lines] = align([HEADINGS, ...links.flatMap(makeRows)])
  return [style('bold', headings), ...lines]
}

/**
 * For terminals that the table is too wide for.
 *
 * @param {Interface[]} links
 * @param {Terminal} terminal
 */
function makeList(links, { columns, style }) {
  return links.flatMap((link) => {
    const [name, ...rest] = describeLink(link)
    const addresses = align(link.addresses.map(describeAddress))
    const lines = addresses.map((line) => wrap(line, columns, '  ', '      '))
    return [`${style('bold', name)}  ${rest.join('  ')}`, ...lines]
  })
}

/** @param {Listing} listing */
function makeFootnotes({ interrupted, missing, omitted }) {
  const names = { ipv4: 'IPv4 addresses', ipv6: 'IPv6 addresses', links: 'Facts about links' }
  const change = 'The addresses changed each time they were read: some may be missing.'
  return [
    ...(interrupted ? [change] : []),
    ...missing.map((fact) => `${names[fact]} are unknown: no source tells them here.`),
    ...omitted.map(
      ({ name, address }) => `${address} (${printable(name)}) is left out: its link is unknown.`
    )
  ]
}

/**
 * @param {{ json?: boolean }} options
 * @returns {number} exit status
 */
function list({ json }) {
  if (json) {
    const { networkInterfaces } = require('../index')
    process.stdout.write(`${JSON.stringify(networkInterfaces(), null, 2)}\n`)
    return 0
  }
  const listing = readListing()
  const terminal = describeTerminal(process.stdout, process.env)
  const table = makeTable(listing.interfaces, terminal)
  const fits = table.every((line) => widthOf(line) <= terminal.columns)
  const lines = fits ? table : makeList(listing.interfaces, terminal)
  process.stdout.write([...lines, ...makeFootnotes(listing), ''].join('\n'))
  return 0
}

module.exports = list
