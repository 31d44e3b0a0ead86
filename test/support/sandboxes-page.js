'use strict'

// docs/sandboxes.md: test/real/sandboxes.test.js writes it, and compares its results with the committed page.

const { spawnSync } = require('node:child_process')
const { describeRun, formatPage, toLine, toTable } = require('./pages')

const PAGE = 'sandboxes.md'

/**
 * A row of the page: what was found in a sandbox.
 *
 * @typedef {object} Facts
 * @property {string} sandbox
 * @property {string} configuration
 * @property {string} native
 * @property {string} register
 * @property {string} program without and with the preload library
 * @property {string} doctor which sandbox it names
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

const INTRODUCTION = `# Sandboxes

What \`os.networkInterfaces()\`, the package and its doctor report in widely used sandboxes. To repeat it, as root:

    npm run test:real -- sandboxes

The test starts each sandbox, writes this page, and fails if a result is not the one that the page shows. Each sandbox starts in
a network namespace with \`lo\`, two more links, and IPv4 and IPv6 addresses.

The test starts only what Debian and npm provide, so not OpenShell, Android or snap. Other tests imitate what OpenShell and
Android refuse.

[why-it-fails.md](why-it-fails.md) explains the failure, [doctor.md](doctor.md) the doctor's report, and [deploy.md](deploy.md)
how to use the package in some of these sandboxes.`

const LEGEND = `| column | meaning |
| --- | --- |
| native | the outcome of \`os.networkInterfaces()\`: \`works\`, or the code of the error; for ENOSYS, Node's message is \`A system error occurred: undefined returned undefined (undefined)\` |
| with \`register\` | its result with \`node -r osh-ifaddrs/register\` |
| another program | the result of psutil, a Python library that calls getifaddrs(3), alone → with \`osh-ifaddrs run\`; shown once if both are equal |
| \`doctor\` | the sandbox that \`osh-ifaddrs doctor\` names, and the certainty |
| status | the doctor's exit status |
| \`watch()\` | its mode; in gVisor, netlink reports no changes, so the package polls although the native function works |

| result | meaning |
| --- | --- |
| as outside | the same as outside the sandbox |
| only \`lo\` | the sandbox has a network namespace of its own, which has no other link |
| netmasks inferred | no allowed call reports the netmasks of IPv4 addresses, so the package infers them from the routes |
| one address omitted | gVisor reports the link of only the first of a link's IPv4 addresses; \`diagnose()\` lists the others as omitted |
| zones as numbers | the program prints \`fe80::1%2\` instead of \`fe80::1%eth0\`: glibc needs a socket to find the name, and the sandbox refuses all |`

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
    '## Results',
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
 * @returns {string[]} the lines of the table of results, without padding
 */
function readAnswers(page) {
  const [, answers = ''] = /^## Results\n([^]*?)\n\n\| column /m.exec(page) ?? []
  const lines = answers.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) => line.replace(/ +/g, ' '))
}

/** @param {Facts} facts */
const toAnswer = (facts) => toLine(toCells(facts))

module.exports = { PAGE, makePage, readAnswers, toAnswer, versionOf }
