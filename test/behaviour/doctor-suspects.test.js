'use strict'

// Whom the doctor suspects, and what it recommends, by evidence that is made up after what was measured in each
// sandbox. test/real runs those that can be installed.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { isAlone } = require('../../lib/doctor/evidence')
const { MECHANISMS, findMechanism } = require('../../lib/doctor/mechanisms')
const { remediesForPolicy } = require('../../lib/doctor/remedies')
const { SANDBOXES } = require('../../lib/doctor/sandboxes')
const { findSuspects } = require('../../lib/doctor/suspects')
const { SPECIAL } = require('../../lib/doctor/symptoms')

/** The evidence in a process without restrictions. */
const NO_EVIDENCE = {
  seccomp: 0,
  seccompFilters: 0,
  filtersOfInit: null,
  noNewPrivileges: false,
  label: null,
  accessWithoutOpen: null,
  cgroup: '0::/',
  ancestors: ['sh', 'systemd'],
  tracer: null,
  release: '6.1.0-37-amd64',
  version: 'Linux version 6.1.0-37-amd64',
  nodeOption: null,
  links: ['lo', 'eth0'],
  env: {},
  files: []
}
const FILTER = { ...NO_EVIDENCE, seccomp: 2, seccompFilters: 1, noNewPrivileges: true }

const UNIT = '0::/system.slice/ghost.service'
const DOCKER = { files: ['/.dockerenv'] }
const GVISOR = 'Linux version 4.4.0 #1 SMP Sun Jan 10 15:06:54 PST 2016'

/** @type {Record<string, [evidence: object, code: string, suspects: string[]]>} */
const CASES = {
  'the errno alone is a hint': [{}, 'EAFNOSUPPORT', ['low systemd']],
  'firejail’s errno alone': [{}, 'EOPNOTSUPP', ['low firejail']],
  'no hint in the errno alone without a filter': [{ seccomp: 0 }, 'EOPNOTSUPP', []],
  'no evidence': [{}, 'EPERM', []],
  'a unit': [{ cgroup: UNIT }, 'EAFNOSUPPORT', ['high systemd']],
  'a unit’s subgroup': [{ cgroup: `${UNIT}/payload` }, 'EAFNOSUPPORT', ['high systemd']],
  'a unit, cgroup v1': [
    { cgroup: `1:name=systemd:/system.slice/a.service` },
    'EPERM',
    ['medium systemd']
  ],
  'a shell, whose unit is its user’s': [
    { cgroup: '0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope' },
    'EPERM',
    []
  ],
  'a shell in its user’s manager': [
    { cgroup: '0::/user.slice/user-1000.slice/user@1000.service' },
    'EPERM',
    []
  ],
  'a terminal, which inherits a variable': [
    {
      cgroup: '0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope',
      env: { INVOCATION_ID: '1' }
    },
    'EPERM',
    []
  ],
  'a container in its engine’s unit': [
    { cgroup: '0::/system.slice/containerd.service/kubepods-pod1' },
    'EPERM',
    ['medium container']
  ],
  'Docker’s engine itself': [
    { cgroup: '0::/system.slice/docker.service' },
    'EPERM',
    ['medium systemd']
  ],
  Docker: [
    { cgroup: '0::/system.slice/docker-0123456789ab0123456789ab.scope' },
    'EPERM',
    ['medium container']
  ],
  'a desktop program': [{ cgroup: '0::/app.slice/app-docker-desktop-7.scope' }, 'EPERM', []],
  'a container of systemd’s': [{ env: { container: 'systemd-nspawn' } }, 'EPERM', []],
  'a service of a user': [
    { cgroup: '0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.service' },
    'EPERM',
    ['medium systemd']
  ],
  INVOCATION_ID: [{ env: { INVOCATION_ID: '1' } }, 'EAFNOSUPPORT', ['medium systemd']],
  'snap, by its label': [{ label: 'snap.node.app (enforce)' }, 'EACCES', ['high snap']],
  'snap, by its variable': [{ env: { SNAP: '/snap/node/1' } }, 'EACCES', ['medium snap']],
  Android: [{ label: 'u:r:untrusted_app_32:s0:c1' }, 'EACCES', ['high Android']],
  Termux: [{ env: { TERMUX_VERSION: '0.118' } }, 'EACCES', ['medium Android']],
  'Termux, by its prefix': [
    { env: { PREFIX: '/data/data/com.termux/files/usr' } },
    'EACCES',
    ['medium Android']
  ],
  'another prefix': [{ env: { PREFIX: '/usr/local' } }, 'EACCES', []],
  OpenShell: [{ env: { OPENSHELL_SANDBOX: '1' } }, 'EPERM', ['medium OpenShell']],
  'the directory outlives firejail': [
    { files: ['/run/firejail/mnt'] },
    'EOPNOTSUPP',
    ['low firejail']
  ],
  'firejail started it': [{ ancestors: ['firejail'] }, 'EOPNOTSUPP', ['high firejail']],
  'firejail with --seccomp-error-action': [
    { ancestors: ['firejail'] },
    'ENOSYS',
    ['high firejail']
  ],
  '/.dockerenv alone': [DOCKER, 'EPERM', ['low container']],
  '/.dockerenv, and the filters of process 1': [
    { ...DOCKER, filtersOfInit: 'the same' },
    'EPERM',
    ['medium container']
  ],
  'a filter added in a container': [{ ...DOCKER, filtersOfInit: 'fewer' }, 'EPERM', []],
  'a filter added in Kubernetes': [
    { cgroup: '0::/kubepods/pod1', filtersOfInit: 'fewer' },
    'EPERM',
    []
  ],
  'bubblewrap in a container': [
    { ...DOCKER, ancestors: ['bwrap'], filtersOfInit: 'the same' },
    'EPERM',
    ['medium bubblewrap']
  ],
  'a filter inside Codex, whose own refuses listen(2) too': [
    { ancestors: ['codex-linux-san'], server: true },
    'EPERM',
    ['low Codex']
  ],
  'a filter inside firejail, whose own sees no families': [
    { ancestors: ['firejail'], server: true },
    'EPERM',
    ['low firejail']
  ],
  Kubernetes: [{ cgroup: '0::/kubepods/pod1' }, 'EPERM', ['medium container']],
  Podman: [{ env: { container: 'podman' } }, 'ENOSYS', ['medium container']],
  'LXC, by its file': [{ files: ['/dev/.lxc-boot-id'] }, 'EPERM', ['high LXC']],
  'LXC is no OCI container': [{ env: { container: 'lxc' } }, 'EPERM', ['medium LXC']],
  'proot on Android': [{ tracer: 'proot' }, 'EACCES', ['high proot']],
  'proot under a filter': [{ tracer: 'proot' }, 'EPERM', ['low proot']],
  'Codex started it': [{ ancestors: ['codex-linux-san'] }, 'EPERM', ['high Codex']],
  'Codex, by its variable': [
    { env: { CODEX_SANDBOX_NETWORK_DISABLED: '1' } },
    'EPERM',
    ['medium Codex']
  ],
  'Codex’s proxy, by its variable': [
    { env: { CODEX_NETWORK_PROXY_ACTIVE: '1' } },
    'EPERM',
    ['medium Codex proxy']
  ],
  'Codex with its proxy': [
    { ancestors: ['codex-linux-san'], env: { CODEX_NETWORK_PROXY_ACTIVE: '1' } },
    'EPERM',
    ['high Codex proxy']
  ],
  gVisor: [{ version: GVISOR, seccompFilters: null }, 'EPERM', ['high gVisor']],
  'only lo, in sandbox-runtime': [
    { ancestors: ['bwrap'], env: { SANDBOX_RUNTIME: '1' } },
    'only lo',
    ['high sandbox-runtime', 'high bubblewrap']
  ],
  'only lo, and a unit': [{ cgroup: UNIT }, 'only lo', []],
  WSL1: [{ release: '4.4.0-19041-Microsoft' }, 'ETIMEDOUT', ['high WSL1']],
  'WSL1 refuses nothing': [{ release: '4.4.0-19041-Microsoft' }, 'EPERM', []],
  WSL2: [{ release: '5.15.90.1-microsoft-standard-WSL2' }, 'ETIMEDOUT', []],
  'no container swallows': [DOCKER, 'ETIMEDOUT', []],
  '--permission': [
    { nodeOption: '--permission' },
    'ERR_DLOPEN_DISABLED',
    ['high Node --permission']
  ],
  '--no-addons': [{ nodeOption: '--no-addons' }, 'ERR_DLOPEN_DISABLED', ['high Node --no-addons']],
  'other code': [{}, 'hidden', ['high guard']],
  'a shortage': [{ env: { OPENSHELL_SANDBOX: '1' } }, 'EMFILE', []],
  'the most certain first': [
    { env: { OPENSHELL_SANDBOX: '1', SNAP: '/snap' }, cgroup: UNIT, ...DOCKER },
    'EPERM',
    ['medium OpenShell', 'medium snap', 'medium systemd', 'low container']
  ]
}

for (const [name, [evidence, code, suspects]] of Object.entries(CASES))
  t.test(`who refuses: ${name}`, async (t) => {
    const { server, ...seen } = evidence
    const found = findSuspects({ ...FILTER, ...seen }, { call: 'socket', code, server })
    t.strictSame(
      found.map((suspect) => `${suspect.certainty} ${suspect.name}`),
      suspects
    )
    for (const { because } of found) t.notMatch(because.join(), /%s|undefined|null/)
  })

t.test('each sandbox of the table is suspected in one of these cases', async (t) => {
  const named = Object.values(CASES).flatMap(([, , suspects]) => suspects)
  for (const { name } of SANDBOXES)
    if (name !== 'proot')
      t.ok(
        named.some((text) => text.endsWith(` ${name}`)),
        name
      )
})

t.test('which mechanism refuses', async (t) => {
  const mechanism = (evidence, code) => {
    const { name, certainty } = findMechanism({ ...NO_EVIDENCE, ...evidence }, { call: null, code })
    return `${certainty} ${name}`
  }
  const apparmor = { label: 'snap.node.app (enforce)' }
  const selinux = { label: 'u:r:untrusted_app:s0' }
  t.equal(mechanism({ seccomp: 2 }, 'EPERM'), 'high seccomp')
  t.equal(mechanism({ seccomp: 2, label: 'unconfined' }, 'EACCES'), 'high seccomp')
  for (const label of ['vscode (unconfined)', 'foo (complain)'])
    t.equal(mechanism({ label }, 'EACCES'), 'low kernel', `${label} restricts nothing`)
  t.equal(mechanism({ seccomp: 2, ...apparmor }, 'EACCES'), 'medium AppArmor')
  t.equal(mechanism({ seccomp: 2, ...apparmor }, 'EPERM'), 'medium seccomp')
  t.equal(mechanism(apparmor, 'EACCES'), 'high AppArmor')
  t.equal(mechanism(selinux, 'EACCES'), 'high SELinux')
  t.equal(mechanism({ label: 'a_u:a_r:unconfined_t:s0' }, 'EAFNOSUPPORT'), 'low kernel')
  t.equal(mechanism({ seccomp: null }, 'EACCES'), 'low unknown')
  t.equal(mechanism({ seccomp: null }, 'EPERM'), 'low seccomp')
  t.equal(mechanism({ seccomp: 2 }, 'EMFILE'), 'high shortage')
  t.equal(mechanism({ seccomp: 2 }, 'ETIMEDOUT'), 'medium seccomp')
  t.equal(mechanism(apparmor, 'ETIMEDOUT'), 'medium kernel', 'no security module swallows')
  t.equal(mechanism({ seccomp: null }, 'ETIMEDOUT'), 'medium kernel')
})

/** The changes for a refusal, as `owner: change`. */
function changes(evidence, symptom) {
  const complete = { ...FILTER, ...evidence }
  const suspects = findSuspects(complete, symptom)
  const mechanism = findMechanism(complete, symptom)
  const remedies = remediesForPolicy({ symptom, suspects, mechanism })
  return remedies.map(({ owner, text, change }) => `${owner}: ${change ?? text}`)
}

t.test('what is recommended addresses the refused call', async (t) => {
  const unit = { cgroup: UNIT }
  t.match(changes(unit, { call: 'bind', code: 'EPERM' }), [
    'systemd: [Service]\nSystemCallFilter=socket bind getsockname sendto recvmsg',
    'seccomp: Change the seccomp filter: allow bind.'
  ])
  t.strictSame(changes(unit, { call: 'socket', code: 'EAFNOSUPPORT' }), [
    'systemd: [Service]\nRestrictAddressFamilies=AF_NETLINK'
  ])
  t.strictSame(changes({ ancestors: ['firejail'] }, { call: 'recvmsg', code: 'EPERM' }), [
    'firejail: Remove recvmsg from --seccomp.drop, or from seccomp.drop in the profile.'
  ])
  const podman = { env: { container: 'podman' } }
  const [bind, ...others] = changes(podman, { call: 'bind', code: 'EPERM' })
  t.equal(bind, 'container: { "names": ["bind"], "action": "SCMP_ACT_ALLOW" }')
  t.match(others, ['seccomp: Change the seccomp filter: allow bind.'])
  for (const call of ['bind', 'getsockname', 'sendto', 'recvmsg'])
    for (const [name, [evidence]] of Object.entries(CASES))
      for (const code of ['EPERM', 'EACCES', 'ENOSYS', 'EAFNOSUPPORT', 'EOPNOTSUPP']) {
        const text = changes(evidence, { call, code }).join()
        t.notMatch(
          text,
          /"socket"|AF_NETLINK|NETLINK_ROUTE \(0\)|--protocol|network_/,
          `${name}, ${call}, ${code}`
        )
      }
})

t.test('where no reply comes, no call is said to be refused', async (t) => {
  const [text, ...others] = changes({}, { call: 'recvmsg', code: 'ETIMEDOUT' })
  t.match(text, /^seccomp: .* must reach the kernel/)
  t.strictSame(others, [])
  t.match(changes({ seccomp: 0 }, { call: null, code: 'ETIMEDOUT' }), [/^kernel: /])
})

t.test('links that the kernel makes by itself are nothing to see', async (t) => {
  t.equal(isAlone({ ...FILTER, links: ['lo', 'tunl0', 'sit0'] }), true)
  t.equal(isAlone({ ...FILTER, links: ['lo', 'sit1'] }), false)
  for (const links of [null, []]) t.equal(isAlone({ ...FILTER, links }), false)
})

t.test('the kind of default in an OCI profile', async (t) => {
  const podman = { env: { container: 'podman' } }
  const kinds = (code) => changes(podman, { call: 'socket', code }).map((text) => text.slice(0, 40))
  for (const code of ['EPERM', 'ENOSYS'])
    t.match(
      kinds(code),
      [/"names"/, /"op": "SCMP_CMP_NE"|"index"/, /^seccomp/],
      'a default, a rule, the filter'
    )
})

t.test('a sandbox that is only possible comes after the filter', async (t) => {
  const owners = changes(DOCKER, { call: 'socket', code: 'EPERM' }).map((text) =>
    text.replace(/:[^]*/, '')
  )
  t.strictSame(owners, ['seccomp', 'container', 'container'])
})

t.test('the table', async (t) => {
  const names = SANDBOXES.map(({ name }) => name)
  t.equal(new Set(names).size, names.length, 'each has a name of its own')
  const policies = [...SANDBOXES, ...Object.values(MECHANISMS).map((list) => ({ policies: list }))]
  for (const { text, change, codes } of policies.flatMap((sandbox) => sandbox.policies)) {
    t.match(text, /^[A-Z`][^]*[.:]$/, 'a sentence')
    for (const line of (change ?? '').split('\n')) t.ok(line.length <= 74, `80 columns: ${line}`)
    for (const code of codes ?? []) t.match(code, SPECIAL.includes(code) ? /./ : /^E[A-Z]+$/)
  }
})

t.test('what is said to be tested is', async (t) => {
  const folder = path.join(__dirname, '../real')
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.js'))
  const files = names.map((name) => path.join(folder, name))
  files.push(path.join(__dirname, 'doctor-guards.test.js'))
  const texts = files.map((file) => fs.readFileSync(file, 'utf8'))
  for (const { name, policies } of SANDBOXES) {
    const isTested = texts.some((text) => new RegExp(`remedyFor\\(.*, '${name}'`).test(text))
    const changing = policies.filter(({ codes }) => !codes?.includes('only lo'))
    t.equal(isTested, changing.length > 0 && changing.every(({ tested }) => tested), name)
  }
})

t.test('docs/doctor.md has a row for each, and says which changes are tested', async (t) => {
  const document = fs.readFileSync(path.join(__dirname, '../../docs/doctor.md'), 'utf8')
  const [, table] = document.split('| sandbox ')
  const rows = [...table.matchAll(/^\| `([^`]+)` .*\| (yes|no|–) +\|$/gm)]
  t.strictSame(
    rows.map(([, name, tested]) => `${name}: ${tested}`),
    SANDBOXES.map(({ name, policies }) => {
      const changing = policies.filter(({ codes }) => !codes?.includes('only lo'))
      if (changing.length === 0) return `${name}: –`
      return `${name}: ${changing.every(({ tested }) => tested) ? 'yes' : 'no'}`
    })
  )
})
