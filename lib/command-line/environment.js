// The environment with which a program and its children use this package: NODE_OPTIONS for Node, LD_PRELOAD
// for all others. Adds to both and adds nothing twice.
'use strict'

const { supported } = require('../addon/load')
const locate = require('../addon/locate')

/** @typedef {NodeJS.ProcessEnv} Environment */

/**
 * @returns {string} the path of the preload library
 * @throws {Error} when there is none
 */
function requirePreload() {
  const { preloadPath } = locate
  if (preloadPath !== null) return preloadPath
  const reason = `no preload library for ${process.platform}-${process.arch} is published or compiled`
  throw new Error(supported ? `${reason}. ${locate.adviseToCompile()}` : reason)
}

/**
 * Node splits NODE_OPTIONS at spaces outside of double quotes, in which a backslash escapes.
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
 * @param {Environment} environment is not changed
 * @param {{ register: string, preload: string }} files
 * @returns {Environment}
 * @throws {Error} when LD_PRELOAD cannot name the preload library
 */
function extendEnvironment(environment, { register, preload }) {
  // ld.so(8) separates names at both and knows no quotes.
  if (/[\s:]/.test(preload)) {
    throw new Error(
      `LD_PRELOAD cannot hold a path with blanks or colons: ${preload}. Install the package elsewhere.`
    )
  }
  return {
    ...environment,
    NODE_OPTIONS: add(environment.NODE_OPTIONS, / +/g, quoteNodeOption(`--require=${register}`)),
    // Last: a sanitizer's library must be first, and libraries that wrap libc's functions then wrap ours too.
    LD_PRELOAD: add(environment.LD_PRELOAD, /[ :]+/g, preload)
  }
}

module.exports = { extendEnvironment, requirePreload }
