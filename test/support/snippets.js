'use strict'

// Reads the fenced blocks of a document. The comment before each block says how it is tested:
//
//     <!-- run -->             commands after `$ `, each with its expected output; `…` matches anything
//     <!-- file: NAME -->      a file that later commands use
//     <!-- test: NAME -->      the test of that name runs it
//     <!-- not run: REASON -->

const fs = require('node:fs')
const path = require('node:path')
const { projectRoot } = require('./namespace')

const BLOCK = /(?:^<!-- ([^\n]*) -->\n\n?)?^( *)```(\w*)\n([^]*?)^ *```$/gm

/**
 * @param {string} document relative to the root
 * @returns {{ kind: string, name: string, language: string, text: string, line: number }[]}
 */
function readSnippets(document) {
  const source = fs.readFileSync(path.join(projectRoot, document), 'utf8')
  return [...source.matchAll(BLOCK)].map(({ index, 1: comment, 3: language, 4: text }) => {
    const [, kind, name = ''] = (comment ?? '').match(/^(run|file|test|not run)(?:: (.+))?$/) ?? []
    const line = source.slice(0, index).split('\n').length
    return { kind: kind ?? 'unmarked', name, language, text, line }
  })
}

/**
 * @param {string} text of a console block
 * @returns {{ command: string, expected: string }[]}
 */
function readConsole(text) {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command, ...expected] = part.split('\n')
      return { command, expected: expected.join('\n') }
    })
}

/** @param {string} expected */
function makePattern(expected) {
  const parts = expected.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^]*')}$`)
}

module.exports = { makePattern, readConsole, readSnippets }
