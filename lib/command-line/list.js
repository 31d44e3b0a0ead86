// `osh-ifaddrs list`: the interfaces as a table, or the result of networkInterfaces() as JSON.
'use strict'

const { bitsOf, load, parseSources, supported } = require('../addon/load')
const { append } = require('../results/layout')
const { nativeListing, toListing } = require('../results/listing')
const { describeStdout, print } = require('./output')
const { align, makeTerminal, printable, widthOf, wrap } = require('./terminal')

/** @typedef {import('../results/listing').Address} Address */
/** @typedef {import('../results/listing').Interface} Interface */
/** @typedef {import('../results/listing').Listing} Listing */
/** @typedef {import('./terminal').Terminal} Terminal */

const HEADINGS = ['NAME', 'STATE', 'MAC', 'ADDRESS', 'SOURCE', 'NOTES']

/** @param {Interface} link */
function linkCells({ name, state, mac }) {
  return [printable(name), state, mac ?? '-']
}

/** @param {Address} address */
function addressCells({ cidr, source, notes }) {
  return [cidr, source, notes.join(', ')]
}

/**
 * @param {Interface[]} links
 * @param {Terminal} terminal
 */
function formatTable(links, { style }) {
  const rows = links.flatMap((link) =>
    link.addresses.map((address, i) => [
      ...(i === 0 ? linkCells(link) : ['', '', '']),
      ...addressCells(address)
    ])
  )
  const [headings, ...lines] = align([HEADINGS, ...rows])
  return [style('bold', headings), ...lines]
}

/**
 * For terminals narrower than the table.
 *
 * @param {Interface[]} links
 * @param {Terminal} terminal
 */
function formatList(links, { columns, style }) {
  return links.flatMap((link) => {
    const [name, ...rest] = linkCells(link)
    const lines = align(link.addresses.map(addressCells))
    return [
      `${style('bold', name)}  ${rest.join('  ')}`,
      ...lines.map((line) => wrap(line, columns, '  ', '      '))
    ]
  })
}

/** @param {Listing} listing */
function formatFootnotes({ interrupted, missing, omitted }) {
  const names = { ipv4: 'IPv4 addresses', ipv6: 'IPv6 addresses', links: 'Link properties' }
  const change = 'The addresses changed during each read. Some may be missing.'
  return [
    ...(interrupted ? [change] : []),
    ...missing.map((fact) => `${names[fact]} are unknown: no source reports them.`),
    ...omitted.map(({ name, address }) => `Omitted: ${address} (${printable(name)}), link unknown.`)
  ]
}

/**
 * @param {import('../index').SourceName[]} [sources]
 * @returns {string}
 */
function formatListing(sources) {
  const listing = supported
    ? toListing(load().read(bitsOf(sources), true, append))
    : nativeListing()
  const terminal = makeTerminal(describeStdout(), process.env)
  const table = formatTable(listing.interfaces, terminal)
  const fits = table.every((line) => widthOf(line) <= terminal.columns)
  const lines = fits ? table : formatList(listing.interfaces, terminal)
  return [...lines, ...formatFootnotes(listing), ''].join('\n')
}

/**
 * @param {{ json?: boolean }} options
 * @returns {number} exit status
 */
function list({ json }) {
  const sources = parseSources(process.env.OSH_IFADDRS_SOURCES)
  const text = json
    ? `${JSON.stringify(require('../index').networkInterfaces({ sources }), null, 2)}\n`
    : formatListing(sources)
  print(text)
  return 0
}

module.exports = list
