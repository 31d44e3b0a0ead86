'use strict'

// What sandboxes consist of, made by the test itself: a user namespace, a chroot, hidden or masked files in /proc,
// Node's permission model, and the rules of Android, imitated. Where the native function fails, this package must
// answer what the native function answers outside. test/real runs sandboxes of others.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { launcher, projectRoot } = require('../support/namespace')
const {
  AS_USER,
  DENY_NETLINK,
  KEYS,
  LINKS,
  OPEN,
  PROBE,
  makeProbeNamespace
} = require('../support/probe')
const { requirements, skipWithout } = require('../support/requirements')
const { makeTemporaryFolder } = require('../support/temporary-folder')

const { EACCES, EPERM } = os.constants.errno
const NODE = process.execPath
const BUILD = path.dirname(launcher)

skipWithout(t)

const { outside, runProbes, runProbe, checkAnswers, checkIPv4Only } = makeProbeNamespace(
  t,
  'imitated'
)

/** Runs a script in its own mount namespace, and then the command. */
const withMounts = (script, ...command) => [
  ...['unshare', '--mount', 'sh', '-eu', '-c', `${script}\nexec "$@"`, 'sh'],
  ...command
]

t.test('a user namespace made without root', async (t) => {
  // Its own network namespace is empty, so the script adds links first.
  const pair = [
    'link add d0 address 02:00:00:00:00:01 type veth peer name d1 address 02:00:00:00:00:02'
  ]
  const up = ['link set d0 up', 'link set d1 up']
  const file = path.join(makeTemporaryFolder(t), 'links')
  fs.writeFileSync(file, [...pair, ...up, ...LINKS, ''].join('\n'))
  const script = `
    ip -batch "$1"
    shift
    while ip -6 addr show tentative | grep -q tentative; do sleep 0.05; done
    "$@"; exec ${DENY_NETLINK.join(' ')} "$@"`
  const unshare = [...AS_USER, 'unshare', '--user', '--map-root-user', '--net']
  const [open, denied] = runProbes(t, [...unshare, 'sh', '-eu', '-c', script, 'sh', file, ...PROBE])
  t.strictSame(Object.keys(open.native).sort(), KEYS)
  t.strictSame(open.sources, { rtnetlink: 'answered', ioctl: 'skipped', procfs: 'skipped' })
  t.equal(denied.native, EPERM)
  t.equal(JSON.stringify(denied.ours), JSON.stringify(open.native))
  t.equal(JSON.stringify(denied.patched), JSON.stringify(open.native))
})

t.test('a chroot with no /proc', async (t) => {
  const root = makeTemporaryFolder(t)
  const prefix = path.dirname(path.dirname(fs.realpathSync(NODE)))
  const paths = ['/bin', '/lib', '/lib64', '/usr', prefix, projectRoot].filter(fs.existsSync)
  const mounts = [...new Set(paths)].map(
    (source) => `mkdir -p "${root}${source}"; mount --rbind "${source}" "${root}${source}"`
  )
  const script = [`mount -t tmpfs tmpfs "${root}"`, ...mounts].join('\n')
  const command = [...DENY_NETLINK, '/usr/sbin/chroot', root, ...PROBE]
  checkIPv4Only(t, runProbe(t, withMounts(script, ...command)))
})

t.test('/proc mounted with hidepid=2', { skip: requirements('users') }, async (t) => {
  const command = [launcher, '--no-landlock', '--deny-family', 'netlink', '--', ...PROBE]
  const script = 'mount -t proc -o hidepid=2 proc /proc'
  checkAnswers(t, runProbe(t, withMounts(script, ...command)), EPERM, 'EPERM')
})

t.test('/proc/net masked by an empty directory', async (t) => {
  const empty = makeTemporaryFolder(t)
  const mask = (...files) => files.map((file) => `mount --bind ${empty} ${file}`).join('\n')
  const leader = '/proc/$$/net'
  const thread = '/proc/$$/task/$$/net'
  const command = [...DENY_NETLINK, ...PROBE]
  checkAnswers(t, runProbe(t, withMounts(mask(leader), ...command)), EPERM, 'EPERM')
  checkAnswers(t, runProbe(t, withMounts(mask(thread), ...command)), EPERM, 'EPERM')
  checkIPv4Only(t, runProbe(t, withMounts(mask(leader, thread), ...command)))
})

t.test('the permission model of Node', async (t) => {
  const flag = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission'
  const script = `
    const os = require('node:os')
    const attempt = () => {
      try {
        return { answer: os.networkInterfaces() }
      } catch (error) {
        const codes = []
        for (let { cause } = error; cause; { cause } = cause) codes.push(cause.code)
        return { errno: error.errno, causes: codes.filter(Boolean) }
      }
    }
    const native = attempt()
    require('osh-ifaddrs/register')
    console.log(JSON.stringify({ native, patched: attempt() }))`
  const withFlags = (...flags) => [...DENY_NETLINK, NODE, flag, ...flags, '-e', script]
  const refused = { errno: EPERM, causes: [] }
  const checkAnswers = (t, { native, patched }) => {
    t.strictSame(native, refused, 'the native function fails')
    t.equal(JSON.stringify(patched), JSON.stringify({ answer: outside }), 'ours answers')
  }
  await t.test('with --allow-addons', async (t) => {
    checkAnswers(t, runProbe(t, withFlags('--allow-fs-read=*', '--allow-addons')))
  })
  await t.test('with --allow-addons and only the files of the package', async (t) => {
    checkAnswers(t, runProbe(t, withFlags(`--allow-fs-read=${projectRoot}/*`, '--allow-addons')))
  })
  await t.test('without --allow-addons the native error is thrown, with the reason', async (t) => {
    const { native, patched } = runProbe(t, withFlags('--allow-fs-read=*'))
    t.strictSame(native, refused)
    t.equal(patched.errno, EPERM)
    t.strictSame([...new Set(patched.causes)], ['ERR_DLOPEN_DISABLED'])
  })
})

// Since Android 11, SELinux lets an application make a route socket, but refuses bind(2), RTM_GETLINK
// (nlmsg_readpriv), and requests for hardware addresses on any socket. Android cannot run here: seccomp refuses
// bind(2), and a shim in front of libc (test/support/sandbox/android.c) refuses the rest.
t.test('rules of Android, imitated', async (t) => {
  const runAsAndroid = (t, refused, denials = [], wrap = (...args) => args) => {
    const command = [launcher, ...OPEN, '--deny-syscall', 'bind=EACCES', ...denials, '--']
    const shim = { LD_PRELOAD: path.join(BUILD, 'android.so'), OSH_ANDROID: refused }
    const found = runProbe(t, wrap(...command, ...PROBE), { env: shim })
    t.equal(found.native, EACCES, 'the native function fails')
    return found
  }
  const checkSame = (t, { ours, patched }, expected = outside) => {
    t.equal(JSON.stringify(ours), JSON.stringify(expected))
    t.equal(JSON.stringify(patched), JSON.stringify(expected))
  }
  const answered = { rtnetlink: 'answered', ioctl: 'skipped', procfs: 'skipped' }

  await t.test('bind refused', async (t) => {
    const found = runAsAndroid(t, '')
    checkSame(t, found)
    t.strictSame(found.sources, answered, 'an unbound socket answers')
  })
  await t.test('bind and RTM_GETLINK refused', async (t) => {
    const found = runAsAndroid(t, 'getlink')
    checkSame(t, found)
    t.strictSame(found.sources, answered, 'links by ioctl on the netlink socket')
  })
  await t.test('bind and ioctls on the netlink socket refused', async (t) => {
    const found = runAsAndroid(t, 'ioctl')
    checkSame(t, found)
    t.strictSame(found.sources, answered, 'links by RTM_GETLINK')
  })
  await t.test('bind, RTM_GETLINK and ioctls on the netlink socket refused', async (t) => {
    const found = runAsAndroid(t, 'getlink ioctl')
    checkSame(t, found)
    t.strictSame(found.sources, {
      rtnetlink: 'partial: sendto(RTM_GETLINK) EACCES',
      ioctl: 'answered',
      procfs: 'skipped'
    })
  })
  await t.test('all that is refused since Android 11, and /proc/net', async (t) => {
    const empty = makeTemporaryFolder(t)
    const masks = ['/proc/$$/net', '/proc/$$/task/$$/net'].map(
      (file) => `mount --bind ${empty} ${file}`
    )
    const noFiles = (...args) => withMounts(masks.join('\n'), ...args)
    const found = runAsAndroid(
      t,
      'getlink ioctl',
      ['--deny-ioctl', 'SIOCGIFHWADDR=EACCES'],
      noFiles
    )
    const zeroed = JSON.stringify(outside).replaceAll(/"mac":"[^"]*"/g, '"mac":"00:00:00:00:00:00"')
    checkSame(t, found, JSON.parse(zeroed))
    t.equal(found.sources.rtnetlink, 'partial: sendto(RTM_GETLINK) EACCES')
    t.equal(found.sources.ioctl, 'denied: ioctl(SIOCGIFHWADDR) EACCES')
  })
})
