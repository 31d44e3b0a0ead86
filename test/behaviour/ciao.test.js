'use strict'

// @homebridge/ciao advertises a service from inside the sandbox, and a peer outside resolves it.

const t = require('tap')
const { requirements } = require('../support/requirements')
const {
  SANDBOX,
  advertiseAndResolve,
  advertiseWithoutPackage,
  makeFixture
} = require('../support/openshell-fixture')

const skip = requirements()

t.test('ciao in an OpenShell sandbox', { skip }, async (t) => {
  const fixture = makeFixture()
  t.teardown(() => fixture.remove())

  const bare = advertiseWithoutPackage(fixture.sandbox)
  t.not(bare.status, 0, 'control: without the package ciao crashes')
  t.match(bare.stderr, 'uv_interface_addresses returned Unknown system error 1')

  const { status, output, found } = await advertiseAndResolve(fixture)
  t.match(output, /^advertised$/m)
  t.equal(status, 0)
  t.match(found, {
    name: 'gateway._osh-demo._tcp.local',
    port: 18789,
    txt: ['role=gateway'],
    address: SANDBOX
  })
})
