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

  const [{ output }, status] = advertiseWithoutPackage(fixture.sandbox)
  t.match(output, 'uv_interface_addresses returned Unknown system error 1')
  t.equal(status.output, '1\n', 'control: without the package ciao crashes')

  const { status: ended, service, found } = await advertiseAndResolve(fixture)
  t.equal(service.output, 'advertised\n')
  t.equal(ended, 0)
  t.match(found, {
    port: 18789,
    txt: ['role=gateway'],
    address: SANDBOX
  })
})
