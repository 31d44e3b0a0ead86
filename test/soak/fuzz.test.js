'use strict'

// Runs each fuzzer of fuzz/ for SOAK_SECONDS, two at a time. An input that makes one fail is kept in test/build/fuzz.

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const { text } = require('node:stream/consumers')
const path = require('node:path')
const t = require('tap')
const { runChecked } = require('../support/package')
const { skipWithout } = require('../support/requirements')
const { SECONDS, TIMEOUT } = require('./duration')

skipWithout(t, 'clang', 'llvm-profdata', 'llvm-cov')
t.setTimeout(TIMEOUT)

const folder = path.join(__dirname, 'fuzz')
const fuzzers = fs
  .readdirSync(folder)
  .filter((name) => name.endsWith('_fuzz.c'))
  .map((name) => path.basename(name, '.c'))

/** @param {string} name */
async function fuzz(name) {
  const args = [path.join(folder, 'run.sh'), name, `${SECONDS}`]
  const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { status, output }
}

const make = ['make', '--silent', '--jobs=2', `--directory=${path.join(__dirname, '..')}`]
runChecked([...make, 'fuzzers'], { timeout: TIMEOUT })

t.jobs = 2
for (const name of fuzzers) {
  t.test(name, { buffered: true }, async (t) => {
    const { status, output } = await fuzz(name)
    if (status === 0) t.comment(output.trim())
    t.equal(status, 0, 'finds nothing', { output })
  })
}
