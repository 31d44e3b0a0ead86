'use strict'

// Runs the command `osh-ifaddrs` as a shell script, without tap's options for Node.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { projectRoot } = require('./namespace')

const FILE = 'lib/command-line/osh-ifaddrs'
const command = path.join(projectRoot, FILE)

// tap adds its modules, which listen for signals, to every Node that child_process starts; env(1) prevents that.
const ENV = '/usr/bin/env'
const UNSET = ['-u', 'NODE_OPTIONS', '-u', 'LD_PRELOAD']

/**
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions & { before?: string[], file?: string }} [options] `before`:
 *   a shell, or variables
 */
function runCommand(args, { before = [], file = command, ...options } = {}) {
  const { status, signal, stdout, stderr } = spawnSync(ENV, [...UNSET, ...before, file, ...args], {
    timeout: 30_000,
    ...options,
    encoding: 'utf8'
  })
  return { status, signal, stdout, stderr }
}

/**
 * Makes a copy of the package without a binary, or with the one that is compiled.
 *
 * @param {string} folder
 * @param {{ compiled?: boolean }} [options]
 * @returns {string} the command
 */
function copyPackage(folder, { compiled = true } = {}) {
  const release = 'build/Release'
  fs.cpSync(path.join(projectRoot, 'lib'), path.join(folder, 'lib'), { recursive: true })
  fs.copyFileSync(path.join(projectRoot, 'package.json'), path.join(folder, 'package.json'))
  if (compiled)
    fs.cpSync(path.join(projectRoot, release), path.join(folder, release), { recursive: true })
  return path.join(folder, FILE)
}

module.exports = { ENV, UNSET, command, copyPackage, runCommand }
