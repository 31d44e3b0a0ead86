'use strict'

// gVisor with the host's network. Its netlink works; a seccomp profile inside refuses it. What its sockets and
// its /proc answer differs from Linux: see src/kernel/netdevice.h and src/sources/procfs_parse.c.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { projectRoot } = require('../support/namespace')
const { makeBundle } = require('../support/oci')
const { OPEN, PROBE, makeProbeNamespace } = require('../support/probe')
const { requirements, skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')

const { EPERM } = os.constants.errno
const FAMILIES = { netlink: 16, inet: 2, inet6: 10 }

skipWithout(t)

// gVisor lists no labels, and has no route that tells two prefix lengths of one network apart.
const { ns, outside, runProbe } = makeProbeNamespace(t, 'gvisor', {
  links: [
    'link set lo up',
    'addr add 10.0.0.1/20 dev d0',
    'addr add 10.0.0.2/20 dev d0',
    'addr add 10.1.0.1/30 dev d1',
    'addr add fd00::1/64 dev d0'
  ],
  keys: ['d0', 'd1', 'lo']
})

/** Runs the probe in gVisor, which refuses sockets of these families. */
function probe(t, families) {
  const prefix = path.dirname(path.dirname(fs.realpathSync(process.execPath)))
  const paths = prefix === '/usr' ? [projectRoot] : [projectRoot, prefix]
  const bundle = makeTemporaryFolder(t)
  const syscalls = families.map((family) => ({
    names: ['socket'],
    action: 'SCMP_ACT_ERRNO',
    errnoRet: EPERM,
    args: [{ index: 0, value: FAMILIES[family], op: 'SCMP_CMP_EQ' }]
  }))
  const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls }
  makeBundle(bundle, { netns: ns.name, args: PROBE, paths, errno: EPERM, seccomp })
  const flags = ['--root', path.join(bundle, 'state'), '--ignore-cgroups']
  const command = ['runsc', ...flags, '--network=host', '--oci-seccomp', 'run', '--bundle', bundle]
  return runProbe(t, [...command, path.basename(bundle)], { cwd: '/' })
}

t.test('netlink refused', { skip: requirements('runsc') }, async (t) => {
  /** @type {[string[], string[]][]} */
  const cases = [
    [['netlink'], []],
    [['netlink', 'inet'], []],
    // A UNIX socket does not report whether a link is up.
    [['netlink', 'inet', 'inet6'], ['links']]
  ]
  for (const [families, missing] of cases) {
    await t.test(families.join(), async (t) => {
      const found = probe(t, families)
      t.equal(found.native, EPERM, 'the native function fails')
      t.strictSame(found.ours, outside)
      t.strictSame(found.patched, outside)
      t.strictSame(found.missing, missing)
    })
  }
})
