'use strict'

// The sandboxes of coding agents, from the npm registry.

const fs = require('node:fs')
const path = require('node:path')
const { cleanEnvironment, fetchFromNpm, fetchNode, makeFolder } = require('./package')

const CODEX = '@openai/codex@0.171.0'
const SRT = '@anthropic-ai/sandbox-runtime@0.0.83'

// Outside of a session, Codex takes the mode only from the command line.
const CODEX_MODE = ['-c', 'sandbox_mode=workspace-write']

const SRT_SETTINGS = {
  filesystem: { denyRead: [], allowWrite: ['.'], denyWrite: [] },
  network: { allowedDomains: [], deniedDomains: [] }
}

/**
 * srt starts bash(1), which reads ~/.bashrc if its standard input is a socket and SHLVL is less than 2, as if rshd
 * had started it. srt forbids that file.
 *
 * @type {import('node:child_process').StdioOptions}
 */
const SRT_STDIO = ['ignore', 'pipe', 'pipe']

/** @returns {string} Codex's executable */
function fetchCodex() {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch]
  const platform = `../codex-linux-${process.arch}`
  const file = `${platform}/vendor/${machine}-unknown-linux-musl/bin/codex`
  return fetchFromNpm(CODEX, file)
}

/**
 * Codex leaves this behind, whatever TMPDIR is.
 *
 * @param {import('tap').Test} t
 */
function removeCodexFolder(t) {
  const folder = `/tmp/codex-daemon-${process.getuid?.()}`
  if (!fs.existsSync(folder)) t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
}

/**
 * Makes a folder for Codex to work in, and Codex's configuration.
 *
 * @param {import('tap').Test} t
 * @param {string} configuration the content of config.toml
 */
function makeCodexFolder(t, configuration) {
  const folder = makeFolder(t)
  // Codex allows no home below the folder for temporary files.
  const [home, temporary] = ['home', 'temporary'].map((name) => path.join(folder, name))
  fs.mkdirSync(home)
  fs.mkdirSync(temporary)
  fs.writeFileSync(path.join(home, 'config.toml'), configuration)
  return { folder, env: { ...cleanEnvironment(), CODEX_HOME: home, TMPDIR: temporary } }
}

/** @returns {string[]} the command that starts srt, which itself needs Node 22 */
function fetchSandboxRuntime() {
  return [fetchNode(22, process.arch), fetchFromNpm(SRT, 'dist/cli.js')]
}

module.exports = {
  CODEX,
  CODEX_MODE,
  SRT,
  SRT_SETTINGS,
  SRT_STDIO,
  fetchCodex,
  fetchSandboxRuntime,
  makeCodexFolder,
  removeCodexFolder
}
