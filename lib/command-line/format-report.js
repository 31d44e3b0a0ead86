// The doctor's report in words. Says what is in the report and finds out nothing.
'use strict'

const { printable, wrap } = require('./terminal')

/** @typedef {import('../doctor/report').Report} Report */
/** @typedef {import('./terminal').Terminal} Terminal */
/** @typedef {import('./terminal').Style} Style */
/** @typedef {import('../index').SourceReport} SourceReport */
/** @typedef {import('../index').SourceStatus} SourceStatus */
/** @typedef {import('../index').Fact} Fact */

/** @type {Record<SourceStatus, { word: string, colour: Style }>} */
const STATUSES = {
  answered: { word: 'answered', colour: 'green' },
  partial: { word: 'partly', colour: 'yellow' },
  denied: { word: 'denied', colour: 'red' },
  absent: { word: 'absent', colour: 'yellow' },
  failed: { word: 'failed', colour: 'red' },
  skipped: { word: 'not asked', colour: 'dim' }
}

/** @type {Record<Fact, string>} */
const FACTS = { links: 'links', ipv4: 'IPv4', ipv6: 'IPv6' }

const SURENESS = { high: 'almost certainly', medium: 'probably', low: 'possibly' }

/** @type {Record<string, string>} */
const PHRASES = {
  seccomp: 'a seccomp filter',
  container: "the container's seccomp profile",
  systemd: "systemd's RestrictAddressFamilies=",
  kernel: 'the kernel itself',
  shortage: 'no policy, but a shortage'
}

/** @param {string[]} words */
function enumerate(words) {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}

/** @param {SourceReport} source */
function describeSource({ status, syscall, errno, code, facts }) {
  const refusal = syscall === null ? null : `${syscall} answered ${code} (errno ${errno})`
  const told = facts.length === 0 ? null : `tells ${enumerate(facts.map((fact) => FACTS[fact]))}`
  if (status === 'partial' && refusal === null) return `${told}, which is all that it knows`
  if (status === 'absent' && refusal === null) return 'this kernel does not have it'
  return [told, refusal].filter((part) => part !== null).join('; but ') || 'tells nothing'
}

/** @param {Report} report */
function describeNative({ native, active, mechanism }) {
  if (!native.works) {
    return `fails with ${native.code} (errno ${native.errno}): ${native.message}`
  }
  if (active.preload && mechanism !== null)
    return 'works by the preload library; without it, it would fail'
  return 'works'
}

/** @param {Report} report */
function describeActive({ active }) {
  const parts = []
  if (active.register)
    parts.push('register is active: Node programs started like this one are served')
  if (active.preload) parts.push('the preload library is loaded: so are all others')
  if (active.always) parts.push('OSH_IFADDRS_MODE=always skips the native function')
  const idle = active.variables.filter(
    (name) => !(name === 'NODE_OPTIONS' ? active.register : active.preload)
  )
  for (const name of idle) parts.push(`${name} names this package, but that had no effect here`)
  return parts.length === 0 ? ['neither register nor the preload library is active'] : parts
}

/** @param {Report} report */
function describeFacts({ facts, inferred, omitted }) {
  const lines = Object.entries(facts).map(([fact, source]) => {
    const name = FACTS[/** @type {Fact} */ (fact)]
    return source === null ? `${name}: unknown, no source tells` : `${name}: from ${source}`
  })
  const properties = [...new Set(inferred.map(({ property }) => property))]
  for (const property of properties) {
    const entries = inferred.filter((inference) => inference.property === property)
    const said = property === 'mac' ? 'unknown, shown as zeros' : 'inferred'
    const where = entries.map(({ name, address }) => `${address} (${printable(name)})`)
    lines.push(`${property} ${said}: ${enumerate(where)}`)
  }
  for (const { name, address } of omitted)
    lines.push(`left out, as its link is unknown: ${address} (${printable(name)})`)
  return lines
}

/** @param {Report} report */
function describeEvidence({ evidence }) {
  const { seccomp, seccompFilters, noNewPrivileges, label, accessWithoutOpen } = evidence
  const modes = ['no seccomp', 'strict seccomp', 'a seccomp filter']
  const count = seccompFilters !== null && seccompFilters > 1 ? ` (${seccompFilters} of them)` : ''
  const known = seccomp === null ? 'seccomp unknown' : `${modes[seccomp] ?? seccomp}${count}`
  const lines = [
    `${known}, new privileges ${noNewPrivileges === null ? 'unknown' : noNewPrivileges ? 'forbidden' : 'allowed'}, ` +
      `${label === null ? 'no label' : `label ${printable(label)}`}`
  ]
  if (accessWithoutOpen !== null) {
    lines.push(
      `Landlock or AppArmor closes files: open(${accessWithoutOpen}) is refused where access() is ` +
        'not. Neither Landlock nor this refuses a socket.'
    )
  }
  return lines
}

/** @param {Report} report */
function describeCulprits({ mechanism, culprits }) {
  if (mechanism === null) return []
  return [mechanism, ...culprits].map(({ name, certainty, because }) => {
    const reasons = because.map(printable).join('; ')
    if (name === 'unknown') return `it cannot be told what refuses: ${reasons}`
    return `${SURENESS[certainty]} ${PHRASES[name] ?? name}: ${reasons}`
  })
}

/** @param {Report} report */
function describeVerdict({ status, native, active, addonError }) {
  const unable = addonError === null ? '' : ` ${addonError}.`
  if (status === 0)
    return ['green', `Nothing is wrong: the native os.networkInterfaces() works.${unable}`]
  if (status === 1) {
    const served = active.register || (native.works && active.preload)
    return served
      ? ['green', 'The native os.networkInterfaces() is refused, and this package answers for it.']
      : ['yellow', 'The native os.networkInterfaces() is refused; this package can answer for it.']
  }
  const reason =
    addonError === null ? ' No source tells the interfaces: only a change of policy helps.' : unable
  return ['red', `The native os.networkInterfaces() is refused, and nothing answers.${reason}`]
}

/**
 * @param {Report} report
 * @param {Terminal} terminal
 * @returns {string}
 */
function sayReport(report, { width, style }) {
  /** @param {string} text */
  const item = (text) => wrap(text, width, '  ')
  /**
   * @param {string} title
   * @param {string[]} lines
   */
  const section = (title, lines) => (lines.length === 0 ? [] : ['', style('bold', title), ...lines])
  const sources = report.sources.map((source) => {
    // By itself procfs can but tell IPv6 and guess at links.
    const whole = source.status === 'partial' && source.syscall === null
    const { word, colour } = STATUSES[whole ? 'answered' : source.status]
    const head = `  ${source.name.padEnd(10)} ${style(colour, word.padEnd(9))} `
    return wrap(describeSource(source), width, head)
  })
  const remedies = report.remedies.flatMap(({ owner, text, change }) => {
    const lines = change === null ? [] : change.split('\n').map((line) => `      ${line}`)
    return [wrap(`${owner}: ${text}`, width, '  '), ...lines]
  })
  const [colour, verdict] = describeVerdict(report)
  // Other platforms have nothing to read, and nothing that restricts reading.
  const restricts = sources.length > 0 || report.addonError !== null
  const surroundings = restricts ? describeEvidence(report) : []
  return [
    style(/** @type {Style} */ (colour), wrap(verdict, width)),
    ...section(
      'os.networkInterfaces()',
      [describeNative(report), ...describeActive(report)].map(item)
    ),
    ...section('Sources, each asked alone', sources),
    ...section('What is known', sources.length > 0 ? describeFacts(report).map(item) : []),
    ...section('What surrounds this process', surroundings.map(item)),
    ...section('Who refuses', describeCulprits(report).map(item)),
    ...section('What to do', remedies),
    ''
  ].join('\n')
}

module.exports = { sayReport }
