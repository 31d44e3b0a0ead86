'use strict'

// The main job: @homebridge/ciao advertises from inside the sandbox, and a peer outside resolves it.

const t = require('tap')
const { requirements } = require('./support/namespace')
const { SANDBOX, advertiseAndResolve, advertiseBare, makeScene } = require('./support/scene')

const skip = requirements() ?? false

t.test('ciao in an OpenShell sandbox', { skip }, async (t) => {
  const scene = makeScene()
  t.teardown(() => scene.remove())

  const bare = advertiseBare(scene.sandbox)
  t.not(bare.status, 0, 'control: without the package it dies; if not, there is nothing to fix')
  t.match(bare.stderr, 'uv_interface_addresses returned Unknown system error 1')

  const { status, output, found } = await advertiseAndResolve(scene)
  t.match(output, /^advertised$/m)
  t.equal(status, 0)
  t.match(found, {
    name: 'gateway._osh-demo._tcp.local',
    port: 18789,
    txt: ['role=gateway'],
    address: SANDBOX
  })
})
