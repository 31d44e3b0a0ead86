// What to do: in this process, and in the sandbox's policy. `change` is the exact text to write or to run.
'use strict'

const locate = require('../addon/locate')
const { isShortage } = require('../results/diagnosis')
const { permittedCommand, preloadCommand, registerCommand, runCommand } = require('./commands')
const { MECHANISMS } = require('./mechanisms')
const { neverReturns } = require('./process')
const { SANDBOXES } = require('./sandboxes')
const { applies } = require('./suspects')
const { NO_ADDONS } = require('./symptoms')

const { adviseToCompile, shellCommand } = locate

/** @typedef {import('./process').Trial} Trial */
/** @typedef {import('./suspects').Suspect} Suspect */
/** @typedef {import('./symptoms').Symptom} Symptom */

/**
 * `tested`: the doctor has just tried it (in this process), or the project's tests apply it in the real program.
 *
 * @typedef {{ owner: string, text: string, change: string | null, tested: boolean }} Remedy
 */

/** Why register alone is not enough: the native function hangs, or its result is wrong. */
const PREFIXES = {
  hangs: 'OSH_IFADDRS_SOURCES=ioctl,procfs ',
  wrong: 'OSH_IFADDRS_MODE=always ',
  fails: ''
}

/** @typedef {keyof typeof PREFIXES} Trouble */

/**
 * @param {Trial} trial
 * @returns {Trouble}
 */
function toTrouble({ native, hidden, answered }) {
  if (neverReturns(native)) return 'hangs'
  const isWrong = hidden ? !answered : native.works === false && native.code === null
  return isWrong ? 'wrong' : 'fails'
}

/**
 * @param {Trial} trial
 * @returns {boolean} whether this package answers already
 */
function answersAlready(trial) {
  const { register, preload, always } = trial.active
  if (trial.hidden) return register && trial.answered
  // The preload library calls libc's function first, which may hang.
  if (toTrouble(trial) !== 'fails') return register && always
  return register || (preload && trial.native.works !== false)
}

/**
 * @param {string} text
 * @param {string | null} change
 * @param {boolean} [tested]
 * @returns {Remedy}
 */
function forThisProcess(text, change, tested = true) {
  return { owner: 'this process', text, change, tested }
}

/**
 * @param {Trial} trial
 * @returns {boolean} whether other code, loaded after register, replaces what register has put in place
 */
function isTooEarly({ active, hidden, answered }) {
  return hidden && !answered && active.variables.includes('NODE_OPTIONS')
}

const LOAD_LAST = 'Load register last: other code replaces os.networkInterfaces() after it.'

/** @type {Record<Trouble, string>} */
const TEXTS = {
  hangs:
    'Start Node like this. Then register neither calls the native function nor waits for rtnetlink.',
  wrong: 'Start Node like this. Then register does not call the native function.',
  fails: "Start Node like this, or import 'osh-ifaddrs/register' first in the program."
}

/**
 * @param {Trial} trial
 * @param {NodeJS.ProcessEnv} env
 * @returns {Remedy[]} what makes this package answer, which it can
 */
function remediesForProcess(trial, env) {
  const trouble = toTrouble(trial)
  const prefix = PREFIXES[trouble]
  const remedies = []
  if (isTooEarly(trial)) remedies.push(forThisProcess(LOAD_LAST, null, false))
  else if (!answersAlready(trial))
    remedies.push(forThisProcess(TEXTS[trouble], `${prefix}${registerCommand()}`))
  const isPreloaded = trial.active.preload && trouble === 'fails'
  const run = trouble === 'wrong' || isPreloaded ? null : runCommand(env)
  const text = 'Start a program other than Node like this. It applies to its children too.'
  if (run !== null) remedies.push(forThisProcess(text, `${prefix}${run}`))
  return remedies
}

/** @type {Remedy} */
const OPEN_ONE_SOURCE = {
  owner: 'the policy',
  text:
    'Allow one of these: socket(AF_NETLINK) for everything; socketpair(AF_UNIX) or any socket, ' +
    'with ioctls on it, for IPv4; reading /proc/net/if_inet6 for IPv6.',
  change: null,
  tested: true
}

const ASK_ALL_SOURCES = forThisProcess(
  'OSH_IFADDRS_SOURCES excludes sources that may answer.',
  'unset OSH_IFADDRS_SOURCES',
  false
)

/** @type {Remedy} */
const END_SHORTAGE = { owner: 'shortage', ...MECHANISMS.shortage[0] }

/**
 * @param {NodeJS.ErrnoException} addonError
 * @param {string | null} nodeOption that disables addons
 * @returns {Remedy[]} what cannot be tried in a process that loads no addon
 */
function remediesWithoutAddon({ code, message }, nodeOption) {
  if (isShortage({ code: code ?? null })) return [END_SHORTAGE]
  if (message.endsWith(adviseToCompile()))
    return [forThisProcess('Compile the addon for this machine.', shellCommand('build'), false)]
  const { preloadPath } = locate
  const remedies = []
  if (nodeOption === '--permission')
    remedies.push(
      forThisProcess('Allow Node to load the addon.', permittedCommand(code === NO_ADDONS), false)
    )
  if (nodeOption !== null && preloadPath !== null)
    remedies.push(
      forThisProcess('Preload this library. Node allows that.', preloadCommand(preloadPath), false)
    )
  return remedies
}

/**
 * @param {import('./sources').Knowledge} knowledge
 * @param {import('./process').Active} active
 * @param {object | null} shortage
 * @param {Suspect | null} mechanism
 * @param {import('./evidence').Evidence} evidence
 * @returns {Remedy[]} for a process where this package does not answer either
 */
function remediesForFailure({ addonError }, { sources }, shortage, mechanism, { nodeOption }) {
  if (addonError !== null) return remediesWithoutAddon(addonError, nodeOption)
  if (shortage === null) return [sources === null ? OPEN_ONE_SOURCE : ASK_ALL_SOURCES]
  return mechanism?.name === 'shortage' ? [] : [END_SHORTAGE]
}

/**
 * @param {string} owner
 * @param {import('./sandboxes').Policy[]} policies
 * @param {Symptom} symptom
 * @returns {Remedy[]}
 */
function applyPolicies(owner, policies, symptom) {
  /** @param {string} text */
  const fill = (text) => text.replaceAll('CALL', symptom.call ?? 'socket')
  return policies
    .filter((policy) => applies(policy, symptom))
    .map(({ text, change, tested }) => ({
      owner,
      text: fill(text),
      change: change && fill(change),
      tested
    }))
}

/**
 * @param {import('./causes').Finding} finding
 * @returns {Remedy[]} for the most certain suspects, and for the mechanism unless one of them is certain. The more
 *   certain come first
 */
function remediesForPolicy({ symptom, suspects, mechanism }) {
  const best = suspects.filter(({ certainty }) => certainty === suspects[0].certainty)
  const remedies = SANDBOXES.filter(({ name }) =>
    best.some((suspect) => suspect.name === name)
  ).flatMap(({ name, policies }) => applyPolicies(name, policies, symptom))
  const certainty = suspects[0]?.certainty ?? 'low'
  if (mechanism === null || certainty === 'high') return remedies
  const own = applyPolicies(mechanism.name, MECHANISMS[mechanism.name] ?? [], symptom)
  return certainty === 'medium' ? [...remedies, ...own] : [...own, ...remedies]
}

module.exports = { answersAlready, remediesForFailure, remediesForPolicy, remediesForProcess }
