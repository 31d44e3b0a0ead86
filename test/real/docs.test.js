'use strict'

// The snippets of docs/deploy.md that need a program of others. test/behaviour/docs.test.js runs the rest.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { COMPILERS } = require('../support/app')
const { ADDRESS, APP, REAL_SNIPPETS, makeDeployment, makeShell } = require('../support/deployment')
const { projectRoot } = require('../support/namespace')
const { pack } = require('../support/package')
const { requirements, skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')
const { runtime } = require('../support/runtimes')
const { readSnippets } = require('../support/snippets')
const { makeTemporaryFolder } = require('../support/temporary-folder')

t.setTimeout(1_800_000)
skipWithout(t)

const snippets = readSnippets('docs/deploy.md')
const folder = makeDeployment(t)
const ns = makeNamespace(t, 'docs')
const shell = makeShell(ns, folder)

const PERMISSIONS = '--allow-read --allow-ffi'

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
      t.match(shell(t, `${run} ${PERMISSIONS} program.mjs`), ADDRESS)
      t.match(shell(t, `${run} program.mjs 2>/dev/null || echo fails`), 'fails', 'control')
    }
  },
  'Deno, run': {
    needs: [],
    run: (t, text) => {
      fs.symlinkSync(runtime('deno'), path.join(folder, 'bin/deno'))
      const program = `import { networkInterfaces } from 'node:os'\nconsole.log(networkInterfaces().d0[0].cidr)`
      fs.writeFileSync(path.join(folder, 'app.mjs'), program)
      t.equal(shell(t, text), ADDRESS)
      const bare = text.trim().replace('npx osh-ifaddrs run -- ', '')
      t.match(shell(t, `${bare} 2>/dev/null || echo fails`), 'fails', 'control')
    }
  },
  tarball: {
    needs: COMPILERS,
    run: (t, text) => {
      // Not in the project, which Node would find.
      const place = makeTemporaryFolder(t)
      fs.mkdirSync(path.join(place, 'bin'))
      fs.writeFileSync(path.join(place, 'bin/npm'), '#!/bin/sh\ncp "$TARBALL" .\n', { mode: 0o755 })
      fs.writeFileSync(path.join(place, 'app.js'), APP)
      const env = { PATH: `${place}/bin:${process.env.PATH}`, TARBALL: pack() }
      t.equal(makeShell(ns, place)(t, text, { env }), ADDRESS)
    }
  },
  'firejail, register': {
    needs: ['users', 'firejail'],
    run: (t, text) => {
      t.equal(shell(t, text, { denials: [] }), ADDRESS)
      t.equal(
        shell(t, text.replace('-r osh-ifaddrs/register ', ''), { denials: [] }),
        'errno 95',
        'control'
      )
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
