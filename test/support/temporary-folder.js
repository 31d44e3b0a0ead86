'use strict'

// A temporary folder that every user may enter. The end of the test removes it.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

/**
 * @param {import('tap').Test} t
 * @param {string} [parent]
 */
function makeTemporaryFolder(t, parent = os.tmpdir()) {
  const folder = fs.mkdtempSync(path.join(parent, 'osh-'))
  // mkdtemp(3) closes it to other users.
  fs.chmodSync(folder, 0o755)
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

module.exports = { makeTemporaryFolder }
