// What a process notices: the errno of a refused call, or a symptom without an errno.
'use strict'

// What no policy returns: no reply comes, the network namespace has no link but lo, other code hides the failure.
const NO_REPLY = 'ETIMEDOUT'
const ONLY_LO = 'only lo'
const HIDDEN = 'hidden'
const NO_ADDONS = 'ERR_DLOPEN_DISABLED'
const SPECIAL = [NO_REPLY, ONLY_LO, HIDDEN, NO_ADDONS]

/**
 * What a process sees. `call` is the refused one, without its arguments; null if it is not known. `code` is the name
 * of its errno, or one of SPECIAL. `server`: whether one can listen, if that is known.
 *
 * @typedef {{ call: string | null, code: string, server?: boolean | null }} Symptom
 */

// Errors of a shortage or an interruption, not of a policy.
const TEMPORARY = ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EINTR', 'EAGAIN']

/** @param {string} code */
function isTemporary(code) {
  return TEMPORARY.includes(code)
}

/** @param {Symptom} symptom */
function describeSymptom({ call, code }) {
  if (code === ONLY_LO) return 'no other link exists'
  if (code === HIDDEN) return `${call} fails, yet os.networkInterfaces() answers`
  if (code === NO_ADDONS) return 'it disables addons'
  if (code === NO_REPLY) return 'no reply comes'
  return `${call ?? 'it'} returns ${code}`
}

module.exports = {
  HIDDEN,
  NO_ADDONS,
  NO_REPLY,
  ONLY_LO,
  SPECIAL,
  describeSymptom,
  isTemporary
}
