'use strict'

// docs/sandboxes.md, as test/real/sandboxes.test.js writes it, and the facts that it contains.

const { spawnSync } = require('node:child_process')
const { describeRun, formatPage } = require('./pages')

const PAGE = 'sandboxes.md'

/**
 * What was found in a sandbox, as the page tells it.
 *
 * @typedef {object} Facts
 * @property {string} sandbox
 * @property {string} configuration
 * @property {string} native
 * @property {string} register
 * @property {string} program without and with the preload library
 * @property {string} doctor whom it names
 * @property {string} status its exit status
 * @property {string} watch
 */

const HEADINGS = [
  'sandbox',
  'configuration',
  'native',
  'with `register`',
  'another program',
  '`doctor`',
  'status',
  '`watch()`'
]

const INTRODUCTION = `# In other people's sandboxes

What \`os.networkInterfaces()\`, this package and its doctor answer in the sandboxes that people use. A test starts each of
them, and writes this page. To repeat it, as root:

    npm run test:real -- sandboxes

It fails if an answer is not the one that this page shows.

Each sandbox starts in a network namespace with \`lo\`, two more links, and IPv4 and IPv6 addresses.
[why-it-fails.md](why-it-fails.md) explains the failure, [doctor.md](doctor.md) the doctor's words, and
[deploy.md](deploy.md) how to use the package in some of these sandboxes.

The test starts what Debian and npm have. So it does not start OpenShell, Android or a snap; other tests imitate what
OpenShell and Android refuse.`

const LEGEND = `- **native**: what \`os.networkInterfaces()\` does. A code is that of the error. With ENOSYS, Node's message is
  \`A system error occurred: undefined returned undefined (undefined)\`.
- **with \`register\`**: its result after \`node -r osh-ifaddrs/register\`. "as outside": the same as outside the sandbox.
  "only \`lo\`": the sandbox has a network namespace of its own, in which there is nothing else.
- **netmasks inferred**: no call that the sandbox allows reports the netmasks of IPv4 addresses, so the package infers them
  from the routes.
- **one address omitted**: gVisor reports the link of only the first of a link's IPv4 addresses. \`diagnose()\` lists the
  others as omitted.
- **another program**: psutil, a Python library that calls getifaddrs(3), without the preload library → with
  \`osh-ifaddrs run\`. If both print the same, it is shown once.
- **zones as numbers**: the program prints \`fe80::1%2\` instead of \`fe80::1%eth0\`. The sandbox refuses sockets of every family,
  and glibc needs one to find the name.
- **\`doctor\`**, **status**: which sandbox \`osh-ifaddrs doctor\` names, and how sure it is; its exit status.
- **\`watch()\`**: its mode. gVisor's netlink reports no changes, so the package polls there although the native function works.`

/** @param {string[]} cells */
const toLine = (cells) => `| ${cells.join(' | ')} |`

/**
 * @param {string[]} headings
 * @param {string[][]} rows
 */
function toTable(headings, rows) {
  return [headings, headings.map(() => '---'), ...rows].map(toLine).join('\n')
}

/** @param {Facts} facts */
function toCells({ sandbox, configuration, native, register, program, doctor, status, watch }) {
  return [sandbox, configuration, native, register, program, doctor, status, watch]
}

/**
 * @param {string} name of a Debian package, or name and version of one of npm's
 * @returns {string[]} name and version
 */
function versionOf(name) {
  const at = name.lastIndexOf('@')
  if (at > 0) return [name.slice(0, at), name.slice(at + 1)]
  const { stdout } = spawnSync('dpkg-query', ['--show', '--showformat', '${Version}', name], {
    encoding: 'utf8'
  })
  return [name, stdout || 'unknown']
}

/**
 * @param {Facts[]} facts
 * @param {string[][]} versions of packages: names and versions
 * @returns {Promise<string>}
 */
function makePage(facts, versions) {
  const text = [
    INTRODUCTION,
    '## Answers',
    toTable(HEADINGS, facts.map(toCells)),
    LEGEND,
    '## Versions',
    `Run on ${describeRun()}.`,
    toTable(['package', 'version'], versions)
  ].join('\n\n')
  return formatPage(text)
}

/**
 * @param {string} page
 * @returns {string[]} the lines of the table of answers, whatever its columns' widths
 */
function readAnswers(page) {
  const [, answers = ''] = /^## Answers\n([^]*?)^## /m.exec(page) ?? []
  const lines = answers.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) => line.replace(/ +/g, ' '))
}

/** @param {Facts} facts */
const toAnswer = (facts) => toLine(toCells(facts))

module.exports = { PAGE, makePage, readAnswers, toAnswer, versionOf }
