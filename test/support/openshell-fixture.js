'use strict'

// For test/behaviour/ciao.test.js, the demo and the picture: a sandbox as OpenShell builds it, at 10.200.0.2, and a
// peer outside it at 10.200.0.1.

const { Namespace, vethPair } = require('./namespace')
const { start, type } = require('./typed')

const OPENSHELL = ['--deny-family', 'netlink', '--errno', 'EPERM']
const PEER = '10.200.0.1'
const SANDBOX = '10.200.0.2'

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
  return type(sandbox, OPENSHELL, 'node advertise.js', 'echo $?')
}

/**
 * Advertises with the package, and resolves with what the peer finds.
 *
 * @param {{ peer: Namespace, sandbox: Namespace }} fixture
 */
async function advertiseAndResolve({ peer, sandbox }) {
  const command = 'node -r osh-ifaddrs/register advertise.js'
  const { typed: service, end } = await start(sandbox, OPENSHELL, command)
  const [resolver] = type(peer, [], `node resolve.js ${PEER}`)
  const status = await end()
  const [json] = /^\{.*\}$/m.exec(resolver.output) ?? ['{}']
  return { status, service, resolver, found: JSON.parse(json) }
}

module.exports = {
  OPENSHELL,
  PEER,
  SANDBOX,
  advertiseAndResolve,
  advertiseWithoutPackage,
  makeFixture
}
