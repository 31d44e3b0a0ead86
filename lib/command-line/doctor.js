// `osh-ifaddrs doctor`: prints the doctor's report as text or as JSON.
'use strict'

const { neverReturns } = require('../doctor/process')
const { makeReport } = require('../doctor/report')
const { makeTerminal, printable, wrap } = require('./terminal')

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

/** @type {Record<string, string>} */
const SUSPECTS = {
  seccomp: 'a seccomp filter',
  container: "the container's seccomp profile",
  systemd: "systemd's RestrictAddressFamilies=",
  kernel: 'the kernel itself',
  shortage: 'a shortage, not a policy'
}

/** @param {string[]} items */
function enumerate(items) {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`
}

/**
 * procfs alone can report only IPv6. That is no failure.
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
function formatNative({ native, active, mechanism }) {
  if (native.works === null) return 'was not called, because OSH_IFADDRS_SOURCES is set'
  if (neverReturns(native)) return `never returns, and was not called: ${native.message}`
  if (!native.works) return `fails with ${native.code} (errno ${native.errno}): ${native.message}`
  return active.preload && mechanism !== null
    ? 'works because of the preload library, and would fail without it'
    : 'works'
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
function formatFacts({ shortage, facts, inferred, omitted }) {
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
function formatSuspects({ mechanism, suspects }) {
  if (mechanism === null) return []
  return [mechanism, ...suspects].map(({ name, certainty, because }) => {
    const reasons = because.map(printable).join('; ')
    if (name === 'unknown') return `unknown: ${reasons}`
    return `${CERTAINTIES[certainty]} ${SUSPECTS[name] ?? name}: ${reasons}`
  })
}

/**
 * If the native function never returns, register answers only if it does not call it first, and the preload
 * library calls it in any case. With OSH_IFADDRS_SOURCES neither does, but then the outcome is not known.
 *
 * @param {Report} report
 * @returns {[Style, string]}
 */
function formatVerdict({ status, native, active, addonError, shortage }) {
  if (status === 0) {
    const addon = addonError === null ? '' : ` This package does not: ${addonError}`
    return ['green', `No problem: the native os.networkInterfaces() works.${addon}`]
  }
  const hangs = neverReturns(native)
  const outcome = native.works === null ? 'is not called' : hangs ? 'never returns' : 'fails'
  const subject = `The native os.networkInterfaces() ${outcome}`
  if (status === 2) {
    const cause =
      shortage === null
        ? 'no source reports the interfaces.'
        : `${shortage.syscall} failed with ${shortage.code}, a shortage.`
    const reason = addonError ?? cause
    const ours = outcome === 'fails' ? 'so does this package' : 'this package fails'
    return ['red', `${subject}, and ${ours}: ${reason}`]
  }
  const { register, preload, always } = active
  const replaced = hangs ? register && always : register || (native.works !== false && preload)
  return replaced
    ? ['green', `${subject}. This package answers instead.`]
    : ['yellow', `${subject}. This package can answer instead.`]
}

/**
 * @param {Report} report
 * @param {Terminal} terminal
 * @returns {string}
 */
function formatReport(report, terminal) {
  const { width, style } = terminal
  const [colour, verdict] = formatVerdict(report)
  /** @param {string[]} lines */
  const indent = (lines) => lines.map((line) => wrap(line, width, '  '))
  const sources = report.sources.map((source) => formatSource(source, terminal))
  const remedies = report.remedies.flatMap(({ owner, text, change }) => [
    wrap(`${owner}: ${text}`, width, '  '),
    ...(change === null ? [] : change.split('\n').map((line) => `      ${line}`))
  ])
  /** @type {[string, string[]][]} */
  const sections = [
    ['os.networkInterfaces()', indent([formatNative(report), ...formatActive(report)])],
    ['Sources, each asked alone', sources],
    ['What is known', sources.length === 0 ? [] : indent(formatFacts(report))],
    ['Restrictions on this process', indent(formatEvidence(report))],
    ['What refuses', indent(formatSuspects(report))],
    ['What to do', remedies]
  ]
  const used = sections.filter(([, lines]) => lines.length > 0)
  return [
    style(colour, wrap(verdict, width)),
    ...used.flatMap(([title, lines]) => ['', style('bold', title), ...lines]),
    ''
  ].join('\n')
}

/**
 * @param {{ json?: boolean }} options
 * @returns {number} exit status
 */
function doctor({ json }) {
  const report = makeReport(process.env)
  const terminal = makeTerminal(process.stdout, process.env)
  process.stdout.write(
    json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report, terminal)
  )
  return report.status
}

module.exports = doctor
