'use strict'

// Runs `osh-ifaddrs doctor` in other people's sandboxes.

const path = require('node:path')
const { projectRoot } = require('./launch')
const { OPEN } = require('./probe')

/** Arguments of Node, to print what the doctor finds, for people; and as JSON. */
const DOCTOR_ARGS = [path.join(projectRoot, 'lib/command-line/cli.js'), 'doctor']
const REPORT_ARGS = [...DOCTOR_ARGS, '--json']

/** The same as commands. */
const DOCTOR = [process.execPath, ...DOCTOR_ARGS]
const REPORT = [process.execPath, ...REPORT_ARGS]

/**
 * @param {import('tap').Test} t
 * @param {{ status: number | null, stdout: string, stderr: string }} result of REPORT
 */
function parseReport(t, { status, stdout, stderr }) {
  t.equal(stderr, '')
  const report = JSON.parse(stdout)
  t.equal(status, report.status, 'the exit status is that of the report')
  return report
}

/**
 * @param {import('tap').Test} t
 * @param {import('./namespace').Namespace} ns
 * @param {string[]} command that runs REPORT
 * @param {import('./namespace').ExecOptions} [options]
 */
function diagnose(t, ns, command, options) {
  return parseReport(t, ns.exec('env', command, { launch: OPEN, cwd: '/', ...options }))
}

/**
 * Functions that run the doctor in a namespace. `sandbox` is a command without its last words, which are the
 * program to start; `explain` returns the text for people, in one line.
 *
 * @param {import('./namespace').Namespace} ns
 */
function makeDoctor(ns) {
  return {
    /** @type {(t: import('tap').Test, sandbox: string[], options?: import('./namespace').ExecOptions) => any} */
    diagnose: (t, sandbox, options) => diagnose(t, ns, [...sandbox, ...REPORT], options),
    /** @type {(sandbox: string[], options?: import('./namespace').ExecOptions) => string} */
    explain: (sandbox, options) =>
      ns
        .exec('env', [...sandbox, ...DOCTOR], { launch: OPEN, cwd: '/', ...options })
        .stdout.replace(/\s+/g, ' ')
        .trim()
  }
}

const PROTOCOLS = { route: 0, sockDiag: 4, generic: 16 }

/** A command that prints the errnos of socket(AF_NETLINK) for PROTOCOLS; 0 is success. */
const TRY_PROTOCOLS = [
  'perl',
  '-e',
  'print join " ", map { socket(my $socket, 16, 3, $_) ? 0 : $!+0 } @ARGV',
  ...Object.values(PROTOCOLS).map(String)
]

/**
 * Asserts that of the protocols of netlink, a command that runs TRY_PROTOCOLS may use only NETLINK_ROUTE.
 *
 * @param {import('tap').Test} t
 * @param {import('./namespace').Namespace} ns
 * @param {string[]} command
 * @param {number} errno of the others
 */
function checkOnlyRoute(t, ns, command, errno) {
  const { stdout } = ns.exec('env', command, { launch: OPEN, cwd: '/' })
  t.equal(stdout, `0 ${errno} ${errno}`, 'the other protocols of netlink are refused')
}

module.exports = {
  DOCTOR,
  DOCTOR_ARGS,
  REPORT,
  REPORT_ARGS,
  TRY_PROTOCOLS,
  checkOnlyRoute,
  diagnose,
  makeDoctor,
  parseReport
}
