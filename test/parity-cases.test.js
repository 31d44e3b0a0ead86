'use strict'

// Compares the native function with ours outside the sandbox, on common networks. parity.test.js does the same
// on generated ones.

const t = require('tap')
const { Namespace, requirements } = require('./support/namespace')
const { build, read } = require('./support/topology')
const { cases } = require('./support/topology-cases')

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

for (const [name, { keys, ...topology }] of Object.entries(cases)) {
  t.test(name, async (t) => {
    const ns = Namespace.create('cases')
    t.teardown(() => ns.remove())
    t.teardown(await build(ns, topology))
    // Settling would end the tentative state.
    if (name !== 'tentative') ns.settle()
    const { native, ours, diagnosis } = read(ns)
    t.strictSame(Object.keys(JSON.parse(native.answer)), keys, 'the topology is as described')
    t.equal(ours.answer, native.answer)
    t.equal(diagnosis.complete, true)
    const flags = ns.ip('-6 addr show tentative')
    t.equal(flags !== '', name === 'tentative', flags)
  })
}
