'use strict'

// Links whose names are also those of properties of Object.prototype: each supported Node throws a TypeError, or leaves
// the link out and changes Object.prototype. `osh-ifaddrs doctor` must say so, and must suspect no sandbox; each of
// its remedies must work.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { remedyFor } = require('../support/advice')
const { REPORT_ARGS, parseReport } = require('../support/doctor')
const { Namespace, projectRoot, vethPair } = require('../support/namespace')
const { nodeVersions } = require('../support/node-versions')
const { makeFolder } = require('../support/package')
const { skipWithout } = require('../support/requirements')

const APP = 'console.log(Object.keys(require("os").networkInterfaces()).includes("NAME"))'

t.setTimeout(1_800_000)
skipWithout(t)

const nodes = nodeVersions()

/** A namespace in which the link has an address. */
function makeNamespace(t, name) {
  const ns = Namespace.create('link-names')
  t.teardown(() => ns.remove())
  vethPair(ns, ns, { left: name, right: 'd1' })
  ns.batch(['link set lo up', `addr add 10.0.0.1/24 dev ${name}`])
  ns.settle()
  return ns
}

for (const name of ['constructor', 'toString', '__proto__']) {
  t.test(`a link named ${name}`, async (t) => {
    const ns = makeNamespace(t, name)
    const folder = makeFolder(t)
    fs.writeFileSync(path.join(folder, 'app.js'), APP.replace('NAME', name))
    fs.mkdirSync(path.join(folder, 'node_modules'))
    fs.symlinkSync(projectRoot, path.join(folder, 'node_modules/osh-ifaddrs'))
    const diagnose = (execPath) => parseReport(t, ns.exec(execPath, REPORT_ARGS))

    for (const { major, execPath } of nodes) {
      const env = { PATH: `${path.dirname(execPath)}:${process.env.PATH}` }
      const run = (script) => ns.exec('sh', ['-c', script], { cwd: folder, env })
      t.not(run('node app.js').stdout, 'true\n', `control: Node ${major} fails`)

      const report = diagnose(execPath)
      t.match(report, {
        status: 1,
        native: { works: false, errno: null, code: null, message: String },
        refusedCall: null,
        mechanism: { name: 'Node', certainty: 'high' }
      })
      t.strictSame(report.suspects, [])
      t.match(report.mechanism.because.join(), name)
      const { change } = remedyFor(t, report, 'this process')
      t.equal(run(change).stdout, 'true\n', `Node ${major}: ${change}`)
      t.equal(remedyFor(t, report, 'Node').change, 'ip link set dev NAME name OTHER')
    }

    ns.batch([`link set ${name} down`, `link set dev ${name} name d0`, 'link set d0 up'])
    ns.settle()
    for (const { major, execPath } of nodes) {
      t.match(diagnose(execPath), { status: 0, native: { works: true } }, `Node ${major}: renamed`)
    }
  })
}
