'use strict'

// The documents say what is so: their commands are run as they stand there, and print what it says.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { projectRoot } = require('./support/namespace')
const { makePattern, readConsole, readSnippets } = require('./support/snippets')

/** A user's folder, with the package installed. */
function makeFolder(t) {
  const folder = t.testdir({ node_modules: { 'osh-ifaddrs': t.fixture('symlink', projectRoot) } })
  const bin = path.join(folder, 'node_modules/.bin')
  fs.mkdirSync(bin)
  fs.symlinkSync('../osh-ifaddrs/lib/cli.js', path.join(bin, 'osh-ifaddrs'))
  return folder
}

t.test('why-it-fails.md', { skip: process.platform !== 'linux' && 'Linux only' }, async (t) => {
  const folder = makeFolder(t)
  const env = { ...process.env, NO_COLOR: '1' }
  // tap's own options are no business of theirs.
  delete env.NODE_OPTIONS
  delete env.FORCE_COLOR
  let commands = 0
  for (const { kind, name, text, line } of readSnippets('why-it-fails.md')) {
    t.match(kind, /^(run|file)$/, `line ${line} is marked`)
    if (kind === 'file') fs.writeFileSync(path.join(folder, name), text)
    if (kind !== 'run') continue
    for (const { command, expected } of readConsole(text)) {
      const { stdout, stderr } = spawnSync('sh', ['-c', command], {
        cwd: folder,
        env,
        encoding: 'utf8'
      })
      t.match(stdout + stderr, makePattern(expected), command)
      commands++
    }
  }
  t.equal(commands, 9, 'none has got lost')
})
