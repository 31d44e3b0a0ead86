'use strict'

// Commands as a user types them in the folder of advertise.js and resolve.js, with what a terminal shows of them.

const path = require('node:path')
const { becomes } = require('./becomes')
const { projectRoot } = require('./launch')

/** @typedef {import('./namespace').Namespace} Namespace */
/** @typedef {{ command: string, output: string }} Typed */

const DEADLINE_MS = 20_000

/** @param {string[]} launch options of the launcher; none: outside of any sandbox */
function optionsFor(launch) {
  const folders = [path.dirname(process.execPath), path.join(projectRoot, 'lib/command-line')]
  const env = {
    PATH: [...folders, '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':'),
    FORCE_COLOR: undefined,
    LD_PRELOAD: undefined,
    NODE_DEBUG: undefined,
    NO_COLOR: '1'
  }
  return {
    cwd: path.join(__dirname, 'fixtures'),
    env,
    launch: launch.length === 0 ? undefined : launch
  }
}

/**
 * Runs commands in one shell, each until it ends.
 *
 * @param {Namespace} ns
 * @param {string[]} launch
 * @param {string[]} commands
 * @returns {Typed[]}
 */
function type(ns, launch, ...commands) {
  // The NUL ends the output of a command, and `exit` hands its status on to the next.
  const script = commands.map((command) => `${command}\n{ s=$?; printf '\\0'; (exit $s); }`)
  const { stdout } = ns.exec('sh', ['-c', ['exec 2>&1', ...script].join('\n')], optionsFor(launch))
  const outputs = stdout.split('\0')
  return commands.map((command, i) => ({ command, output: outputs[i] ?? '' }))
}

/**
 * Starts a command, and waits until it prints something or ends.
 *
 * @param {Namespace} ns
 * @param {string[]} launch
 * @param {string} command
 */
async function start(ns, launch, command) {
  const typed = { command, output: '' }
  const child = ns.spawnCommand('sh', ['-c', `exec 2>&1\nexec ${command}`], optionsFor(launch))
  child.stdout?.on('data', (chunk) => (typed.output += chunk))
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve) => child.on('close', resolve))
  /** @param {() => unknown} isTrue */
  const waitFor = (isTrue) =>
    becomes(() => isTrue() || child.exitCode !== null || child.signalCode !== null, DEADLINE_MS)
  await waitFor(() => typed.output !== '')
  return {
    typed,
    waitFor,
    /** Ends its standard input, and resolves with its exit status. */
    end() {
      child.stdin?.end()
      return ended
    },
    kill() {
      child.kill()
      return ended
    }
  }
}

module.exports = { start, type }
