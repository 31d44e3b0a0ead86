'use strict'

// Measures what the published preload library adds to a call and to the start of a program if nothing is denied.
//
//   npm run prebuild && node bench/preload.js

const { execFileSync } = require('node:child_process')
const path = require('node:path')
const { summarize } = require('./statistics')
const { makeTopology } = require('./topology')

/** @typedef {import('./statistics').Summary} Summary */

const PROGRAM = path.join(__dirname, 'build/preload')
const PUBLISHED = path.join(__dirname, `../prebuilds/linux-${process.arch}.node`)
const preload = { LD_PRELOAD: PUBLISHED }

/**
 * @param {import('../test/support/namespace').Namespace} namespace
 * @param {string} subject what build/preload measures
 */
async function measure(namespace, subject) {
  const { status, stdout, stderr } = namespace.exec(PROGRAM, [subject], { env: preload })
  if (status !== 0) throw new Error(`${PROGRAM}: ${stderr}`)
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
  return {
    alone: await summarize(pairs.map(([alone]) => alone)),
    added: await summarize(pairs.map(([, added]) => added))
  }
}

/**
 * @param {string} title
 * @param {{ alone: Summary, added: Summary }} measured
 */
function print(title, { alone, added }) {
  /** @param {number} time */
  const us = (time) => (time / 1e3).toFixed(2)
  console.log(
    `${title}: ${us(alone.median)} us alone, ${us(added.median)} more (median of ${added.samples} pairs, MAD ${us(added.mad)})`
  )
}

async function main() {
  execFileSync('make', ['--silent', `--directory=${__dirname}`, 'build/preload'])
  for (const links of [2, 101]) {
    const { namespace, remove } = makeTopology(links)
    try {
      print(`getifaddrs(3), ${links} links`, await measure(namespace, 'list'))
      print(`if_nameindex(3), ${links} links`, await measure(namespace, 'names'))
      if (links === 2) print('starting /bin/true', await measure(namespace, 'start'))
    } finally {
      remove()
    }
  }
}

main()
