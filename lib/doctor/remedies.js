// What to do: in this process, and in the sandbox's policy. `change` is the exact text to write or to run.
// The tests apply it to each sandbox that runs in them.
'use strict'

/** @typedef {import('./suspects').Suspect} Suspect */
/** @typedef {{ owner: string, text: string, change: string | null }} Remedy */

const RULE =
  'refuse socket(AF_NETLINK, type, protocol) only if protocol (the third argument) is not ' +
  'NETLINK_ROUTE (0). Changing a link or a route still needs CAP_NET_ADMIN'

/** For an OCI profile that refuses every netlink protocol: allows this one. */
const OCI_RULE = {
  names: ['socket'],
  action: 'SCMP_ACT_ALLOW',
  args: [
    { index: 0, value: 16, op: 'SCMP_CMP_EQ' },
    { index: 2, value: 0, op: 'SCMP_CMP_EQ' }
  ]
}

/** @type {Record<string, Omit<Remedy, 'owner'>>} */
const POLICIES = {
  OpenShell: {
    text: `Upgrade OpenShell to v0.0.55 or later, which allows NETLINK_ROUTE. The rule: ${RULE}.`,
    change: null
  },
  firejail: {
    text: 'Add netlink to the protocols, as an option or in the profile.',
    change: '--protocol=unix,inet,inet6,netlink'
  },
  snap: {
    text: 'Connect the interface network-observe. It must be one of the plugs in snapcraft.yaml.',
    change: 'snap connect NAME:network-observe'
  },
  Android: {
    text:
      "This is Android's policy, and only root can change it: apps may neither bind a route socket " +
      'nor request links from it.',
    change: null
  },
  systemd: {
    text: 'Run systemctl edit UNIT and add AF_NETLINK to the families that the unit may use.',
    change: '[Service]\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK'
  },
  container: {
    text:
      'If the seccomp profile refuses socket by default, add this to "syscalls". If a rule refuses ' +
      'netlink, add a condition to that rule: the argument with index 2 is not 0. ' +
      "Docker's and Podman's default profiles allow netlink.",
    change: JSON.stringify(OCI_RULE)
  },
  seccomp: { text: `Change the seccomp filter: ${RULE}.`, change: null },
  AppArmor: { text: 'Add a rule to the profile.', change: 'network netlink raw,' },
  SELinux: {
    text: 'Allow the domain create, bind, read and nlmsg_readpriv on netlink_route_socket.',
    change: null
  },
  WSL1: {
    text: 'Convert the distribution to WSL 2. In Windows, run:',
    change: 'wsl --set-version NAME 2'
  },
  kernel: {
    text: 'This kernel, or its emulation, has no working NETLINK_ROUTE. There is no policy to change.',
    change: null
  },
  shortage: {
    text: 'Descriptors or memory ran out. Raise the limit, or close what uses them up.',
    change: null
  }
}

/**
 * @param {Suspect[]} suspects
 * @param {Suspect} mechanism
 * @returns {Remedy[]} for the likely suspects, and for the mechanism unless theirs are enough
 */
function remediesForPolicy(suspects, mechanism) {
  const likely = suspects.filter(({ certainty }) => certainty !== 'low')
  const names = (likely.length > 0 ? likely : suspects).map(({ name }) => name)
  // OpenShell's remedy includes the rule for its seccomp filter.
  const isEnough =
    names.includes('OpenShell') || likely.some(({ certainty }) => certainty === 'high')
  return [...names, ...(isEnough ? [] : [mechanism.name])]
    .filter((name) => Object.hasOwn(POLICIES, name))
    .map((name) => ({ owner: name, ...POLICIES[name] }))
}

/** @type {Remedy} */
const OPEN_ONE_SOURCE = {
  owner: 'the policy',
  text:
    'Allow one of these: socket(AF_NETLINK) for everything; socketpair(AF_UNIX) or any socket, ' +
    'with ioctls on it, for IPv4; reading /proc/net/if_inet6 for IPv6.',
  change: null
}

/** @type {Remedy} */
const END_SHORTAGE = { owner: 'shortage', ...POLICIES.shortage }

/** @type {Remedy} */
const USE_REGISTER = {
  owner: 'this process',
  text: "Start Node like this, or import 'osh-ifaddrs/register' first in the program.",
  change: 'node -r osh-ifaddrs/register app.js'
}

/** @type {Remedy} */
const USE_PRELOAD = {
  owner: 'this process',
  text: 'Start a program other than Node like this. It applies to its children too.',
  change: 'osh-ifaddrs run -- program'
}

/** @type {Remedy[]} */
const CALL_NO_NATIVE = [
  {
    owner: 'this process',
    text:
      'Set OSH_IFADDRS_SOURCES together with register. Then register never calls the native function ' +
      'and never waits for rtnetlink.',
    change: 'OSH_IFADDRS_SOURCES=ioctl,procfs node -r osh-ifaddrs/register app.js'
  },
  {
    owner: 'this process',
    text:
      'For a program other than Node, set OSH_IFADDRS_SOURCES together with the preload library. Then ' +
      "the library never calls libc's function.",
    change: 'OSH_IFADDRS_SOURCES=ioctl,procfs osh-ifaddrs run -- program'
  }
]

/**
 * @param {{ register: boolean, preload: boolean }} active
 * @param {boolean} hangs whether the native function never returns: without the variable, both call it or libc's
 * @returns {Remedy[]}
 */
function remediesForProcess({ register, preload }, hangs) {
  if (hangs) return CALL_NO_NATIVE
  return [...(register ? [] : [USE_REGISTER]), ...(preload ? [] : [USE_PRELOAD])]
}

module.exports = {
  END_SHORTAGE,
  OCI_RULE,
  OPEN_ONE_SOURCE,
  POLICIES,
  remediesForPolicy,
  remediesForProcess
}
