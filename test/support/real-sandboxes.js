'use strict'

// Other people's sandboxes as a table: how test/real/sandboxes.test.js starts each, and what it must find there.

const fs = require('node:fs')
const path = require('node:path')
const agents = require('./agents')
const { BWRAP, withFilter } = require('./bubblewrap')
const { inControlGroup } = require('./control-group')
const { ENGINES, allowFamilies, fetchEngineProfiles } = require('./engine-profiles')
const { makeContainer } = require('./lxc')
const { inGvisor, inOci } = require('./oci')
const { cleanEnvironment, makeFolder } = require('./package')
const { SYSTEMD, inUnit } = require('./systemd')
const { makeTemporaryFolder } = require('./temporary-folder')

/**
 * @typedef {object} Start
 * @property {import('tap').Test} t whose end removes what the sandbox leaves
 * @property {string} netns the network namespace, in which the command starts
 * @property {string[]} args the program and its arguments
 * @property {any} download what the row's download returned
 */

/** @typedef {{ name: string, fetch: () => any }} Download */

/**
 * What must be found.
 *
 * @typedef {object} Expected
 * @property {string} native `works`, or the code of its error
 * @property {'all' | 'lo'} [sees] the links there; default: all
 * @property {string | null} doctor the sandbox that it names
 * @property {'netlink' | 'polling'} [watch] default: netlink if the native function works
 * @property {object} [evidence] of the doctor, which proves that the sandbox is in force
 * @property {boolean} [isWithoutSockets] whether socket(2) fails for every family
 * @property {boolean} [omitsSecond] whether ours cannot tell which link the second address of a link is on
 */

/**
 * @typedef {object} Row
 * @property {string} kind
 * @property {string} sandbox
 * @property {string} configuration in Markdown
 * @property {string} from the Debian or npm package
 * @property {string[]} needs as those of `requirements`
 * @property {Download} [download]
 * @property {boolean} [isOwnStack] whether its TCP/IP is its own: it then takes the addresses from the links of the network
 *   namespace, and lists them in any order
 * @property {(start: Start) => { command: string[], cwd?: string, env?: Record<string, string | undefined> }} start
 * @property {Expected} expected
 */

/** The native function works, and no sandbox is to blame. @type {(evidence: object) => Expected} */
const works = (evidence) => ({ native: 'works', doctor: null, evidence })

/** The native function works, but there is only lo. @type {(doctor: string) => Expected} */
const onlyLo = (doctor) => ({ native: 'works', sees: 'lo', doctor })

/** @type {(native: string, doctor: string, more?: Partial<Expected>) => Expected} */
const fails = (native, doctor, more) => ({ native, doctor, ...more })

const FILTERED = { seccomp: 2 }
const IN_GVISOR = { version: /Jan 10 15:06:54 PST 2016/ }

const FIREJAIL = ['firejail', '--quiet']
const BY_DEFAULT = [...FIREJAIL, '--profile=/etc/firejail/default.profile']
// The profile forbids the execution of files in /tmp, where the project can be.
const OF_NODE = [...FIREJAIL, '--ignore=noexec /tmp', '--profile=/etc/firejail/node.profile']

/** @type {(configuration: string, prefix: string[], expected: Expected) => Row} */
const firejail = (configuration, prefix, expected) => ({
  kind: 'commands',
  sandbox: 'firejail',
  configuration,
  from: 'firejail',
  needs: ['users', 'firejail'],
  start: ({ args }) => ({ command: [...prefix, ...args] }),
  expected
})

/** @type {(configuration: string, prefix: (t: import('tap').Test) => string[], expected: Expected) => Row} */
const bubblewrap = (configuration, prefix, expected) => ({
  kind: 'commands',
  sandbox: 'bubblewrap',
  configuration,
  from: 'bubblewrap',
  needs: ['bwrap'],
  start: ({ t, args }) => ({ command: [...prefix(t), ...args] }),
  expected
})

/** @type {(configuration: string, around: string[], needs: string[], expected: Expected) => Row} */
const proot = (configuration, around, needs, expected) => ({
  kind: 'commands',
  sandbox: 'proot',
  configuration,
  from: 'proot',
  needs: ['proot', ...needs],
  start: ({ args }) => ({ command: [...around, 'proot', ...args] }),
  expected
})

/** @type {(setting: string, code: string, more?: Partial<Expected>) => Row} */
const systemd = (setting, code, more) => ({
  kind: 'commands',
  sandbox: 'systemd',
  configuration: `\`${setting}\``,
  from: 'systemd',
  needs: ['users', SYSTEMD],
  start: ({ t, args }) => ({ command: inUnit(t, [setting], null, args) }),
  expected: fails(code, 'systemd', more)
})

const COMMANDS = [
  firejail('default.profile', BY_DEFAULT, fails('EOPNOTSUPP', 'firejail')),
  firejail('node.profile', OF_NODE, works(FILTERED)),
  firejail(
    '`--noprofile --seccomp.drop=socket`',
    [...FIREJAIL, '--noprofile', '--seccomp.drop=socket'],
    fails('EPERM', 'firejail', { isWithoutSockets: true })
  ),
  bubblewrap(
    '`--unshare-user`',
    () => [...BWRAP, '--unshare-user'],
    works({ ancestors: ['sh', 'bwrap'] })
  ),
  bubblewrap('`--unshare-net`', () => [...BWRAP, '--unshare-net'], onlyLo('bubblewrap')),
  bubblewrap(
    '`--seccomp`, a filter without netlink',
    (t) => withFilter(t, '1'),
    fails('EPERM', 'bubblewrap')
  ),
  proot('no options', [], [], works({ tracer: /^proot/ })),
  proot(
    'in firejail with `--noprofile --protocol=unix,inet,inet6`',
    [...FIREJAIL, '--noprofile', '--protocol=unix,inet,inet6'],
    ['users', 'firejail'],
    fails('EOPNOTSUPP', 'firejail')
  ),
  systemd('RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6', 'EAFNOSUPPORT'),
  systemd('SystemCallFilter=~socket:EPERM', 'EPERM', { isWithoutSockets: true })
]

/** @type {Download} */
const PROFILES = { name: 'the profiles of Docker and Podman', fetch: fetchEngineProfiles }

/** What each engine leaves in its containers. */
const MARKS = { Docker: { files: ['.dockerenv'] }, Podman: { env: ['container=podman'] } }

/**
 * A container as an engine starts it, with the engine's profile or one that allows fewer families.
 *
 * @type {(runtime: string, engine: keyof typeof MARKS, expected: Expected, families?: ('unix' | 'inet' | 'inet6')[]) => Row}
 */
const container = (runtime, engine, expected, families) => ({
  kind: 'containers',
  sandbox: runtime,
  configuration:
    families === undefined
      ? `${engine}'s default profile`
      : `${engine}'s profile, sockets only of ${families.map((name) => `AF_${name.toUpperCase()}`).join(', ')}`,
  from: runtime,
  needs: ['users', runtime],
  download: PROFILES,
  start({ t, netns, args, download }) {
    const { profile } = download[engine]
    const seccomp = families === undefined ? profile : allowFamilies(profile, families)
    return { command: inOci(t, runtime, { netns, args, seccomp, ...MARKS[engine] }) }
  },
  expected
})

/** @type {Record<string, number>} */
const GVISOR_FAMILIES = { AF_INET: 2, AF_NETLINK: 16 }

// This version of gVisor takes a network namespace that has one of these files for the root's. Newer kernels have it in
// each.
const HIDE_FILES = 'mount -t tmpfs none /proc/sys/net/core; exec "$@"'

/** @type {(network: 'host' | 'sandbox', families: string[], expected: Expected) => Row} */
const gvisor = (network, families, expected) => ({
  kind: 'containers',
  sandbox: 'gVisor',
  configuration: [
    `\`--network=${network}\``,
    ...(families.length > 0 ? [`a profile without ${families.join(' and ')}`] : [])
  ].join(', '),
  from: 'runsc',
  // As the root of a user namespace, runsc cannot start its own stack.
  needs: network === 'sandbox' ? ['users', 'runsc'] : ['runsc'],
  isOwnStack: network === 'sandbox',
  start({ t, netns, args }) {
    const rules = families.map((family) => ({
      names: ['socket'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 1,
      args: [{ index: 0, value: GVISOR_FAMILIES[family], op: 'SCMP_CMP_EQ' }]
    }))
    const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: rules }
    const command = inGvisor(t, { netns, args, seccomp }, network)
    return { command: ['unshare', '--mount', 'sh', '-euc', HIDE_FILES, 'sh', ...command] }
  },
  // Its netlink has no multicast groups, and so reports no changes.
  expected: { ...expected, watch: 'polling' }
})

const COMMON_SECCOMP = '/usr/share/lxc/config/common.seccomp'

/** @type {(configuration: string, readRules: () => string[], expected: Expected) => Row} */
const lxc = (configuration, readRules, expected) => ({
  kind: 'containers',
  sandbox: 'LXC',
  configuration,
  from: 'lxc',
  needs: ['users', 'lxc-execute'],
  start({ t, args }) {
    const command = makeContainer(makeTemporaryFolder(t), readRules(), args)
    return { command: inControlGroup(t, 'lxc', command) }
  },
  expected
})

/** The rules of LXC's own profile, after the lines `2` and `denylist`. */
function readCommonRules() {
  return fs.readFileSync(COMMON_SECCOMP, 'utf8').trim().split('\n').slice(2)
}

const CONTAINERS = [
  ...['runc', 'crun'].flatMap((runtime) => [
    container(runtime, 'Docker', works(FILTERED)),
    container(runtime, 'Podman', works(FILTERED)),
    container(runtime, 'Podman', fails('ENOSYS', 'container'), ['unix', 'inet', 'inet6']),
    container(runtime, 'Docker', fails('EPERM', 'container'), ['unix'])
  ]),
  gvisor('sandbox', [], works(IN_GVISOR)),
  gvisor('sandbox', ['AF_NETLINK'], fails('EPERM', 'gVisor', { omitsSecond: true })),
  gvisor('host', [], works(IN_GVISOR)),
  gvisor('host', ['AF_NETLINK'], fails('EPERM', 'gVisor')),
  gvisor('host', ['AF_NETLINK', 'AF_INET'], fails('EPERM', 'gVisor')),
  lxc('common.seccomp', readCommonRules, works(FILTERED)),
  lxc(
    '`socket errno 1 [0,16,SCMP_CMP_EQ]`',
    () => ['socket errno 1 [0,16,SCMP_CMP_EQ]'],
    fails('EPERM', 'LXC')
  )
]

/** @type {(configuration: string, lines: string[], expected: Expected) => Row} */
const codex = (configuration, lines, expected) => ({
  kind: 'agents',
  sandbox: 'Codex',
  configuration,
  from: agents.CODEX,
  needs: ['bwrap'],
  download: { name: agents.CODEX, fetch: agents.fetchCodex },
  start({ t, args, download }) {
    agents.removeCodexFolder(t)
    const { folder, env } = agents.makeCodexFolder(t, lines.join('\n'))
    return { command: [download, 'sandbox', ...agents.CODEX_MODE, '--', ...args], cwd: folder, env }
  },
  expected
})

/** @type {(configuration: string, network: object) => Row} */
const sandboxRuntime = (configuration, network) => ({
  kind: 'agents',
  sandbox: 'sandbox-runtime',
  configuration,
  from: agents.SRT,
  needs: ['bwrap', 'socat', 'rg'],
  download: { name: agents.SRT, fetch: agents.fetchSandboxRuntime },
  start({ t, args, download }) {
    const folder = makeFolder(t)
    const file = path.join(folder, 'settings.json')
    const { SRT_SETTINGS: settings } = agents
    fs.writeFileSync(
      file,
      JSON.stringify({ ...settings, network: { ...settings.network, ...network } })
    )
    const env = { ...cleanEnvironment(), HOME: folder, TMPDIR: folder }
    return { command: [...download, '-s', file, ...args], cwd: folder, env }
  },
  expected: onlyLo('sandbox-runtime')
})

const NETWORK_ACCESS = 'sandbox_workspace_write.network_access=true'

const AGENTS = [
  codex('workspace-write', [], fails('EPERM', 'Codex', { sees: 'lo' })),
  codex('`network_access=true`', [NETWORK_ACCESS], works(FILTERED)),
  codex(
    '`network_proxy = true`',
    [NETWORK_ACCESS, '[features]', 'network_proxy = true'],
    fails('EPERM', 'Codex proxy', { sees: 'lo' })
  ),
  sandboxRuntime('no domains', {}),
  sandboxRuntime('a domain', { allowedDomains: ['example.org'] })
]

module.exports = { ENGINES, ROWS: [...COMMANDS, ...CONTAINERS, ...AGENTS] }
