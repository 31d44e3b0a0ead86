'use strict'

// For test/behaviour/ciao.test.js and the demo: a sandbox as OpenShell builds it, at 10.200.0.2, and a peer outside it
// at 10.200.0.1.

const path = require('node:path')
const { once } = require('node:events')
const { Namespace, vethPair } = require('./namespace')

const fixtures = path.join(__dirname, 'fixtures')
const OPENSHELL = ['--deny-family', 'netlink', '--errno', 'EPERM']
const PEER = '10.200.0.1'
const SANDBOX = '10.200.0.2'
const REGISTER = ['-r', 'osh-ifaddrs/register']

function makeFixture() {
  const peer = Namespace.create('peer')
  const sandbox = Namespace.create('sandbox')
  vethPair(peer, sandbox, { left: 'veth-peer', right: 'eth0' })
  peer.batch(['link set lo up', `addr add ${PEER}/24 dev veth-peer`])
  sandbox.batch([
    'link set lo up',
    `addr add ${SANDBOX}/24 dev eth0`,
    `route add default via ${PEER}`
  ])
  peer.settle()
  sandbox.settle()
  return {
    peer,
    sandbox,
    remove() {
      sandbox.remove()
      peer.remove()
    }
  }
}

/**
 * Runs the advertising service without the package until it exits. It is expected to crash.
 *
 * @param {Namespace} sandbox
 */
function advertiseWithoutPackage(sandbox) {
  return sandbox.node([path.join(fixtures, 'advertise.js')], { launch: OPENSHELL })
}

/**
 * Advertises with the package, and resolves with what the peer finds.
 *
 * @param {{ peer: Namespace, sandbox: Namespace }} fixture
 */
async function advertiseAndResolve({ peer, sandbox }) {
  const service = sandbox.spawn([...REGISTER, path.join(fixtures, 'advertise.js')], {
    launch: OPENSHELL
  })
  let output = ''
  service.stdout?.on('data', (chunk) => (output += chunk))
  service.stderr?.on('data', (chunk) => (output += chunk))
  const ended = once(service, 'exit')
  const resolver = peer.node([path.join(fixtures, 'resolve.js'), PEER])
  service.stdin?.end()
  const [status] = await ended
  return { status, output, resolver, found: JSON.parse(resolver.stdout || '{}') }
}

module.exports = {
  OPENSHELL,
  PEER,
  REGISTER,
  SANDBOX,
  advertiseAndResolve,
  advertiseWithoutPackage,
  makeFixture
}
