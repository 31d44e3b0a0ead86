'use strict'

// Third-party sandboxes, made by their own programs. In each, the native function must fail as users see it, and
// this package must answer what the native function answers outside. Android's rules are imitated.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { Namespace, launcher, projectRoot, requirements, vethPair } = require('./support/namespace')
const { makeBundle } = require('./support/oci')

const { EACCES, EAFNOSUPPORT, EOPNOTSUPP, EPERM } = os.constants.errno
const NODE = process.execPath
const PROBE = path.join(__dirname, 'support', 'probe.js')
const BUILD = path.dirname(launcher)
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']
const OPEN = ['--user', 'keep', '--no-landlock']
const DENY_NETLINK = [launcher, ...OPEN, '--deny-family', 'netlink', '--']

const skip = requirements() ?? false
if (skip) {
  t.pass(`skipped: ${skip}`, { skip })
  process.exit()
}

const LINKS = [
  'link set lo up',
  'addr add 10.0.0.1/24 dev d0',
  'addr add 10.0.0.2/28 dev d0 label d0:2',
  'addr add 10.1.0.1/32 dev d1',
  'addr add fd00::1/64 dev d0'
]
const ns = Namespace.create('sandboxes')
t.teardown(() => ns.remove())
vethPair(ns, ns, { left: 'd0', right: 'd1' })
ns.batch(LINKS)
ns.settle()

/**
 * Runs a command in the namespace that runs the probe once or more, and returns each probe's result.
 *
 * @param {string[]} command
 * @param {import('./support/namespace').ExecOptions} [options]
 */
function runProbes(t, command, options) {
  const { status, signal, stdout, stderr } = ns.exec('env', command, { launch: OPEN, ...options })
  t.strictSame({ status, signal }, { status: 0, signal: null }, `it runs ${stderr}`)
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

/** As `runProbes`, for a command that runs the probe once. */
function runProbe(t, command, options) {
  const results = runProbes(t, command, options)
  t.equal(results.length, 1, 'the probe runs once')
  return results[0]
}

/** The native function's answer outside every sandbox. */
const outside = runProbe(t, [NODE, PROBE]).native
t.strictSame(Object.keys(outside).sort(), ['d0', 'd0:2', 'd1', 'lo'], 'outside')

/**
 * The IPv4 addresses of an answer.
 *
 * @param {Record<string, os.NetworkInterfaceInfo[]>} interfaces
 */
function onlyIPv4(interfaces) {
  const entries = Object.entries(interfaces).map(([name, addresses]) => [
    name,
    addresses.filter(({ family }) => family === 'IPv4')
  ])
  return Object.fromEntries(entries.filter(([, addresses]) => addresses.length > 0))
}

/** Asserts that the native function fails with `errno`, and that ours answers as native does outside. */
function checkAnswers(t, found, errno, code) {
  t.equal(found.native, errno, 'the native function fails')
  t.equal(JSON.stringify(found.ours), JSON.stringify(outside), 'ours answers')
  t.equal(JSON.stringify(found.patched), JSON.stringify(outside), 'the patched function answers')
  t.strictSame(found.missing, [])
  t.strictSame(found.sources, {
    rtnetlink: `denied: socket(AF_NETLINK) ${code}`,
    ioctl: 'answered',
    procfs: 'answered'
  })
}

/** As `checkAnswers`, if no file in /proc/net can be opened. */
function checkIPv4Only(t, found) {
  const expected = onlyIPv4(outside)
  t.equal(found.native, EPERM, 'the native function fails')
  t.strictSame(found.ours, expected, 'ours answers the IPv4 addresses')
  t.strictSame(found.patched, expected, 'the patched function answers the IPv4 addresses')
  t.strictSame(found.missing, ['ipv6'], 'IPv6 is reported missing')
  t.equal(found.sources.procfs, 'absent: open(/proc/net/if_inet6) ENOENT')
}

/** Runs a script in its own mount namespace, and then the command. */
const withMounts = (script, ...command) => [
  ...['unshare', '--mount', 'sh', '-eu', '-c', `${script}\nexec "$@"`, 'sh'],
  ...command
]

function makeTemporaryFolder(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'osh-sandboxes-'))
  fs.chmodSync(directory, 0o755)
  t.teardown(() => fs.rmSync(directory, { recursive: true, force: true }))
  return directory
}

t.test('firejail --protocol=unix,inet,inet6', async (t) => {
  const firejail = ['firejail', '--quiet', '--noprofile', '--protocol=unix,inet,inet6']
  checkAnswers(t, runProbe(t, [...firejail, NODE, PROBE]), EOPNOTSUPP, 'EOPNOTSUPP')
})

t.test('bubblewrap with a seccomp program, started by a user', async (t) => {
  const filter = path.join(makeTemporaryFolder(t), 'filter')
  const bwrap = 'bwrap --unshare-all --share-net --ro-bind / / --proc /proc --dev /dev --seccomp 9'
  for (const [code, errno] of Object.entries({ EPERM, EACCES })) {
    const script = `"$1" ${errno} >"$2"; exec 9<"$2"; shift 2; exec "$@"`
    const made = ['sh', '-eu', '-c', script, 'sh', path.join(BUILD, 'filter'), filter]
    checkAnswers(
      t,
      runProbe(t, [...made, ...AS_NOBODY, ...bwrap.split(' '), NODE, PROBE]),
      errno,
      code
    )
  }
})

t.test('an OCI container by runc', async (t) => {
  const prefix = path.dirname(path.dirname(fs.realpathSync(NODE)))
  const container = (t, options) => {
    const bundle = makeTemporaryFolder(t)
    const id = path.basename(bundle)
    const paths = prefix === '/usr' ? [projectRoot] : [projectRoot, prefix]
    makeBundle(bundle, { netns: ns.name, args: [NODE, PROBE], paths, ...options })
    t.teardown(() => ns.exec('runc', ['delete', '--force', id], { launch: OPEN }))
    return runProbe(t, ['runc', 'run', '--bundle', bundle, id], { cwd: '/' })
  }
  await t.test('whose seccomp profile answers EPERM', async (t) => {
    checkAnswers(t, container(t, { errno: EPERM }), EPERM, 'EPERM')
  })
  await t.test('whose seccomp profile answers EAFNOSUPPORT, as systemd does', async (t) => {
    checkAnswers(t, container(t, { errno: EAFNOSUPPORT }), EAFNOSUPPORT, 'EAFNOSUPPORT')
  })
  await t.test('that masks /proc/net, but not that of the thread', async (t) => {
    const found = container(t, { errno: EPERM, maskedPaths: ['/proc/net'] })
    checkAnswers(t, found, EPERM, 'EPERM')
  })
  await t.test('that also masks the net directory of the thread', async (t) => {
    const maskedPaths = ['/proc/net', '/proc/thread-self/net']
    checkIPv4Only(t, container(t, { errno: EPERM, maskedPaths }))
  })
})

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
  const unshare = [...AS_NOBODY, 'unshare', '--user', '--map-root-user', '--net']
  const [open, denied] = runProbes(t, [
    ...unshare,
    'sh',
    '-eu',
    '-c',
    script,
    'sh',
    file,
    NODE,
    PROBE
  ])
  t.strictSame(Object.keys(open.native).sort(), ['d0', 'd0:2', 'd1', 'lo'])
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
  const command = [...DENY_NETLINK, '/usr/sbin/chroot', root, NODE, PROBE]
  checkIPv4Only(t, runProbe(t, withMounts(script, ...command)))
})

t.test('/proc mounted with hidepid=2', async (t) => {
  const command = [launcher, '--no-landlock', '--deny-family', 'netlink', '--', NODE, PROBE]
  const script = 'mount -t proc -o hidepid=2 proc /proc'
  checkAnswers(t, runProbe(t, withMounts(script, ...command)), EPERM, 'EPERM')
})

t.test('/proc/net masked by an empty directory', async (t) => {
  const empty = makeTemporaryFolder(t)
  const mask = (...files) => files.map((file) => `mount --bind ${empty} ${file}`).join('\n')
  const leader = '/proc/$$/net'
  const thread = '/proc/$$/task/$$/net'
  const command = [...DENY_NETLINK, NODE, PROBE]
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
// bind(2), and a shim in front of libc (test/sandbox/android.c) refuses the rest.
t.test('rules of Android, imitated', async (t) => {
  const runAsAndroid = (t, refused, denials = [], wrap = (...args) => args) => {
    const command = [launcher, ...OPEN, '--deny-syscall', 'bind=EACCES', ...denials, '--']
    const shim = { LD_PRELOAD: path.join(BUILD, 'android.so'), OSH_ANDROID: refused }
    const found = runProbe(t, wrap(...command, NODE, PROBE), { env: shim })
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
