'use strict'

// docs/programs.md: test/real/programs-work.test.js writes what it has seen.

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

Each of these programs fails in a sandbox where \`socket(AF_NETLINK)\` fails with EPERM, as in OpenShell v0.0.33 to v0.0.54. With
the package, it works there. To repeat it, and to write this page:

    npm run test:real -- programs-work

| program and version | without the package | works with | how the test sees it |
| --- | --- | --- | --- |
${rows.map(line).join('\n')}
${missing.length === 0 ? '' : `\nNot run, because a download failed or a program is not installed: ${missing.join('; ')}.\n`}
The third column lists each way that is enough:

| way | command |
| --- | --- |
| \`--require\` | \`export NODE_OPTIONS="$NODE_OPTIONS --require=$(npx osh-ifaddrs register-path)"\` |
| \`LD_PRELOAD\` | \`export LD_PRELOAD="$LD_PRELOAD $(npx osh-ifaddrs preload-path)"\` |
| \`run\` | \`npx osh-ifaddrs run -- program\` (sets both variables) |

- \`--require\` reaches neither programs other than Node nor native addons that call getifaddrs(3), such as those of hyperdht
  and zeromq.
- A peer is a program in another network namespace, at the other end of a virtual Ethernet link.

Run on ${describeRun()}.
`)
}

module.exports = { PAGE, makePage }
