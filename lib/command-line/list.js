// `osh-ifaddrs list`: every link as a table, or the result of interfaces() as JSON.
'use strict'

const { bitsOf, load, parseSources, supported } = require('../addon/load')
const { append } = require('../results/layout')
const { nativeListing, toListing } = require('../results/listing')
const { describeStdout, print } = require('./output')
const { align, makeTerminal, printable, toJson, widthOf, wrap } = require('./terminal')

/** @typedef {import('../index').Interface} Interface */
/** @typedef {import('../index').InterfaceAddress} Address */
/** @typedef {import('../results/listing').Listing} Listing */
/** @typedef {import('./terminal').Terminal} Terminal */

const HEADINGS = ['NAME', 'STATE', 'MAC', 'MTU', 'ADDRESS', 'SOURCE', 'NOTES']
const NO_ADDRESS = ['-', '-']

/** @param {Interface} link */
function linkCells({ name, state, mac, mtu }) {
  const shown = state === null ? 'unknown' : state.replace('-', ' ')
  return [printable(name), shown, mac ?? '-', String(mtu ?? '-')]
}

/** @param {Interface} link */
function linkNotes({ internal, inferred, alternativeNames }) {
  return [
    ...(internal ? ['loopback'] : []),
    ...(alternativeNames ?? []).map((name) => `also ${printable(name)}`),
    ...(inferred.includes('name') ? ['name inferred'] : []),
    ...(inferred.includes('state') ? ['state inferred'] : [])
  ]
}

/**
 * @param {Address} address
 * @param {string} name of its link
 */
function addressNotes({ label, peer, scopeid, flags, inferred }, name) {
  return [
    ...(label === null || label === name ? [] : [`label ${printable(label)}`]),
    ...(peer === null ? [] : [`peer ${peer}`]),
    ...(scopeid ? [`scope id ${scopeid}`] : []),
    // Nearly all addresses are permanent.
    ...(flags ?? []).filter((flag) => flag !== 'permanent'),
    ...(inferred.includes('prefixLength') ? ['prefix inferred'] : []),
    ...(inferred.includes('link') ? ['link inferred'] : [])
  ]
}

/**
 * The address, its source, and notes, among which the first row has those on the link.
 *
 * @param {Interface} link
 * @param {Listing} listing
 * @returns {string[][]}
 */
function addressRows(link, { ipv4, ipv6 }) {
  const own = linkNotes(link)
  if (link.addresses.length === 0) return [[...NO_ADDRESS, own.join(', ')]]
  return link.addresses.map((address, i) => {
    const notes = [...(i === 0 ? own : []), ...addressNotes(address, link.name)]
    return [
      address.cidr ?? address.address,
      address.family === 'IPv4' ? ipv4 : ipv6,
      notes.join(', ')
    ]
  })
}

/**
 * @param {Listing} listing
 * @param {Terminal} terminal
 */
function formatTable(listing, { style }) {
  const rows = listing.interfaces.flatMap((link) =>
    addressRows(link, listing).map((cells, i) => [
      ...(i === 0 ? linkCells(link) : ['', '', '', '']),
      ...cells
    ])
  )
  const [headings, ...lines] = align([HEADINGS, ...rows])
  return [style('bold', headings), ...lines]
}

/**
 * For terminals narrower than the table.
 *
 * @param {Listing} listing
 * @param {Terminal} terminal
 */
function formatList(listing, { columns, style }) {
  return listing.interfaces.flatMap((link) => {
    const [name, ...rest] = linkCells(link)
    const rows = addressRows(link, listing)
    return [
      wrap([style('bold', name), ...rest].join('  '), columns, '', '  '),
      ...rows.map((cells) => wrap(cells.filter(Boolean).join('  '), columns, '  ', '      '))
    ]
  })
}

/** @param {Listing} listing */
function formatFootnotes({ interrupted, partial, missing, omitted }) {
  const names = { ipv4: 'IPv4 addresses', ipv6: 'IPv6 addresses', links: 'Some link properties' }
  const change = 'The addresses changed during each read. Some may be missing.'
  return [
    ...(interrupted ? [change] : []),
    ...(partial ? ['Links without addresses are unknown: no source reports them.'] : []),
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
    ? toListing(load().readInterfaces(bitsOf(sources), append))
    : nativeListing()
  const terminal = makeTerminal(describeStdout(), process.env)
  const table = formatTable(listing, terminal)
  const fits = table.every((line) => widthOf(line) <= terminal.columns)
  const lines = fits ? table : formatList(listing, terminal)
  const notes = formatFootnotes(listing).map((line) => wrap(line, terminal.columns))
  return [...lines, ...notes, ''].join('\n')
}

/**
 * @param {{ json?: boolean }} options
 * @returns {number} exit status
 */
function list({ json }) {
  const sources = parseSources(process.env.OSH_IFADDRS_SOURCES)
  const text = json
    ? `${toJson(require('../index').interfaces({ sources }))}\n`
    : formatListing(sources)
  print(text)
  return 0
}

module.exports = list
