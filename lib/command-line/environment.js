// The environment in which programs, and theirs, find both faces of the package: NODE_OPTIONS for Node,
// LD_PRELOAD for all others. Adds to what is there, and nothing twice.
'use strict'

/** @typedef {NodeJS.ProcessEnv} Environment */

/**
 * Node splits NODE_OPTIONS at spaces but for those in double quotes, where a backslash escapes.
 *
 * @param {string} option
 */
function quoteNodeOption(option) {
  return /[ "\\]/.test(option) ? `"${option.replace(/["\\]/g, '\\$&')}"` : option
}

/**
 * @param {string | undefined} list
 * @param {RegExp} separators
 * @param {string} added
 */
function add(list, separators, added) {
  if (list === undefined || list.trim() === '') return added
  const listed = ` ${list} `.replace(separators, ' ').includes(` ${added} `)
  return listed ? list : `${list} ${added}`
}

/**
 * @param {Environment} environment is left as it is
 * @param {{ register: string, preload: string }} files
 * @returns {Environment}
 * @throws {Error} when ld.so(8) has no way to name the preload library
 */
function extendEnvironment(environment, { register, preload }) {
  // Both separate names there, and nothing quotes them.
  if (/[\s:]/.test(preload)) {
    throw new Error(`LD_PRELOAD cannot hold a path with blanks or colons: ${preload}`)
  }
  return {
    ...environment,
    NODE_OPTIONS: add(environment.NODE_OPTIONS, / +/g, quoteNodeOption(`--require=${register}`)),
    // Last: a sanitizer's library insists on being first, and what wraps libc's functions wraps ours so.
    LD_PRELOAD: add(environment.LD_PRELOAD, /[ :]+/g, preload)
  }
}

module.exports = { extendEnvironment }
