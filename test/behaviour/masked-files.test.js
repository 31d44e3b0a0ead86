'use strict'

// Files of /proc/net that are not the kernel's, because a sandbox mounted others over them. Reading must neither
// wait for them nor believe them. With fstatfs(2) refused, only the format shows it.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { launcher } = require('../support/namespace')
const { OPEN, PROBE, makeProbeNamespace } = require('../support/probe')
const { skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')

skipWithout(t)

const { ns, outside, runProbe } = makeProbeNamespace(t, 'masked')

const LINE = 'fd99000000000000000000000000000a 07 40 00 80       d7\n'
const folder = makeTemporaryFolder(t)
/** @param {string} name @param {string} content @returns {string} the path of a new file */
function write(name, content) {
  const file = path.join(folder, name)
  fs.writeFileSync(file, content)
  return file
}
ns.exec('mkfifo', [path.join(folder, 'fifo')])

/** Each with what reading it fails with if fstatfs(2) is refused; null: it is believed. */
const FILES = {
  'a FIFO': [path.join(folder, 'fifo'), 'read EBADMSG'],
  // Its other side is not open, so a read(2) waits.
  'a terminal': ['/dev/ptmx', 'read EAGAIN'],
  '/dev/null': ['/dev/null', 'read EBADMSG'],
  'NUL bytes': [write('zeros', '\0'.repeat(100)), 'read EBADMSG'],
  'a NUL byte in a line': [write('zero', LINE.replace('d7', '\0d7')), 'read EBADMSG'],
  'a last line that is cut off': [write('cut', LINE + LINE.slice(0, 40)), 'read EBADMSG'],
  'a line that does not parse': [write('frob', `${LINE}frob\n`), 'read EBADMSG'],
  'another file of /proc': ['/proc/version', null],
  'a line in the format': [write('good', LINE), null]
}

/**
 * Runs the probe with /proc/net masked by a folder in which one file is another, and the rest are the kernel's. A
 * mount over a single file would not last: these names are looked up again each time (pde_force_lookup()).
 */
function probe(t, source, name, denials) {
  const mask = makeTemporaryFolder(t)
  const proc = makeTemporaryFolder(t)
  for (const each of ['dev', 'if_inet6', 'ipv6_route', 'route'])
    fs.symlinkSync(
      each === name ? source : `${proc}/thread-self/net/${each}`,
      path.join(mask, each)
    )
  const script = `
    mount -t proc proc ${proc}
    mount --bind ${mask} /proc/$$/net
    mount --bind ${mask} /proc/$$/task/$$/net
    exec "$@"`
  const shell = ['unshare', '--mount', 'sh', '-eu', '-c', script, 'sh']
  const launch = [launcher, ...OPEN, '--deny-family', 'netlink', ...denials, '--']
  return runProbe(t, [...shell, ...launch, ...PROBE], { timeout: 20_000 })
}

const withoutIPv6 = Object.fromEntries(
  Object.entries(outside)
    .map(([key, list]) => [key, list.filter(({ family }) => family === 'IPv4')])
    .filter(([, list]) => list.length > 0)
)

for (const [title, [file, failure]] of Object.entries(FILES)) {
  t.test(`if_inet6 is ${title}`, async (t) => {
    const { ours, missing, sources } = probe(t, file, 'if_inet6', [])
    t.strictSame(ours, withoutIPv6)
    t.strictSame(missing, ['ipv6'])
    const call = file.startsWith('/proc/') ? 'read' : 'fstatfs'
    t.equal(sources.procfs, `failed: ${call}(/proc/net/if_inet6) EBADMSG`)
  })
  if (file.startsWith('/proc/')) continue
  t.test(`if_inet6 is ${title}, and fstatfs() is refused`, async (t) => {
    const { ours, missing, sources } = probe(t, file, 'if_inet6', ['--deny-syscall', 'fstatfs'])
    if (failure === null) {
      t.equal(sources.procfs, 'answered')
      return
    }
    const [call, code] = failure.split(' ')
    t.strictSame(ours, withoutIPv6)
    t.strictSame(missing, ['ipv6'])
    t.equal(sources.procfs, `failed: ${call}(/proc/net/if_inet6) ${code}`)
  })
}

t.test("the kernel's files, and fstatfs() is refused", async (t) => {
  const denials = ['--deny-syscall', 'fstatfs']
  const { ours, missing } = probe(t, undefined, undefined, denials)
  t.strictSame(ours, outside)
  t.strictSame(missing, [])
})

t.test('route is /dev/null: netmasks are those of hosts, and the reason is reported', async (t) => {
  const { ours, sources } = probe(t, '/dev/null', 'route', ['--deny-family', 'inet'])
  t.equal(ours.d0[0].netmask, '255.255.255.255')
  t.equal(sources.procfs, 'partial: fstatfs(/proc/net/route) EBADMSG')
})
