// Installs Debian packages that are lacking, where it may: as root, or by a sudo that asks nothing.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

/**
 * Runs a program to its end and ends this one if it fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
function run(command, args, options) {
  const root = path.join(__dirname, '..')
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (status !== 0) {
    console.error(`setup: ${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
    process.exit(1)
  }
}

/** @param {string} command */
function exists(command) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return folders.some((folder) => folder !== '' && fs.existsSync(path.join(folder, command)))
}

/** @param {string[]} names */
function lackingDebianPackages(names) {
  const query = ['--show', '--showformat', '${Package} ${db:Status-Status}\n', ...names]
  const { stdout } = spawnSync('dpkg-query', query, { encoding: 'utf8' })
  const installed = stdout.split('\n').filter((line) => line.endsWith(' installed'))
  return names.filter((name) => !installed.includes(`${name} installed`))
}

/** @param {string[]} names */
function installDebianPackages(names) {
  if (!exists('dpkg-query')) return
  const lacking = lackingDebianPackages(names)
  if (lacking.length === 0) return
  const isRoot = process.getuid?.() === 0
  const maySudo = !isRoot && spawnSync('sudo', ['-n', 'true']).status === 0
  if (!isRoot && !maySudo) {
    console.error(`setup: as root, run first: apt-get install ${lacking.join(' ')}`)
    process.exit(1)
  }
  console.error(`setup: installing ${lacking.join(' ')}`)
  const prefix = isRoot ? [] : ['sudo', '-n']
  const apt = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-y']
  run(apt[0], [...apt.slice(1), 'update'])
  run(apt[0], [...apt.slice(1), '--no-install-recommends', 'install', ...lacking])
}

module.exports = { installDebianPackages, run }
