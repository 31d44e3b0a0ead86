'use strict'

// Commands that start bubblewrap, as a user.

const path = require('node:path')
const { launcher } = require('./namespace')
const { AS_USER } = require('./probe')
const { makeTemporaryFolder } = require('./temporary-folder')

/** Without its last words, which are the program to start. */
const BWRAP = [...AS_USER, ...'bwrap --ro-bind / / --dev /dev --proc /proc'.split(' ')]
const FILTER = path.join(path.dirname(launcher), 'filter')

/**
 * The command that starts bubblewrap, as a user, under the filter of test/support/sandbox/filter.c.
 *
 * @param {import('tap').Test} t
 * @param {string} filter its arguments
 */
function withFilter(t, filter) {
  const file = path.join(makeTemporaryFolder(t), 'filter')
  const script = `"$1" ${filter} >"$2"; exec 9<"$2"; shift 2; exec "$@"`
  const start = ['sh', '-eu', '-c', script, 'sh', FILTER, file]
  return [...start, ...BWRAP, '--unshare-all', '--share-net', '--seccomp', '9']
}

module.exports = { BWRAP, withFilter }
