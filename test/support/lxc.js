'use strict'

// Makes a container for lxc-execute(1): the host's programs, read-only, and the network of who starts it.

const fs = require('node:fs')
const path = require('node:path')
const { PROJECT, SYSTEM } = require('./oci')

/** @param {string} source */
function bindReadOnly(source) {
  // As in fstab(5).
  const file = source.replaceAll(' ', '\\040')
  return `lxc.mount.entry = ${file} ${file.slice(1)} none rbind,ro,create=dir 0 0`
}

// lxc-execute leaves its locks in /run.
const START = 'mount -t tmpfs none /run; exec lxc-execute "$@"'

/**
 * @param {string} folder an empty directory
 * @param {string[]} rules of the seccomp profile, which allows everything else
 * @param {string[]} args the program and its arguments
 * @returns {string[]} the command that runs it, in a mount namespace of its own
 */
function makeContainer(folder, rules, args) {
  const file = (/** @type {string} */ name) => path.join(folder, name)
  const config = [
    `lxc.rootfs.path = dir:${file('rootfs')}`,
    `lxc.seccomp.profile = ${file('seccomp')}`,
    'lxc.apparmor.profile = unconfined',
    'lxc.net.0.type = none',
    'lxc.console.path = none',
    'lxc.mount.auto = proc:rw',
    ...[...SYSTEM, ...PROJECT].map(bindReadOnly)
  ]
  fs.mkdirSync(file('rootfs'))
  fs.writeFileSync(file('seccomp'), ['2', 'denylist', ...rules, ''].join('\n'))
  fs.writeFileSync(file('config'), [...config, ''].join('\n'))
  const options = ['--lxcpath', folder, '--name', path.basename(folder), '--rcfile', file('config')]
  return ['sh', '-euc', START, 'sh', ...options, '--', ...args]
}

module.exports = { makeContainer }
