'use strict'

// The native function and ours, side by side outside the sandbox, on the networks that people have.
// parity.test.js does the same on networks that nobody has.

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
    // What is tentative is to be so still when it is read.
    if (name !== 'tentative') ns.settle()
    const { native, ours, diagnosis } = read(ns)
    t.strictSame(Object.keys(JSON.parse(native.answer)), keys, 'the topology is the one meant')
    t.equal(ours.answer, native.answer)
    t.equal(diagnosis.complete, true)
    const flags = ns.ip('-6 addr show tentative')
    t.equal(flags !== '', name === 'tentative', flags)
  })
}
