'use strict'

// A namespace to try the launcher in, and what programs do in the cage there. Knows of no option of the
// launcher's.

const { Namespace, vethPair } = require('./namespace')

const PERL = '/usr/bin/perl'

const REPORT = `
  const fs = require('node:fs')
  const status = fs.readFileSync('/proc/self/status', 'utf8')
  const field = (name) => status.match(new RegExp('^' + name + ':[ \\\\t]*(.*)$', 'm'))[1]
  console.log(JSON.stringify({
    interfaces: os.networkInterfaces(),
    uid: process.getuid(),
    gid: process.getgid(),
    groups: field('Groups').trim(),
    capabilities: field('CapEff'),
    noNewPrivileges: field('NoNewPrivs'),
    seccomp: field('Seccomp'),
    owner: fs.statSync('/proc/self/status').uid,
    netns: fs.readlinkSync('/proc/self/ns/net'),
    ipv6: fs.readFileSync('/proc/net/if_inet6', 'utf8').trim().split('\\n').length
  }))`

// A thread that says when it has loaded the addon, and calls from then on without pause.
const CALLER = `
  const { networkInterfaces } = require('osh-ifaddrs')
  networkInterfaces()
  require('node:worker_threads').parentPort.postMessage(0)
  for (;;) networkInterfaces()`

/**
 * What a program prints in a cage in the namespace; it must succeed.
 *
 * @param {Namespace} ns
 */
function makeRunners(ns) {
  const output = (t, launch, command, ...args) => {
    const { status, signal, stdout, stderr } = ns.exec(command, args, { launch })
    t.strictSame({ status, signal, stderr }, { status: 0, signal: null, stderr: '' }, `${launch}`)
    return stdout.trim()
  }
  const perl = (t, launch, script, ...args) => output(t, launch, PERL, '-e', script, '--', ...args)
  const node = (t, launch, script, ...args) =>
    output(t, launch, process.execPath, '-e', script, '--', ...args)
  const report = (t, launch) => JSON.parse(node(t, launch, REPORT))
  return { node, perl, report }
}

/** Two links joined, one with an address of each family. It goes with the test. */
function makeNamespace(t, label) {
  const ns = Namespace.create(label)
  t.teardown(() => ns.remove())
  vethPair(ns, ns, { left: 'd0', right: 'd1' })
  ns.batch(['link set lo up', 'addr add 10.0.0.1/24 dev d0', 'addr add fd00::1/64 dev d0'])
  ns.settle()
  return ns
}

module.exports = { CALLER, PERL, REPORT, makeNamespace, makeRunners }
