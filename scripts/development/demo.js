// `npm run demo`: the failure and the fix, in a sandbox like OpenShell's. Exits with 1 if a check fails.
'use strict'

const { requirements } = require('../../test/support/requirements')
const openshell = require('../../test/support/openshell-fixture')

const missing = requirements()
if (missing !== null) {
  console.error(`demo: ${missing}. Try: sudo npm run demo`)
  process.exit(1)
}

let failures = 0

/** @param {string} text */
function title(text) {
  console.log(`\n== ${text}`)
}

/**
 * @param {boolean} holds
 * @param {string} text
 */
function check(holds, text) {
  if (!holds) failures++
  console.log(`   ${holds ? 'ok' : 'NOT OK'}: ${text}`)
}

/** @param {string} text */
function quote(text) {
  for (const line of text.trimEnd().split('\n')) console.log(`   | ${line}`)
}

/** @param {string} stderr */
function errorLine(stderr) {
  return stderr.split('\n').find((line) => line.includes('Error')) ?? stderr
}

async function main() {
  const fixture = openshell.makeFixture()
  const { sandbox } = fixture
  const launch = openshell.OPENSHELL
  try {
    title('The sandbox')
    console.log('   network namespace with one veth, 10.200.0.2/24; unprivileged user;')
    console.log('   PR_SET_DUMPABLE=0; Landlock; seccomp: socket(AF_NETLINK) fails with EPERM')

    title("In it: node -p 'os.networkInterfaces()'")
    const native = sandbox.node(['-p', 'os.networkInterfaces()'], { launch })
    quote(errorLine(native.stderr))
    check(native.status !== 0, 'the native function throws')

    title("In it: node -r osh-ifaddrs/register -p 'os.networkInterfaces()'")
    const script = 'os.networkInterfaces().eth0'
    const ours = sandbox.node([...openshell.REGISTER, '-p', script], { launch })
    quote(ours.stdout)
    check(ours.stdout.includes(openshell.SANDBOX), 'ours answers')

    title('In it: @homebridge/ciao advertises a service without this package')
    const bare = openshell.advertiseWithoutPackage(sandbox)
    quote(errorLine(bare.stderr))
    check(bare.status !== 0, 'ciao fails')

    title(
      'In it: the same with -r osh-ifaddrs/register. Outside: a peer resolves it by multicast DNS'
    )
    const { output, found } = await openshell.advertiseAndResolve(fixture)
    quote(output)
    quote(JSON.stringify(found))
    check(found.address === openshell.SANDBOX, 'the peer resolves the service')
  } finally {
    fixture.remove()
  }
  process.exitCode = failures === 0 ? 0 : 1
}

main()
