'use strict'

// The snippets of docs/deploy.md that need a program of others. test/behaviour/docs.test.js runs the rest.

const t = require('tap')
const { ADDRESS, REAL_SNIPPETS, makeDeployment, makeShell } = require('../support/deployment')
const { requirements, skipWithout } = require('../support/requirements')
const { makeNamespace } = require('../support/sandbox')
const { readSnippets } = require('../support/snippets')

skipWithout(t)

const snippets = readSnippets('deploy.md')
const shell = makeShell(makeNamespace(t, 'docs'), makeDeployment(t))

/** @type {Record<string, { needs: string[], run: (t: import('tap').Test, text: string) => void }>} */
const tests = {
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

t.strictSame(Object.keys(tests).sort(), [...REAL_SNIPPETS].sort(), 'all of them are run')
