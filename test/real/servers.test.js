'use strict'

// The snippets of docs/deploy.md for development servers and pm2: each starts as the page says, in a sandbox that refuses
// netlink, and a peer outside gets an answer.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { APP, REAL_SNIPPETS } = require('../support/deployment')
const { projectRoot, runProgram } = require('../support/launch')
const { makeFixture } = require('../support/openshell-fixture')
const { fetchFromNpm } = require('../support/package')
const { prepare, runFailing, runWorking } = require('../support/program-runs')
const { NODE_PROGRAMS } = require('../support/programs')
const { skipWithout } = require('../support/requirements')
const { readSnippets } = require('../support/snippets')

t.setTimeout(1_800_000)
skipWithout(t)

/** @typedef {import('../support/programs').Program} Program */

const snippets = readSnippets('docs/deploy.md')
/** @param {string} name */
const snippet = (name) => snippets.find((each) => each.name === name)?.text ?? ''

const PM2 = NODE_PROGRAMS['pm2, its file HttpInterface.js in `pm2-runtime`']
const ECOSYSTEM = 'ecosystem.config.js'

/** @type {Record<string, Program>} */
const PROGRAMS = {
  'vite --host': NODE_PROGRAMS['Vite, `vite --host`'],
  'next dev': NODE_PROGRAMS['Next, `next dev`'],
  // Its own output is the answer: pm2 itself does not need the interfaces.
  pm2: {
    ...PM2,
    files: {
      'app.js': `${APP.replace('d0', 'eth0')}; setInterval(() => {}, 1000)`,
      [ECOSYSTEM]: snippet(ECOSYSTEM)
    },
    failure: /^errno 1$/m,
    ask: undefined,
    answer: /^10\.200\.0\.2\/24$/m,
    hangs: true
  }
}

/**
 * Makes the folder of a program, as after `npm install osh-ifaddrs`.
 *
 * @param {import('tap').Test} t
 * @param {Program} program
 */
function install(t, { fetch, ...program }) {
  if (fetch === undefined) throw new Error('it is not of npm')
  const [spec, file] = fetch
  const below = path.join(spec.slice(0, spec.lastIndexOf('@')), file)
  const modules = fetchFromNpm(...fetch).slice(0, -below.length - 1)
  const none = { register: '', preload: '', run: '' }
  const prepared = prepare(t, { ...program, copy: true }, none, { modules })
  const { folder } = prepared
  const own = path.join(folder, 'node_modules')
  fs.symlinkSync(projectRoot, path.join(own, 'osh-ifaddrs'))
  fs.symlinkSync('../osh-ifaddrs/lib/command-line/osh-ifaddrs', path.join(own, '.bin/osh-ifaddrs'))
  // It is installed already.
  fs.mkdirSync(path.join(folder, 'bin'))
  fs.writeFileSync(path.join(folder, 'bin/npm'), '#!/bin/sh\n', { mode: 0o755 })
  return prepared
}

for (const [name, program] of Object.entries(PROGRAMS)) {
  t.test(name, async (t) => {
    const prepared = install(t, program)
    const { folder } = prepared
    const env = {
      ...program.env,
      NODE_OPTIONS: '',
      PATH: `${folder}/bin:${process.env.PATH}`,
      PM2_HOME: path.join(folder, 'pm2')
    }
    const fixture = makeFixture()
    t.teardown(() => fixture.remove())
    /** @param {string} text */
    const typed = (text) => ({
      ...prepared,
      program: { ...program, command: ['sh', '-euc', text], env }
    })
    const text = snippet(name)
    const { answer, output } = await runWorking(fixture, typed(text), null)
    t.match(answer, program.answer, output)
    t.notMatch(output, program.failure, 'without the error')

    const last = text.trim().split('\n').at(-1)?.replace('osh-ifaddrs run -- ', '') ?? ''
    if (name === 'pm2')
      fs.writeFileSync(
        path.join(folder, ECOSYSTEM),
        snippet(ECOSYSTEM).replace(/, node_args: .*\]/, '')
      )
    const failed = await runFailing(fixture, typed(last), null)
    t.match(failed.output, program.failure, 'control: without the package it fails')
  })
}

t.test('next dev with -r in NODE_OPTIONS does not start', async (t) => {
  const { folder } = install(t, PROGRAMS['next dev'])
  const env = { ...process.env, NODE_OPTIONS: `-r ${path.join(projectRoot, 'lib/register.js')}` }
  const { status, stderr } = runProgram('npx', ['next', 'dev'], { cwd: folder, env })
  t.match(stderr, '--r= is not allowed in NODE_OPTIONS')
  t.equal(status, 9)
})

t.strictSame(Object.keys(PROGRAMS).sort(), REAL_SNIPPETS.servers, 'all of them are run')
