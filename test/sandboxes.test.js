'use strict'

// Sandboxes that others make, with their own programs: in each the native function fails as it does
// there, and this package answers what the native one says outside. Then Android's rules, imitated.

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
 * What the probe finds each time that a command runs it in the namespace.
 *
 * @param {string[]} words
 * @param {import('./support/namespace').ExecOptions} [options]
 */
function probes(t, words, options) {
  const { status, signal, stdout, stderr } = ns.exec('env', words, { launch: OPEN, ...options })
  t.strictSame({ status, signal }, { status: 0, signal: null }, `it runs ${stderr}`)
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

/** As `probes`, of one answer. */
function probe(t, words, options) {
  const found = probes(t, words, options)
  t.equal(found.length, 1, 'one answer')
  return found[0]
}

/** What the native function says outside of every sandbox. */
const outside = probe(t, [NODE, PROBE]).native
t.strictSame(Object.keys(outside).sort(), ['d0', 'd0:2', 'd1', 'lo'], 'outside')

/**
 * The part of an answer that is IPv4.
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

/** The native function fails with `errno`, ours answers as native does outside. */
function answers(t, found, errno, code) {
  t.equal(found.native, errno, 'the native function fails')
  t.equal(JSON.stringify(found.ours), JSON.stringify(outside), 'ours answers')
  t.equal(JSON.stringify(found.patched), JSON.stringify(outside), 'and so does the patched one')
  t.strictSame(found.missing, [])
  t.strictSame(found.sources, {
    rtnetlink: `denied: socket(AF_NETLINK) ${code}`,
    ioctl: 'answered',
    procfs: 'answered'
  })
}

/** As `answers`, where no file of /proc/net can be opened. */
function answersIPv4(t, found) {
  const expected = onlyIPv4(outside)
  t.equal(found.native, EPERM, 'the native function fails')
  t.strictSame(found.ours, expected, 'ours answers what there is to be had')
  t.strictSame(found.patched, expected, 'and so does the patched one')
  t.strictSame(found.missing, ['ipv6'], 'and says what there is not')
  t.equal(found.sources.procfs, 'absent: open(/proc/net/if_inet6) ENOENT')
}

/** A script that runs in a mount namespace of its own, with "$@" the command in the cage. */
const withMounts = (script, ...command) => [
  ...['unshare', '--mount', 'sh', '-eu', '-c', `${script}\nexec "$@"`, 'sh'],
  ...command
]

function temporary(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'osh-sandboxes-'))
  fs.chmodSync(directory, 0o755)
  t.teardown(() => fs.rmSync(directory, { recursive: true, force: true }))
  return directory
}

t.test('firejail --protocol=unix,inet,inet6', async (t) => {
  const firejail = ['firejail', '--quiet', '--noprofile', '--protocol=unix,inet,inet6']
  answers(t, probe(t, [...firejail, NODE, PROBE]), EOPNOTSUPP, 'EOPNOTSUPP')
})

t.test('bubblewrap with a seccomp program, started by a user', async (t) => {
  const filter = path.join(temporary(t), 'filter')
  const bwrap = 'bwrap --unshare-all --share-net --ro-bind / / --proc /proc --dev /dev --seccomp 9'
  for (const [code, errno] of Object.entries({ EPERM, EACCES })) {
    const script = `"$1" ${errno} >"$2"; exec 9<"$2"; shift 2; exec "$@"`
    const made = ['sh', '-eu', '-c', script, 'sh', path.join(BUILD, 'filter'), filter]
    answers(t, probe(t, [...made, ...AS_NOBODY, ...bwrap.split(' '), NODE, PROBE]), errno, code)
  }
})

t.test('an OCI container by runc', async (t) => {
  const prefix = path.dirname(path.dirname(fs.realpathSync(NODE)))
  const container = (t, options) => {
    const bundle = temporary(t)
    const id = path.basename(bundle)
    const paths = prefix === '/usr' ? [projectRoot] : [projectRoot, prefix]
    makeBundle(bundle, { netns: ns.name, args: [NODE, PROBE], paths, ...options })
    t.teardown(() => ns.exec('runc', ['delete', '--force', id], { launch: OPEN }))
    return probe(t, ['runc', 'run', '--bundle', bundle, id], { cwd: '/' })
  }
  await t.test('whose seccomp profile answers EPERM', async (t) => {
    answers(t, container(t, { errno: EPERM }), EPERM, 'EPERM')
  })
  await t.test('whose seccomp profile answers EAFNOSUPPORT, as systemd does', async (t) => {
    answers(t, container(t, { errno: EAFNOSUPPORT }), EAFNOSUPPORT, 'EAFNOSUPPORT')
  })
  await t.test('that masks /proc/net: of the first process, not of its threads', async (t) => {
    const found = container(t, { errno: EPERM, maskedPaths: ['/proc/net'] })
    answers(t, found, EPERM, 'EPERM')
  })
  await t.test('that masks the net directory of the first thread, too', async (t) => {
    const maskedPaths = ['/proc/net', '/proc/thread-self/net']
    answersIPv4(t, container(t, { errno: EPERM, maskedPaths }))
  })
})

t.test('a user namespace made without root', async (t) => {
  // Its own network namespace is empty, so it is furnished first.
  const furnish = [
    'link add d0 address 02:00:00:00:00:01 type veth peer name d1 address 02:00:00:00:00:02'
  ]
  const up = ['link set d0 up', 'link set d1 up']
  const file = path.join(temporary(t), 'links')
  fs.writeFileSync(file, [...furnish, ...up, ...LINKS, ''].join('\n'))
  const script = `
    ip -batch "$1"
    shift
    while ip -6 addr show tentative | grep -q tentative; do sleep 0.05; done
    "$@"; exec ${DENY_NETLINK.join(' ')} "$@"`
  const unshare = [...AS_NOBODY, 'unshare', '--user', '--map-root-user', '--net']
  const [open, denied] = probes(t, [...unshare, 'sh', '-eu', '-c', script, 'sh', file, NODE, PROBE])
  t.strictSame(Object.keys(open.native).sort(), ['d0', 'd0:2', 'd1', 'lo'])
  t.strictSame(open.sources, { rtnetlink: 'answered', ioctl: 'skipped', procfs: 'skipped' })
  t.equal(denied.native, EPERM)
  t.equal(JSON.stringify(denied.ours), JSON.stringify(open.native))
  t.equal(JSON.stringify(denied.patched), JSON.stringify(open.native))
})

t.test('a chroot with no /proc', async (t) => {
  const root = temporary(t)
  const prefix = path.dirname(path.dirname(fs.realpathSync(NODE)))
  const paths = ['/bin', '/lib', '/lib64', '/usr', prefix, projectRoot].filter(fs.existsSync)
  const mounts = [...new Set(paths)].map(
    (source) => `mkdir -p "${root}${source}"; mount --rbind "${source}" "${root}${source}"`
  )
  const script = [`mount -t tmpfs tmpfs "${root}"`, ...mounts].join('\n')
  const cage = [...DENY_NETLINK, '/usr/sbin/chroot', root, NODE, PROBE]
  answersIPv4(t, probe(t, withMounts(script, ...cage)))
})

t.test('/proc mounted with hidepid=2', async (t) => {
  const cage = [launcher, '--no-landlock', '--deny-family', 'netlink', '--', NODE, PROBE]
  const script = 'mount -t proc -o hidepid=2 proc /proc'
  answers(t, probe(t, withMounts(script, ...cage)), EPERM, 'EPERM')
})

t.test('/proc/net masked by an empty directory', async (t) => {
  const empty = temporary(t)
  const mask = (...files) => files.map((file) => `mount --bind ${empty} ${file}`).join('\n')
  const leader = '/proc/$$/net'
  const thread = '/proc/$$/task/$$/net'
  const cage = [...DENY_NETLINK, NODE, PROBE]
  answers(t, probe(t, withMounts(mask(leader), ...cage)), EPERM, 'EPERM')
  answers(t, probe(t, withMounts(mask(thread), ...cage)), EPERM, 'EPERM')
  answersIPv4(t, probe(t, withMounts(mask(leader, thread), ...cage)))
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
  const caged = (...flags) => [...DENY_NETLINK, NODE, flag, ...flags, '-e', script]
  const refused = { errno: EPERM, causes: [] }
  const answers = (t, { native, patched }) => {
    t.strictSame(native, refused, 'the native function fails')
    t.equal(JSON.stringify(patched), JSON.stringify({ answer: outside }), 'ours answers')
  }
  await t.test('with --allow-addons', async (t) => {
    answers(t, probe(t, caged('--allow-fs-read=*', '--allow-addons')))
  })
  await t.test('with --allow-addons and no file but those of the package', async (t) => {
    answers(t, probe(t, caged(`--allow-fs-read=${projectRoot}/*`, '--allow-addons')))
  })
  await t.test('without it the native error is thrown, and says why', async (t) => {
    const { native, patched } = probe(t, caged('--allow-fs-read=*'))
    t.strictSame(native, refused)
    t.equal(patched.errno, EPERM)
    t.strictSame([...new Set(patched.causes)], ['ERR_DLOPEN_DISABLED'])
  })
})

// What is known of Android 11 and later: SELinux lets an application make a route socket, but not bind
// it, nor ask it for links (nlmsg_readpriv), nor ask for hardware addresses by any socket. No Android
// runs here: seccomp refuses bind(2), and a shim in front of libc (test/sandbox/android.c) the rest.
t.test('rules of Android, imitated', async (t) => {
  const android = (t, refused, denials = [], around = (...words) => words) => {
    const cage = [launcher, ...OPEN, '--deny-syscall', 'bind=EACCES', ...denials, '--']
    const shim = { LD_PRELOAD: path.join(BUILD, 'android.so'), OSH_ANDROID: refused }
    const found = probe(t, around(...cage, NODE, PROBE), { env: shim })
    t.equal(found.native, EACCES, 'the native function fails')
    return found
  }
  const same = (t, { ours, patched }, expected = outside) => {
    t.equal(JSON.stringify(ours), JSON.stringify(expected))
    t.equal(JSON.stringify(patched), JSON.stringify(expected))
  }
  const answered = { rtnetlink: 'answered', ioctl: 'skipped', procfs: 'skipped' }

  await t.test('bind refused', async (t) => {
    const found = android(t, '')
    same(t, found)
    t.strictSame(found.sources, answered, 'an unbound socket answers')
  })
  await t.test('bind and RTM_GETLINK refused', async (t) => {
    const found = android(t, 'getlink')
    same(t, found)
    t.strictSame(found.sources, answered, 'links by ioctl on the netlink socket')
  })
  await t.test('bind and ioctls on the netlink socket refused', async (t) => {
    const found = android(t, 'ioctl')
    same(t, found)
    t.strictSame(found.sources, answered, 'links by RTM_GETLINK')
  })
  await t.test('bind, RTM_GETLINK and ioctls on the netlink socket refused', async (t) => {
    const found = android(t, 'getlink ioctl')
    same(t, found)
    t.strictSame(found.sources, {
      rtnetlink: 'partial: sendto(RTM_GETLINK) EACCES',
      ioctl: 'answered',
      procfs: 'skipped'
    })
  })
  await t.test('all that is refused since Android 11, and /proc/net', async (t) => {
    const empty = temporary(t)
    const masks = ['/proc/$$/net', '/proc/$$/task/$$/net'].map(
      (file) => `mount --bind ${empty} ${file}`
    )
    const noFiles = (...words) => withMounts(masks.join('\n'), ...words)
    const found = android(t, 'getlink ioctl', ['--deny-ioctl', 'SIOCGIFHWADDR=EACCES'], noFiles)
    const zeroed = JSON.stringify(outside).replaceAll(/"mac":"[^"]*"/g, '"mac":"00:00:00:00:00:00"')
    same(t, found, JSON.parse(zeroed))
    t.equal(found.sources.rtnetlink, 'partial: sendto(RTM_GETLINK) EACCES')
    t.equal(found.sources.ioctl, 'denied: ioctl(SIOCGIFHWADDR) EACCES')
  })
})
