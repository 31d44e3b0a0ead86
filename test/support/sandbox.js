'use strict'

// A namespace for tests of the launcher, and programs that report what they can do in a sandbox there. The
// launcher's options come from the tests.

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

// A thread that posts a message when it has loaded the addon, and then calls without pause.
const CALLER = `
  const { networkInterfaces } = require('osh-ifaddrs')
  networkInterfaces()
  require('node:worker_threads').parentPort.postMessage(0)
  for (;;) networkInterfaces()`

/**
 * Functions that run a program in a sandbox in the namespace, assert that it succeeds, and return its output.
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

/** A namespace with a veth pair, one end of which has an address of each family. The test's end removes it. */
function makeNamespace(t, label) {
  const ns = Namespace.create(label)
  t.teardown(() => ns.remove())
  vethPair(ns, ns, { left: 'd0', right: 'd1' })
  ns.batch(['link set lo up', 'addr add 10.0.0.1/24 dev d0', 'addr add fd00::1/64 dev d0'])
  ns.settle()
  return ns
}

module.exports = { CALLER, PERL, REPORT, makeNamespace, makeRunners }
