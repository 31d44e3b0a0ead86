'use strict'

// Imitates what Electron does for archives, which is not installed by the tests: JavaScript is in app.asar, here a
// folder, the files that asarUnpack names are in app.asar.unpacked, and programs find both below app.asar. Electron
// patches fs, the module loader's own calls, and process.dlopen(). Preloaded with -r.

const fs = require('node:fs')
const Module = require('node:module')
const path = require('node:path')

/** @param {unknown} file */
function toReal(file) {
  if (typeof file !== 'string') return file
  const unpacked = file.replace(/\/app\.asar\//, '/app.asar.unpacked/')
  return existsSync(unpacked) ? unpacked : file
}

const { existsSync, readFileSync, statSync } = fs
const { dlopen } = process
fs.readFileSync = (file, ...rest) => readFileSync(toReal(file), ...rest)
fs.statSync = (file, ...rest) => statSync(toReal(file), ...rest)
process.dlopen = (module, file, ...rest) =>
  dlopen.call(process, module, /** @type {string} */ (toReal(file)), ...rest)

const resolveFilename = Module._resolveFilename
Module._resolveFilename = (request, parent, ...rest) => {
  const file = path.resolve(path.dirname(parent?.filename ?? ''), request)
  if (request.endsWith('.node') && toReal(file) !== file) return file
  return resolveFilename(request, parent, ...rest)
}
