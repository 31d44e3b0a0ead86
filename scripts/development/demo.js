// `npm run demo`: the failure and what the package does about it, in a sandbox like OpenShell's. Exits with 1 if a
// check fails.
'use strict'

const { makeFixture } = require('../../test/support/openshell-fixture')
const { requirements } = require('../../test/support/requirements')
const { PARTS, withoutFrames } = require('./demonstration')

const SANDBOX = `The sandbox: a network namespace with one veth, 10.200.0.2/24; an unprivileged user; PR_SET_DUMPABLE=0;
Landlock; a seccomp filter by which socket(AF_NETLINK) fails with EPERM.`

/** @param {import('./demonstration').Part} part */
function print({ title, steps, claim, holds }) {
  console.log(`\n== ${title}`)
  for (const { place, command, output } of steps) {
    console.log(`   ${place}${command === undefined ? ', then' : ` $ ${command}`}`)
    for (const line of withoutFrames(output)) console.log(`   | ${line}`)
  }
  console.log(`   ${holds ? 'ok' : 'NOT OK'}: ${claim}`)
  if (!holds) process.exitCode = 1
}

async function main() {
  const missing = requirements()
  if (missing !== null) {
    console.error(`demo: ${missing}. Try: sudo npm run demo`)
    process.exitCode = 1
    return
  }
  console.log(SANDBOX)
  const fixture = makeFixture()
  try {
    for (const show of PARTS) print(await show(fixture))
  } finally {
    fixture.remove()
  }
}

main()
