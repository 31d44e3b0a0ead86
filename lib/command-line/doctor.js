// `osh-ifaddrs doctor`: prints the doctor's report as text or as JSON.
'use strict'

const { isAlone } = require('../doctor/evidence')
const { neverReturns } = require('../doctor/process')
const { makeReport } = require('../doctor/report')
const { SANDBOXES } = require('../doctor/sandboxes')
const { describeStdout, print } = require('./output')
const { makeTerminal, printable, toJson, wrap } = require('./terminal')

/** @typedef {import('../doctor/report').Report} Report */
/** @typedef {import('./terminal').Terminal} Terminal */
/** @typedef {import('./terminal').Style} Style */
/** @typedef {import('../index').SourceReport} SourceReport */
/** @typedef {import('../index').SourceStatus} SourceStatus */
/** @typedef {import('../index').Fact} Fact */

/** @type {Record<SourceStatus, { label: string, colour: Style }>} */
const STATUSES = {
  answered: { label: 'answered', colour: 'green' },
  partial: { label: 'partial', colour: 'yellow' },
  denied: { label: 'denied', colour: 'red' },
  absent: { label: 'absent', colour: 'yellow' },
  failed: { label: 'failed', colour: 'red' },
  skipped: { label: 'not asked', colour: 'dim' }
}

/** @type {Record<Fact, string>} */
const FACTS = { links: 'links', ipv4: 'IPv4', ipv6: 'IPv6' }

const CERTAINTIES = { high: 'almost certainly', medium: 'probably', low: 'possibly' }

/** For what has another name in a sentence. @type {Record<string, string | undefined>} */
const TITLES = {
  ...Object.fromEntries(SANDBOXES.map(({ name, title }) => [name, title])),
  seccomp: 'a seccomp filter',
  kernel: 'the kernel itself',
  shortage: 'a shortage, not a policy',
  Node: 'Node itself'
}

/** @param {string[]} items */
function enumerate(items) {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`
}

/**
 * procfs alone can report only IPv6. That is not a failure.
 *
 * @param {SourceReport} source
 */
function isAllItCan({ status, syscall }) {
  return status === 'partial' && syscall === null
}

/** @param {SourceReport} source */
function formatOutcome(source) {
  const { status, syscall, errno, code, facts } = source
  const provided = `reports ${enumerate(facts.map((fact) => FACTS[fact])) || 'nothing'}`
  if (isAllItCan(source)) return `${provided}, which is all it can report`
  if (syscall === null) return status === 'absent' ? 'this kernel does not have it' : provided
  const refusal = `${syscall} failed with ${code} (errno ${errno})`
  return facts.length === 0 ? refusal : `${provided}; but ${refusal}`
}

/**
 * @param {SourceReport} source
 * @param {Terminal} terminal
 */
function formatSource(source, { width, style }) {
  const { label, colour } = STATUSES[isAllItCan(source) ? 'answered' : source.status]
  const head = `  ${source.name.padEnd(10)} ${style(colour, label.padEnd(9))} `
  return wrap(formatOutcome(source), width, head)
}

/** @param {Report} report */
function formatNative({ native, active, mechanism, addonError }) {
  const addon = addonError === null ? [] : [`this package does not work: ${printable(addonError)}`]
  if (native.works === null)
    return ['it was not called, because OSH_IFADDRS_SOURCES is set', ...addon]
  if (neverReturns(native))
    return [`it never returns, and was not called: ${native.message}`, ...addon]
  const errno = native.code === null ? '' : ` with ${native.code} (errno ${native.errno})`
  if (!native.works) return [`it fails${errno}: ${printable(`${native.message}`)}`, ...addon]
  const works =
    active.preload && mechanism !== null
      ? 'it works because of the preload library, and would fail without it'
      : 'it works'
  return [works, ...addon]
}

/** @param {Report} report */
function formatActive({ active: { register, preload, always, sources, lastResort, variables } }) {
  const effects = { NODE_OPTIONS: register, LD_PRELOAD: preload }
  const idle = variables.filter((name) => !effects[/** @type {keyof effects} */ (name)])
  const loaded = [
    ...(register ? ['register is active, also in Node programs started like this one'] : []),
    ...(preload ? ['the preload library is loaded'] : [])
  ]
  return [
    ...(loaded.length === 0 ? ['neither register nor the preload library is active'] : loaded),
    ...(always ? ['OSH_IFADDRS_MODE=always skips the native function'] : []),
    ...(sources === null ? [] : [`OSH_IFADDRS_SOURCES allows only ${enumerate(sources)}`]),
    ...(lastResort ? ['OSH_IFADDRS_LAST_RESORT=empty returns {} if nothing answers'] : []),
    ...idle.map((name) => `${name} names this package but has no effect here`)
  ]
}

/** @param {{ name: string, address: string }} place */
function formatPlace({ name, address }) {
  return `${address} (${printable(name)})`
}

/** @param {Report} report */
function formatFacts(report) {
  const { shortage, facts, inferred, omitted } = report
  const unknown = shortage === null ? 'unknown, no source reports it' : 'unknown in this shortage'
  const lines = Object.entries(facts).map(([fact, source]) => {
    const name = FACTS[/** @type {Fact} */ (fact)]
    return `${name}: ${source === null ? unknown : `from ${source}`}`
  })
  for (const property of new Set(inferred.map((inference) => inference.property))) {
    const places = inferred.filter((inference) => inference.property === property)
    const state = property === 'mac' ? 'unknown, shown as zeros' : 'inferred'
    lines.push(`${property} ${state}: ${enumerate(places.map(formatPlace))}`)
  }
  if (isAlone(report.evidence) && report.status !== 0) lines.push(ALONE)
  return [...lines, ...omitted.map((place) => `omitted, link unknown: ${formatPlace(place)}`)]
}

/** @param {Report} report */
function formatEvidence({ evidence, sources, addonError }) {
  // Other platforms have no sources and none of these restrictions.
  if (sources.length === 0 && addonError === null) return []
  const { seccomp, seccompFilters, noNewPrivileges, label, accessWithoutOpen } = evidence
  const modes = ['no seccomp', 'strict seccomp', 'a seccomp filter']
  const count = seccompFilters !== null && seccompFilters > 1 ? ` (${seccompFilters} of them)` : ''
  const mode = seccomp === null ? 'seccomp unknown' : `${modes[seccomp] ?? seccomp}${count}`
  const privileges =
    noNewPrivileges === null ? 'unknown' : noNewPrivileges ? 'forbidden' : 'allowed'
  const confinement = label === null ? 'no label' : `label ${printable(label)}`
  const restriction =
    `Landlock or AppArmor restricts files: access(${accessWithoutOpen}) succeeds, open() fails. ` +
    'Such a restriction does not refuse sockets.'
  return [
    `${mode}, new privileges ${privileges}, ${confinement}`,
    ...(accessWithoutOpen === null ? [] : [restriction])
  ]
}

/** @param {Report} report */
function formatCauses({ refusedCall, mechanism, suspects }) {
  const call =
    refusedCall === null
      ? []
      : [`the call: ${refusedCall.syscall}, with ${refusedCall.code} (errno ${refusedCall.errno})`]
  const causes = [...(mechanism === null ? [] : [mechanism]), ...suspects]
  const by = causes.map(({ name, certainty, because }) => {
    const reasons = because.map(printable).join('; ')
    if (name === 'unknown') return `unknown: ${reasons}`
    return `${CERTAINTIES[certainty]} ${TITLES[name] ?? name}: ${reasons}`
  })
  return [...call, ...by]
}

/** @param {Report} report */
function formatSubject({ native }) {
  const outcome =
    native.works === null ? 'is not called' : neverReturns(native) ? 'never returns' : 'fails'
  return `os.networkInterfaces() ${outcome} here`
}

const ALONE = 'This network namespace has only lo: there is no other link to report.'

/** @param {import('../doctor/remedies').Remedy | undefined} remedy */
function formatCommand(remedy) {
  if (remedy === undefined) return 'The last section says what the policy must allow.'
  return remedy.change === null ? remedy.text : `    ${printable(remedy.change)}`
}

/**
 * The answer, and the command to type.
 *
 * @param {Report} report
 * @returns {[Style, string, string]}
 */
function formatVerdict(report) {
  const { status, replaced, addonError, shortage, remedies } = report
  const subject = formatSubject(report)
  if (status === 0) {
    return [
      'green',
      'os.networkInterfaces() works here.',
      isAlone(report.evidence) ? ALONE : 'Nothing to do.'
    ]
  }
  if (replaced) return ['green', `${subject}, and this package answers instead.`, 'Nothing to do.']
  const first = remedies.find(({ owner }) => owner === 'this process')
  const command = formatCommand(first)
  if (first?.change === null) return ['yellow', `${subject}. This package can answer.`, command]
  if (status === 1) return ['yellow', `${subject}. This command makes it answer:`, command]
  if (addonError !== null)
    return [
      'red',
      `${subject}, and this package cannot be loaded.`,
      first ? command : 'The first section says why.'
    ]
  const neither = 'Neither os.networkInterfaces() nor this package answers here'
  return shortage === null
    ? ['red', `${neither}.`, command]
    : [
        'red',
        `${neither}: a shortage.`,
        `${shortage.syscall} failed with ${shortage.code}. Raise the exhausted limit.`
      ]
}

/** @param {Report} report */
function formatListen({ status, listen }) {
  if (listen === null) return []
  const fails = status === 1 ? 'still fails' : 'fails, too'
  return [`A server ${fails}: it cannot listen (${listen.code}). The policy must change.`]
}

/**
 * @param {import('../doctor/remedies').Remedy} remedy
 * @param {number} width
 */
function formatRemedy({ owner, text, change, tested }, width) {
  const lines = change === null ? [] : change.split('\n').map((line) => `      ${printable(line)}`)
  const note = tested ? '' : owner === 'this process' ? ' (Not tried.)' : ' (Not tested.)'
  return [wrap(`${TITLES[owner] ?? owner}: ${text}${note}`, width, '  '), ...lines]
}

/**
 * @param {Report} report
 * @param {Terminal} terminal
 * @returns {string}
 */
function formatReport(report, terminal) {
  const { width, style } = terminal
  const [colour, verdict, command] = formatVerdict(report)
  /** @param {string[]} lines */
  const indent = (lines) => lines.map((line) => wrap(line, width, '  '))
  const sources = report.sources.map((source) => formatSource(source, terminal))
  /** @type {[string, string[]][]} */
  const sections = [
    ['os.networkInterfaces()', indent([...formatNative(report), ...formatActive(report)])],
    ['Sources, each asked alone', sources],
    ['What is known', sources.length === 0 ? [] : indent(formatFacts(report))],
    ['Restrictions on this process', indent(formatEvidence(report))],
    [report.status === 0 ? 'Why only lo' : 'What refuses', indent(formatCauses(report))],
    [
      report.replaced ? 'What else can be done' : 'What to do',
      report.remedies.flatMap((remedy) => formatRemedy(remedy, width))
    ]
  ]
  const used = sections.filter(([, lines]) => lines.length > 0)
  return [
    style(colour, wrap(verdict, width)),
    command.startsWith('    ') ? command : wrap(command, width),
    ...formatListen(report).map((line) => wrap(line, width)),
    ...used.flatMap(([title, lines]) => ['', style('bold', title), ...lines]),
    ''
  ].join('\n')
}

/**
 * @param {{ json?: boolean }} options
 * @returns {Promise<number>} exit status
 */
async function doctor({ json }) {
  const report = await makeReport(process.env)
  const terminal = makeTerminal(describeStdout(), process.env)
  print(json ? `${toJson(report)}\n` : formatReport(report, terminal))
  return report.status
}

module.exports = doctor
