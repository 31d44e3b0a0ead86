'use strict'

// Bun and Deno. Their binaries come from the npm registry and are kept below test/build.

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
function runForOutput(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    // Without the options that tap adds.
    env: { ...process.env, NODE_OPTIONS: '' }
  })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

/**
 * Returns the path of a runtime's executable, and downloads it on first use.
 *
 * @param {'bun' | 'deno'} name
 */
function runtime(name) {
  const { file, ...packages } = PACKAGES[name]
  const spec = packages[/** @type {'x64' | 'arm64'} */ (process.arch)]
  const target = path.join(folder, spec.replace(/\W+/g, '-'))
  const executable = path.join(target, 'package', file)
  if (!fs.existsSync(executable)) {
    // The rename makes the folder appear complete, even if this process is interrupted.
    const partial = `${target}.${process.pid}`
    fs.mkdirSync(partial, { recursive: true })
    const archive = runForOutput('npm', ['pack', spec, '--silent', '--pack-destination', partial])
    runForOutput('tar', ['-xzf', path.join(partial, archive), '-C', partial])
    fs.rmSync(path.join(partial, archive))
    fs.chmodSync(path.join(partial, 'package', file), 0o755)
    try {
      fs.renameSync(partial, target)
    } catch (error) {
      // A parallel test was faster.
      if (!fs.existsSync(executable)) throw error
      fs.rmSync(partial, { recursive: true })
    }
  }
  return executable
}

/**
 * Compiles a program into one file with Bun, as opencode and Claude Code are.
 *
 * @param {string} source
 */
function compileWithBun(source) {
  const output = path.join(folder, `${path.basename(source, '.js')}-compiled`)
  runForOutput(runtime('bun'), ['build', '--compile', source, '--outfile', output])
  return output
}

module.exports = { compileWithBun, runtime }
