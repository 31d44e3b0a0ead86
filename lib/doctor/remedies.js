// What to do: in this process, and in the policy, for whoever owns the sandbox. `change` is what to write
// or to run, to the letter: the tests apply it where that can be done.
'use strict'

/** @typedef {import('./suspects').Finding} Finding */
/** @typedef {{ owner: string, text: string, change: string | null }} Remedy */

const RULE =
  'refuse socket(AF_NETLINK, type, protocol) only where protocol (the third argument) is not ' +
  'NETLINK_ROUTE (0); changing a link or a route takes CAP_NET_ADMIN all the same'

/** That of an OCI profile: allow the one protocol, wherever netlink is refused as a whole. */
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
    text: `Upgrade to a release whose filter allows NETLINK_ROUTE; 0.0.36 does not. The rule: ${RULE}.`,
    change: null
  },
  firejail: {
    text: 'Add netlink to the protocols, by the option or in the profile.',
    change: '--protocol=unix,inet,inet6,netlink'
  },
  snap: {
    text: 'Connect the interface network-observe, which snapcraft.yaml must name among the plugs.',
    change: 'snap connect NAME:network-observe'
  },
  Android: {
    text:
      "The policy is Android's and cannot be changed without root: apps may neither bind a route " +
      'socket nor ask it for links.',
    change: null
  },
  systemd: {
    text: 'Add AF_NETLINK to the families that the unit may use, by systemctl edit UNIT.',
    change: '[Service]\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK'
  },
  container: {
    text:
      'Where its seccomp profile refuses socket by default, add this to "syscalls"; where a rule ' +
      'refuses netlink, have that rule demand as well that the argument of index 2 is not 0. ' +
      "Docker's and Podman's own profiles allow netlink.",
    change: JSON.stringify(OCI_RULE)
  },
  seccomp: { text: `In the seccomp filter: ${RULE}.`, change: null },
  AppArmor: { text: 'Add a rule to the profile.', change: 'network netlink raw,' },
  SELinux: {
    text: 'Let the domain create, bind and read netlink_route_socket, nlmsg_readpriv with it.',
    change: null
  },
  kernel: {
    text: 'This kernel, or what emulates one, has no route netlink: there is no policy to change.',
    change: null
  },
  shortage: {
    text: 'Raise the limit that is met: the native function works again then.',
    change: null
  }
}

/**
 * For who owns the sandbox: those recognised, and beside them the part of the kernel that refuses.
 *
 * @param {Finding[]} culprits
 * @param {Finding} mechanism
 * @returns {Remedy[]}
 */
function remediesForPolicy(culprits, mechanism) {
  // A passing shortage has no sandbox to blame.
  const suspects = mechanism.name === 'shortage' ? [] : culprits
  const likely = suspects.filter(({ certainty }) => certainty !== 'low')
  const names = (likely.length > 0 ? likely : suspects).map(({ name }) => name)
  const settled =
    names.includes('OpenShell') || likely.some(({ certainty }) => certainty === 'high')
  return [...names, ...(settled ? [] : [mechanism.name])]
    .filter((name) => Object.hasOwn(POLICIES, name))
    .map((name) => ({ owner: name, ...POLICIES[name] }))
}

/** @type {Remedy} */
const WAYS = {
  owner: 'the policy',
  text:
    'One of these has to be allowed: socket(AF_NETLINK) for everything; socketpair(AF_UNIX) or any ' +
    'socket, with ioctls on it, for IPv4; reading /proc/net/if_inet6 for IPv6.',
  change: null
}

/**
 * @param {{ register: boolean, preload: boolean }} active
 * @returns {Remedy[]}
 */
function remediesForProcess({ register, preload }) {
  const remedies = []
  if (!register) {
    remedies.push({
      owner: 'this process',
      text: "Start Node with this, or have the program import 'osh-ifaddrs/register' first.",
      change: 'node -r osh-ifaddrs/register app.js'
    })
  }
  if (!preload) {
    remedies.push({
      owner: 'this process',
      text: 'For a program that is not of Node, and all that it starts:',
      change: 'osh-ifaddrs run -- program'
    })
  }
  return remedies
}

module.exports = { OCI_RULE, POLICIES, WAYS, remediesForPolicy, remediesForProcess }
