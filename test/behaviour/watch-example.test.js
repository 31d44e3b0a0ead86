'use strict'

// Runs the example of docs/watch.md in a sandbox that refuses netlink: a peer outside resolves the service by
// multicast DNS, before and after its address changes.

const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { OPENSHELL, PEER, SANDBOX, makeFixture } = require('../support/openshell-fixture')
const { requirements } = require('../support/requirements')
const { readSnippets } = require('../support/snippets')

const CHANGED = '10.200.0.7'
const RESOLVE = path.join(__dirname, '../support/fixtures/resolve.js')
const TRIES = 10

/**
 * @param {import('../support/namespace').Namespace} peer
 * @param {string} expected
 * @returns {string | undefined} the address of the service: the expected one, unless all tries find another
 */
function resolve(peer, expected) {
  let address
  for (let tries = 0; tries < TRIES && address !== expected; tries++)
    address = JSON.parse(peer.node([RESOLVE, PEER]).stdout || '{}').address
  return address
}

t.test('a service that advertises its new address', { skip: requirements() }, async (t) => {
  const [example] = readSnippets('docs/watch.md').filter(({ name }) => name === 'watch-example')
  const folder = t.testdir({ 'service.js': example.text })
  fs.chmodSync(folder, 0o755)
  const { peer, sandbox, remove } = makeFixture()
  t.teardown(remove)

  const service = sandbox.spawn([path.join(folder, 'service.js')], { launch: OPENSHELL })
  let output = ''
  service.stdout?.on('data', (chunk) => (output += chunk))
  service.stderr?.on('data', (chunk) => (output += chunk))
  await once(/** @type {import('node:stream').Readable} */ (service.stdout), 'data')
  t.equal(resolve(peer, SANDBOX), SANDBOX, 'the address at first')

  sandbox.batch([`addr del ${SANDBOX}/24 dev eth0`, `addr add ${CHANGED}/24 dev eth0`])
  while (output.split('advertised').length < 3)
    await once(/** @type {import('node:stream').Readable} */ (service.stdout), 'data')
  t.equal(resolve(peer, CHANGED), CHANGED, 'the address after the change')

  service.kill()
  const [, signal] = await once(service, 'exit')
  t.strictSame(
    { signal, output: output.replace(/advertised\n/g, '') },
    { signal: 'SIGTERM', output: '' }
  )
})
