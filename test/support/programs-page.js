'use strict'

// docs/programs.md: what test/real/programs-work.test.js has seen.

const { describeRun, formatPage } = require('./pages')

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} version
 * @property {string} message what it prints without the package
 * @property {string} end how it ends then
 * @property {import('./programs').Way[]} ways in which it works
 * @property {string} seen
 */

const PAGE = 'programs.md'

/** @type {Record<import('./programs').Way, string>} */
const WAYS = { register: '`--require`', preload: '`LD_PRELOAD`', run: '`run`' }

/** @param {Row} row */
const line = ({ name, version, message, end, ways, seen }) =>
  `| ${name} (${version}) | \`${message}\`, ${end} | ${ways.map((way) => WAYS[way]).join(', ')} | ${seen} |`

/**
 * @param {Row[]} rows
 * @param {string[]} missing the programs that were not run
 * @returns {Promise<string>}
 */
function makePage(rows, missing) {
  return formatPage(`# Programs

Each of these programs runs in a sandbox where \`socket(AF_NETLINK)\` fails with EPERM, as in OpenShell v0.0.33 to v0.0.54. It fails
there alone, and works with the package.

| program and version | without the package | works with | what is seen |
| --- | --- | --- | --- |
${rows.map(line).join('\n')}
${missing.length === 0 ? '' : `\nNot run, because a download failed or a program is not installed: ${missing.join('; ')}.\n`}
The third column lists every way that works alone:

| way | what to type |
| --- | --- |
| \`--require\` | \`export NODE_OPTIONS="$NODE_OPTIONS --require=$(npx osh-ifaddrs register-path)"\` |
| \`LD_PRELOAD\` | \`export LD_PRELOAD="$LD_PRELOAD $(npx osh-ifaddrs preload-path)"\` |
| \`run\` | \`npx osh-ifaddrs run -- program\` sets both |

\`--require\` does not reach programs that are not Node, and native addons that call getifaddrs(3): hyperdht and zeromq. A peer is a
program in another network namespace, at the other end of a virtual Ethernet link.

Seen on ${describeRun()}. To repeat it, and to write this page:

    npm run test:real -- programs-work
`)
}

module.exports = { PAGE, makePage }
