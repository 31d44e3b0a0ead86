'use strict'

// The pages of docs/ that tests and the benchmark write: formatted as prettier does, with the date and the machine of the run.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const prettier = require('prettier')
const { projectRoot } = require('./namespace')

/** @param {string} name */
const pathOf = (name) => path.join(projectRoot, 'docs', name)

/** @returns {string} such as `2026-11-27: Debian GNU/Linux 12 (bookworm), Linux 6.18, x64, Node 20.20.2` */
function describeRun() {
  const date = new Date().toISOString().slice(0, 10)
  const [, system] = /^PRETTY_NAME="(.*)"$/m.exec(fs.readFileSync('/etc/os-release', 'utf8')) ?? []
  const [kernel] = os.release().match(/^\d+\.\d+/) ?? []
  return `${date}: ${system}, Linux ${kernel}, ${process.arch}, Node ${process.versions.node}`
}

/** @param {(string | number)[]} cells */
const toLine = (cells) => `| ${cells.join(' | ')} |`

/**
 * @param {string[]} headings
 * @param {(string | number)[][]} rows
 */
function toTable(headings, rows) {
  return [headings, headings.map(() => '---'), ...rows].map(toLine).join('\n')
}

/**
 * @param {string} text
 * @returns {Promise<string>}
 */
async function formatPage(text) {
  const options = await prettier.resolveConfig(pathOf('page.md'))
  return prettier.format(text, { ...options, parser: 'markdown' })
}

/**
 * @param {string} name
 * @returns {string} the page, or nothing
 */
function readPage(name) {
  return fs.existsSync(pathOf(name)) ? fs.readFileSync(pathOf(name), 'utf8') : ''
}

/**
 * @param {string} name
 * @param {string} text
 */
function writePage(name, text) {
  // Other tests pack the package meanwhile, which contains the page.
  const partial = path.join(projectRoot, 'test/build', name)
  fs.writeFileSync(partial, text)
  fs.renameSync(partial, pathOf(name))
}

module.exports = { describeRun, formatPage, readPage, toLine, toTable, writePage }
