'use strict'

// The two tables of docs/interfaces.md, row by row: which source reports which property, and what interfaces() lacks
// in which sandbox. What rtnetlink reports is the reference; test/behaviour/interfaces.test.js checks the rest.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { makeEveryProperty } = require('../support/every-property')
const { projectRoot } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')

skipWithout(t, '/dev/net/tun')

/** @typedef {import('../../lib/index').Interface} Interface */

const page = fs.readFileSync(path.join(projectRoot, 'docs/interfaces.md'), 'utf8')
const read = (options) =>
  `console.log(JSON.stringify(require('osh-ifaddrs').interfaces(${options})))`

/** The launcher's options, by the rows of the second table: each list is a sandbox. */
const SANDBOXES = {
  nothing: [[]],
  '`socket(AF_NETLINK)`': [deny('netlink')],
  'that and `socket(AF_INET)`': [deny('netlink,inet')],
  'that and `socket(AF_INET6)`, or every `socket()`': [deny('netlink,inet,inet6'), deny('all')],
  'that and `socketpair()`': [[...deny('all'), '--deny-socketpair']],
  '`socket(AF_NETLINK)` and `/proc`': [[...deny('netlink'), '--no-path', '/proc']]
}

/** @param {string} families */
function deny(families) {
  return ['--deny-family', families]
}

/** The rows of the table with these columns. */
function readTable(columns) {
  const heading = new RegExp(`^\\| ${columns.join(' +\\| ')} +\\|\\n.*\\n`, 'm')
  const rows = page.split(heading)[1].split('\n\n')[0].trim().split('\n')
  return rows.map((row) => {
    const cells = row.split('|').slice(1, -1)
    return Object.fromEntries(cells.map((cell, i) => [columns[i], cell.trim()]))
  })
}

const namesIn = (cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name)
const hasFamily = (family) => (link) => link.addresses.some((each) => each.family === family)
const addressesOf = (links, family) =>
  links.flatMap((link) => link.addresses.filter((each) => each.family === family))

/** The links, or the addresses of a family, by what identifies each. */
const itemsOf = (links, of) =>
  new Map(
    of === 'link'
      ? links.map((link) => [link.index, link])
      : addressesOf(links, of).map((each) => [each.address, each])
  )

/** What cells say of all items: given what the source found and what there is, whether they are right. */
const WHICH = {
  yes: () => true,
  no: () => false,
  'partly: those with an IPv4 address': hasFamily('IPv4'),
  'partly: those with an IPv6 address': hasFamily('IPv6')
}

const IOCTL_LACKS = ['lower-up', 'dormant', 'echo']
const IF_INET6_LACKS = ['managetempaddr', 'noprefixroute', 'mcautojoin', 'stable-privacy']
const without = (flags, lacking) => flags.filter((flag) => !lacking.includes(flag))

const reported = (value) => ({ value, isInferred: false })
const inferred = (value) => ({ value, isInferred: true })

/** What cells say of a value: given the value there is, and the link or address that was found. */
const VALUES = {
  yes: reported,
  no: () => reported(null),
  'partly: `dormant` is `no-carrier`, inferred': (value) =>
    ['dormant', 'no-carrier'].includes(value) ? inferred('no-carrier') : reported(value),
  'partly: of 14 bytes at most': (value) =>
    reported(value === null || value.split(':').length > 14 ? null : value),
  'partly: not `lower-up`, `dormant`, `echo`': (value) => reported(without(value, IOCTL_LACKS)),
  'partly: the first eight, to `permanent`': (value) => reported(without(value, IF_INET6_LACKS)),
  'inferred: the link with the index 1': (_, { index }) => inferred(index === 1),
  // No route of the network shows that a link has no carrier.
  'inferred: `up`, or `down` if the routes show that': (value) =>
    inferred(value === 'down' ? 'down' : 'up')
}

/** Values that the network must have, so that each cell can be distinguished. */
const VARIETY = { state: ['up', 'dormant', 'no-carrier', 'down'], internal: [true, false] }

const sourceRows = readTable(['of', 'property', 'rtnetlink', 'ioctl', 'procfs'])
const sandboxRows = readTable(['the sandbox refuses', 'null', 'inferred', 'missing'])

/** @type {import('../support/namespace').Namespace} */
let ns
/** @type {Interface[]} */
let all

/** @returns {Interface[]} */
function interfaces(t, options, launch) {
  const { status, stdout, stderr } = ns.node(read(options), { launch })
  t.strictSame({ status, stderr }, { status: 0, stderr: '' }, 'it runs')
  return JSON.parse(stdout)
}
const bySources = (t, ...sources) => interfaces(t, JSON.stringify({ sources }))

t.before(async () => {
  ns = await makeEveryProperty(t, 'interfaces')
  all = bySources(t, 'rtnetlink')
})

t.test('the tables have each property once, and each has a value in this network', async (t) => {
  const [link] = all
  const address = link.addresses[0]
  const known = {
    link: Object.keys(link).filter((name) => !['addresses', 'inferred'].includes(name)),
    IPv4: Object.keys(address).filter((name) => !['family', 'scopeid', 'inferred'].includes(name)),
    IPv6: Object.keys(address).filter(
      (name) => !['family', 'label', 'broadcast', 'inferred'].includes(name)
    )
  }
  for (const [of, names] of Object.entries(known)) {
    const rows = sourceRows.filter((row) => row.of === of)
    t.match(rows[0].property, /^which (links|addresses)$/, of)
    t.strictSame(
      rows.flatMap(({ property }) => namesIn(property)),
      names,
      of
    )
    const items = [...itemsOf(all, of).values()]
    for (const name of names) {
      const values = items.map((item) => item[name]).filter((value) => value !== null)
      t.ok(values.length > 0, `${of}: ${name}`)
      for (const value of VARIETY[name] ?? []) t.ok(values.includes(value), `${name}: ${value}`)
    }
  }
  const described = [...page.split('\n## Which ')[0].matchAll(/^\| ((`\w+`(, )?)+) +\|/gm)]
  t.strictSame(
    described.flatMap(([, cell]) => namesIn(cell)),
    [...Object.keys(link), ...Object.keys(address)]
  )
})

/**
 * Asserts that a source found what a row says.
 *
 * @param {import('tap').Test} t
 * @param {{ of: string, property: string }} row
 * @param {string} cell
 * @param {Interface[]} found
 */
function checkRow(t, { of, property }, cell, found) {
  const expected = itemsOf(all, of)
  const items = itemsOf(found, of)
  if (property.startsWith('which')) {
    t.type(WHICH[cell], 'function', cell)
    const keys = [...expected].filter(([, item]) => WHICH[cell](item)).map(([key]) => key)
    t.strictSame([...items.keys()].sort(), keys.sort(), `${of}: ${property}: ${cell}`)
    return
  }
  t.type(VALUES[cell], 'function', cell)
  if (items.size === 0) t.equal(cell, 'no', `${of}: ${property}: nothing is found`)
  const wrong = []
  for (const [key, item] of items)
    for (const name of namesIn(property)) {
      const actual = { value: item[name], isInferred: item.inferred.includes(name) }
      const claimed = VALUES[cell](expected.get(key)[name], item)
      if (JSON.stringify(actual) !== JSON.stringify(claimed)) wrong.push([key, name, item[name]])
    }
  t.strictSame(wrong, [], `${of}: ${property}: ${cell}`)
}

for (const source of ['rtnetlink', 'ioctl', 'procfs']) {
  t.test(`${source} alone`, async (t) => {
    const found = bySources(t, source)
    for (const row of sourceRows) checkRow(t, row, row[source], found)
  })
}

t.test('ioctl and procfs: every link, and of each what one of them reports', async (t) => {
  t.match(page, 'ioctl and procfs together report every link')
  const found = bySources(t, 'ioctl', 'procfs')
  for (const row of sourceRows)
    checkRow(
      t,
      row,
      row.property === 'which links' ? 'yes' : row[row.of === 'IPv6' ? 'procfs' : 'ioctl'],
      found
    )
  t.strictSame(interfaces(t, '', deny('netlink')), found, 'the same if netlink is refused')
})

t.test('alternativeNames shows whether rtnetlink reported a link', async (t) => {
  t.match(page, 'If rtnetlink did not report the link, `alternativeNames` is null')
  t.notOk(all.some(({ alternativeNames }) => alternativeNames === null))
  for (const { alternativeNames, kind } of bySources(t, 'ioctl', 'procfs'))
    t.strictSame({ alternativeNames, kind }, { alternativeNames: null, kind: null })
})

/** The properties in a cell, as `link name` or `IPv4 peer`. `these` are those of the row above. */
const propertiesIn = (cell, above) =>
  cell.split('; ').flatMap((part) => {
    const of = /^IPv[46]/.exec(part)?.[0] ?? 'link'
    return part === 'these' ? above : namesIn(part).map((name) => `${of} ${name}`)
  })

/** What is missing, by the cells of the second table. */
const MISSING = {
  '–': () => false,
  'IPv4 addresses; links without an IPv6 address': (link, { family }) =>
    family === 'IPv4' || !hasFamily('IPv6')(link),
  'IPv6 addresses; links without an IPv4 address': (link, { family }) =>
    family === 'IPv6' || !hasFamily('IPv4')(link)
}

/** The links and addresses of which `isMissing` is false, by name. */
const summary = (links, isMissing = MISSING['–']) =>
  links
    .filter((link) => !isMissing(link, {}))
    .map((link) => [link.name, link.addresses.filter((each) => !isMissing(link, each))])
    .map(([name, addresses]) => [name, addresses.map(({ address }) => address).sort()])

/** The properties that are null of every item, and have a value of one; and those that are inferred of one. */
function findGaps(found, of) {
  const expected = itemsOf(all, of)
  const items = [...itemsOf(found, of)]
  const isNull = (name) =>
    items.every(([, item]) => item[name] === null) &&
    items.some(([key]) => expected.get(key)[name] !== null)
  const inferences = new Set(items.flatMap(([, item]) => item.inferred))
  return {
    null: Object.keys(items[0]?.[1] ?? {}).filter(isNull),
    inferred: [...inferences]
  }
}

const qualified = (of, names) => names.map((name) => `${of} ${name}`)

/** Asserts that a sandbox has the gaps that a row says. */
function checkSandbox(t, { missing, claimed }, launch) {
  const found = interfaces(t, '', launch)
  t.strictSame(summary(found), summary(all, MISSING[missing]), 'missing')
  for (const of of ['link', 'IPv4', 'IPv6']) {
    if (itemsOf(found, of).size === 0) continue
    const gaps = findGaps(found, of)
    const ofThese = (list) => list.filter((name) => name.startsWith(of)).sort()
    t.strictSame(qualified(of, gaps.null).sort(), ofThese(claimed.null), `${of}: null`)
    t.strictSame(qualified(of, gaps.inferred).sort(), ofThese(claimed.inferred), `${of}: inferred`)
  }
  const isClaimed = ({ state }) =>
    claimed.inferred.includes('link state') && (!claimed.onlyNoCarrier || state === 'no-carrier')
  for (const link of found) t.equal(link.inferred.includes('state'), isClaimed(link), link.name)
}

let above = { null: [], inferred: [], onlyNoCarrier: false }
for (const row of sandboxRows) {
  const claimed = {
    null: propertiesIn(row.null, above.null),
    inferred: propertiesIn(row.inferred, above.inferred),
    onlyNoCarrier: row.inferred.startsWith('these')
      ? above.onlyNoCarrier
      : row.inferred.includes('if it is `no-carrier`')
  }
  above = claimed
  const refused = row['the sandbox refuses']
  for (const launch of SANDBOXES[refused]) {
    const skip = launch.includes('--no-path') ? requirements('landlock') : false
    t.test(`the sandbox refuses ${refused}`, { skip }, async (t) =>
      checkSandbox(t, { claimed, missing: row.missing }, launch)
    )
  }
}

t.test('each sandbox has a row', async (t) => {
  t.strictSame(
    sandboxRows.map((row) => row['the sandbox refuses']),
    Object.keys(SANDBOXES)
  )
})
