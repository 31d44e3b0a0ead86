'use strict'

// Measures what the preload library adds to a call and to the start of a program if nothing is denied.
//
//   node bench/preload.js

const { execFileSync, spawnSync } = require('node:child_process')
const path = require('node:path')
const { preloadPath } = require('..')
const { summarize } = require('./statistics')
const { makeTopology } = require('./topology')

/** @typedef {import('./statistics').Summary} Summary */

const PROGRAM = path.join(__dirname, 'build/preload')
const STARTS = 1000
const preload = { LD_PRELOAD: preloadPath ?? undefined }

/**
 * @param {import('../test/support/namespace').Namespace} namespace
 * @param {string} list which list build/preload reads: `list` or `names`
 */
async function measureCall(namespace, list) {
  const { status, stdout, stderr } = namespace.exec(PROGRAM, [list], { env: preload })
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

/** @param {NodeJS.ProcessEnv} added to the environment */
function start(added) {
  const begin = process.hrtime.bigint()
  spawnSync('/bin/true', { env: { PATH: process.env.PATH, ...added }, stdio: 'ignore' })
  return Number(process.hrtime.bigint() - begin)
}

async function measureStart() {
  const pairs = Array.from({ length: STARTS }, (_, i) => {
    const first = start(i % 2 === 0 ? {} : preload)
    const second = start(i % 2 === 0 ? preload : {})
    return i % 2 === 0 ? [first, second - first] : [second, first - second]
  })
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
      print(`getifaddrs(3), ${links} links`, await measureCall(namespace, 'list'))
      print(`if_nameindex(3), ${links} links`, await measureCall(namespace, 'names'))
    } finally {
      remove()
    }
  }
  print('starting /bin/true', await measureStart())
}

main()
