'use strict'

// Bun, its build for musl, and Deno, from the npm registry.

const path = require('node:path')
const { cacheFolder, fetchFromNpm, runChecked } = require('./package')

const PACKAGES = {
  bun: {
    x64: '@oven/bun-linux-x64@1.4.5',
    arm64: '@oven/bun-linux-aarch64@1.4.5',
    file: 'bin/bun'
  },
  'bun-musl': {
    x64: '@oven/bun-linux-x64-musl@1.4.5',
    arm64: '@oven/bun-linux-aarch64-musl@1.4.5',
    file: 'bin/bun'
  },
  deno: { x64: '@deno/linux-x64-glibc@2.9.6', arm64: '@deno/linux-arm64-glibc@2.9.6', file: 'deno' }
}

/**
 * Returns the path of a runtime's executable.
 *
 * @param {keyof typeof PACKAGES} name
 * @param {string} [arch]
 */
function runtime(name, arch = process.arch) {
  const { file, ...packages } = PACKAGES[name]
  return fetchFromNpm(packages[/** @type {'x64' | 'arm64'} */ (arch)], file)
}

/**
 * Compiles a program into one file with Bun, as opencode and Claude Code are.
 *
 * @param {string} source
 */
function compileWithBun(source) {
  const output = path.join(cacheFolder, `${path.basename(source, '.js')}-compiled`)
  runChecked([runtime('bun'), 'build', '--compile', source, '--outfile', output], {
    cwd: cacheFolder
  })
  return output
}

module.exports = { compileWithBun, runtime }
