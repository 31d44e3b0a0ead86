'use strict'

// The functions that the race tests stop, and what a sandbox refuses them.

const path = require('node:path')
const { preloadPath } = require('../../..')
const { launcher, projectRoot } = require('../launch')

const NETLINK = ['--deny-family', 'netlink']

/** Options of the launcher.
 *
 * @type {Record<string, string[]>}
 */
const MODES = {
  'nothing refused': [],
  'SIOCGIFNAME refused': ['--deny-ioctl', 'SIOCGIFNAME'],
  'netlink refused': NETLINK,
  'netlink and SIOCGIFNAME refused': [...NETLINK, '--deny-ioctl', 'SIOCGIFNAME'],
  'netlink and /proc refused': [...NETLINK, '--no-path', '/proc'],
  'netlink and AF_INET refused': ['--deny-family', 'netlink,inet'],
  'every socket() refused': ['--deny-family', 'all'],
  'all but /proc refused': ['--deny-family', 'all', '--deny-socketpair']
}

const INTERFACES = [process.execPath, path.join(projectRoot, 'test/support/races/interfaces.js')]
const lists = (/** @type {string} */ suffix = '') =>
  path.join(projectRoot, `test/build/races-lists${suffix}`)

/** @type {Record<string, string[]>} */
const COMMANDS = {
  'networkInterfaces() and diagnose()': [...INTERFACES, 'diagnose'],
  'the list of the preload library': ['env', `LD_PRELOAD=${preloadPath}`, lists()],
  "Node's os.networkInterfaces()": [...INTERFACES, 'native'],
  "glibc's getifaddrs(3)": [lists()],
  "musl's getifaddrs(3)": [lists('-musl')]
}

/**
 * Ours, with the function whose undisturbed results are true. Where netlink is open, the preload library returns
 * libc's list.
 */
const OURS = {
  'networkInterfaces() and diagnose()': {
    native: "Node's os.networkInterfaces()",
    modes: Object.keys(MODES)
  },
  'the list of the preload library': {
    native: "glibc's getifaddrs(3)",
    modes: Object.keys(MODES).filter((mode) => MODES[mode].includes('--deny-family'))
  }
}

const prefix = path.dirname(path.dirname(process.execPath))
const OPEN = ['--user', 'keep', '--path', projectRoot, '--path', prefix]

/**
 * @param {string} name
 * @param {keyof typeof MODES} [mode]
 * @returns {string[]} the command
 */
function startReader(name, mode = 'nothing refused') {
  return [launcher, ...OPEN, ...MODES[mode], '--', ...COMMANDS[name]]
}

module.exports = { MODES, OURS, startReader }
