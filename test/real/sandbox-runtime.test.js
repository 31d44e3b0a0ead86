'use strict'

// Anthropic's sandbox-runtime, `srt`. Its network namespace has only lo, and its filter refuses UNIX sockets, but not
// netlink: the native function works, a server can listen, and no setting shows more. `osh-ifaddrs doctor` must say
// so rather than advise on a policy.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { SRT_SETTINGS, SRT_STDIO, fetchSandboxRuntime } = require('../support/agents')
const { DOCTOR, REPORT, parseReport } = require('../support/doctor')
const { cleanEnvironment, makeFolder, projectRoot, run } = require('../support/package')
const { skipWithout } = require('../support/requirements')

t.setTimeout(1_800_000)
skipWithout(t, 'bwrap', 'socat', 'rg')

const APP = `
  const { networkInterfaces } = require(process.argv[2])
  const server = require('net').createServer().listen(0, '127.0.0.1', () => {
    const native = require('os').networkInterfaces()
    console.log(JSON.stringify({ native, ours: networkInterfaces() }))
    server.close()
  })`

const srt = fetchSandboxRuntime()
const folder = makeFolder(t)
fs.writeFileSync(path.join(folder, 'app.js'), APP)
const env = { ...cleanEnvironment(), HOME: folder, TMPDIR: folder }

/** @type {Record<string, { settings: object, seccomp: number }>} */
const cases = {
  'by default': { settings: SRT_SETTINGS, seccomp: 2 },
  'with domains': {
    settings: {
      ...SRT_SETTINGS,
      network: { ...SRT_SETTINGS.network, allowedDomains: ['example.org'] }
    },
    seccomp: 2
  },
  'without a filter': {
    settings: { ...SRT_SETTINGS, network: { ...SRT_SETTINGS.network, allowAllUnixSockets: true } },
    seccomp: 0
  },
  'in a container': { settings: { ...SRT_SETTINGS, enableWeakerNestedSandbox: true }, seccomp: 2 }
}

for (const [name, { settings, seccomp }] of Object.entries(cases)) {
  t.test(name, async (t) => {
    const file = path.join(folder, `${name}.json`)
    fs.writeFileSync(file, JSON.stringify(settings))
    const inSandbox = (...command) =>
      run([...srt, '-s', file, ...command], { cwd: folder, env, stdio: SRT_STDIO })
    const { stdout } = inSandbox(process.execPath, 'app.js', projectRoot)
    const { native, ours } = JSON.parse(stdout)
    t.strictSame(Object.keys(native), ['lo'], 'the native function works')
    t.strictSame(ours, native)

    const report = parseReport(t, inSandbox(...REPORT))
    t.match(report, {
      status: 0,
      native: { works: true },
      refusedCall: null,
      listen: null,
      mechanism: null,
      evidence: { seccomp }
    })
    t.equal(report.suspects[0]?.name, 'sandbox-runtime')
    t.strictSame(
      report.remedies.filter(({ change }) => change !== null),
      [],
      'nothing to change'
    )
    const text = inSandbox(...DOCTOR).stdout.replace(/\s+/g, ' ')
    t.match(text, 'only lo')
    t.match(text, 'no other link to report')
  })
}
