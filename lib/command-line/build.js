// `osh-ifaddrs build`: compiles the binary for this machine where none is published, and loads it once.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { load, supported } = require('../addon/load')
const { compiledFile } = require('../addon/locate')
const { compile } = require('../build/compile')
const { findMissing, installCommand } = require('../build/tools')

/** @throws {Error} when something is missing, with the command that installs it */
function checkTools() {
  const missing = findMissing()
  if (missing.length > 0)
    throw new Error(`cannot compile without ${missing.join(', ')}. Run: ${installCommand()}`)
}

/** @returns {number} exit status */
function build() {
  if (!supported)
    throw new Error(`nothing to compile: on ${process.platform} Node's own function is used`)
  checkTools()
  const folder = path.join(path.dirname(compiledFile), '../compiling')
  process.stderr.write('Compiling.\n')
  try {
    const made = compile(folder)
    fs.mkdirSync(path.dirname(compiledFile), { recursive: true })
    fs.renameSync(made, compiledFile)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
  load()
  process.stdout.write(`${compiledFile}\n`)
  return 0
}

module.exports = build
