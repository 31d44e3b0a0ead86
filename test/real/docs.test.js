'use strict'

// The snippets of docs/deploy.md that need a program of others. test/behaviour/docs.test.js runs the rest.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { ADDRESS, REAL_SNIPPETS, makeDeployment, makeShell } = require('../support/deployment')
const { projectRoot } = require('../support/namespace')
const { requirements, skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')
const { runtime } = require('../support/runtimes')
const { readSnippets } = require('../support/snippets')

skipWithout(t)

const snippets = readSnippets('deploy.md')
const folder = makeDeployment(t)
const shell = makeShell(makeNamespace(t, 'docs'), folder)

/** @type {Record<string, { needs: string[], run: (t: import('tap').Test, text: string) => void }>} */
const tests = {
  Bun: {
    needs: [],
    run: (t, text) => {
      fs.symlinkSync(runtime('bun'), path.join(folder, 'bin/bun'))
      t.equal(shell(t, text), ADDRESS)
      t.not(shell(t, 'bun app.js'), ADDRESS, 'control')
    }
  },
  Deno: {
    needs: [],
    run: (t, text) => {
      const program = path.join(folder, 'deno')
      // Not a symbolic link, behind which Deno sees no npm package.
      for (const name of ['lib', 'package.json', 'build/Release']) {
        const to = path.join(program, 'node_modules/osh-ifaddrs', name)
        fs.cpSync(path.join(projectRoot, name), to, { recursive: true })
      }
      fs.writeFileSync(path.join(program, 'package.json'), '{}')
      fs.writeFileSync(path.join(program, 'program.mjs'), text)
      const options = '--no-config --node-modules-dir=manual --no-prompt --allow-sys'
      const run = `cd deno && ${runtime('deno')} run ${options}`
      const permissions = '--allow-read --allow-ffi'
      t.match(shell(t, `${run} ${permissions} program.mjs`), ADDRESS)
      t.match(shell(t, `${run} program.mjs 2>/dev/null || echo fails`), 'fails', 'control')
    }
  },
  firejail: {
    needs: ['users', 'firejail'],
    run: (t, text) => {
      t.equal(shell(t, text, { denials: [] }), ADDRESS)
      t.equal(shell(t, text.replace(',netlink', ''), { denials: [] }), 'errno 95', 'control')
    }
  }
}

for (const [name, { needs, run }] of Object.entries(tests)) {
  t.test(name, { skip: requirements(...needs) }, async (t) => {
    const { text } = snippets.find((snippet) => snippet.name === name)
    run(t, text)
  })
}

t.strictSame(Object.keys(tests).sort(), REAL_SNIPPETS.docs, 'all of them are run')
