// What is known of each sandbox: by what a process recognises it, and what to change in its policy. Data only:
// ./suspects.js compares it with the evidence, and ./remedies.js recommends the changes.
'use strict'

const { HIDDEN, NO_ADDONS, NO_REPLY, ONLY_LO } = require('./symptoms')

/** @typedef {'high' | 'medium' | 'low'} Certainty */

/**
 * What one part of the evidence must be. `of` is a member of the evidence. `names`: an environment variable, or files.
 *
 * @typedef {{ of: string, names?: string[], is: RegExp }} Observation
 */

/**
 * A change of the policy, for refusals of one of these `calls` with one of these errnos (`codes`); by default, of any
 * call with any errno. In `text` and `change`, CALL stands for the refused call.
 *
 * - `few`: so few sandboxes return these errnos that they are a sign by themselves.
 * - `noServer`: the sandbox then refuses listen(2), too.
 * - `atMost`: what the signs of the sandbox prove in this case.
 * - `tested`: test:real makes the change in the real program.
 *
 * @typedef {object} Policy
 * @property {string[]} [codes]
 * @property {string[]} [calls]
 * @property {boolean} [few]
 * @property {boolean} [noServer]
 * @property {Certainty} [atMost]
 * @property {string} text
 * @property {string | null} change
 * @property {boolean} tested
 */

/**
 * `signs`: each proves as much as `proves` says if all of its observations hold. High: the kernel or the sandbox
 * itself made it. Medium: anyone could, such as an environment variable, or others have it too. `unless` speaks
 * against the sandbox.
 *
 * @typedef {object} Sandbox
 * @property {string} name
 * @property {string} [title] for people; default: the name
 * @property {{ proves: Certainty, if: Observation[] }[]} signs
 * @property {Observation[]} [unless]
 * @property {Policy[]} policies
 */

const ANYTHING = /^[^]*$/

/** @type {(name: string, is?: RegExp) => Observation} */
const env = (name, is = ANYTHING) => ({ of: 'env', names: [name], is })
/** @type {(...names: string[]) => Observation} one of them exists */
const file = (...names) => ({ of: 'files', names, is: ANYTHING })
/** @type {(is: RegExp) => Observation} */
const cgroup = (is) => ({ of: 'cgroup', is })
/** @type {(is: RegExp) => Observation} */
const label = (is) => ({ of: 'label', is })
/** @type {(is: RegExp) => Observation} */
const ancestor = (is) => ({ of: 'ancestors', is })
/** @type {(is: RegExp) => Observation} the seccomp filters of process 1 are `the same` as this one's, or `fewer` */
const filtersOfInit = (is) => ({ of: 'filtersOfInit', is })

/** The rule for a filter that refuses socket(AF_NETLINK). */
const ROUTE_ONLY =
  'refuse socket(AF_NETLINK, type, protocol) only if protocol (the third argument) is not ' +
  'NETLINK_ROUTE (0). Changing a link or a route still needs CAP_NET_ADMIN'

// Rules of an OCI container's seccomp profile. 16 is AF_NETLINK.
const OCI_ALLOW_ROUTE = `{
  "names": ["socket"],
  "action": "SCMP_ACT_ALLOW",
  "args": [
    { "index": 0, "value": 16, "op": "SCMP_CMP_EQ" },
    { "index": 2, "value": 0, "op": "SCMP_CMP_EQ" }
  ]
}`
const OCI_UNLESS_ROUTE = '{ "index": 2, "value": 0, "op": "SCMP_CMP_NE" }'
const OCI_ALLOW_CALL = '{ "names": ["CALL"], "action": "SCMP_ACT_ALLOW" }'

// The control groups of containers, by Docker, Podman, CRI-O, containerd and Kubernetes.
const CONTAINER_GROUP =
  /\b(docker|libpod|crio|cri-containerd)-[0-9a-f]{12,}|\/docker\/[0-9a-f]{12,}|\bkubepods\b/

const CONTAINER_FILES = ['/.dockerenv', '/run/.containerenv']

// The calls of getifaddrs(3) after socket(2). seccomp does not see which family their sockets are of.
const LATER_CALLS = ['bind', 'getsockname', 'sendto', 'recvmsg']

/** @type {Policy[]} of a container's seccomp profile */
const OCI_POLICIES = [
  {
    codes: ['EPERM', 'ENOSYS'],
    calls: ['socket'],
    text: 'If its seccomp profile refuses by default, add this to "syscalls".',
    change: OCI_ALLOW_ROUTE,
    tested: true
  },
  {
    codes: ['EPERM', 'ENOSYS'],
    calls: ['socket'],
    text: 'If a rule of its seccomp profile refuses netlink, add this to the rule\'s "args".',
    change: OCI_UNLESS_ROUTE,
    tested: true
  },
  {
    codes: ['EPERM', 'ENOSYS'],
    calls: LATER_CALLS,
    text: 'If a rule refuses CALL, remove it there. Otherwise add this to "syscalls".',
    change: OCI_ALLOW_CALL,
    tested: true
  }
]

/** By Codex's configuration. */
const CONFIGURED = {
  codes: ['EPERM'],
  calls: ['socket'],
  text: 'Put this line at the top of config.toml, or pass it to codex with the option -c.',
  tested: true
}

/** By firejail's option, or its line in the profile. @type {Policy} */
const DROPPED = {
  codes: ['EPERM', 'EACCES', 'ENOSYS', 'EINVAL'],
  text: 'Remove CALL from --seccomp.drop, or from seccomp.drop in the profile.',
  change: null,
  tested: true
}

/** @type {Policy} */
const NOTHING_ELSE = {
  codes: [ONLY_LO],
  text: 'Netlink works. The sandbox has a network namespace of its own, in which only lo exists.',
  change: null,
  tested: true
}

/** The most specific first. @type {Sandbox[]} */
const SANDBOXES = [
  {
    name: 'Codex proxy',
    title: "Codex's network proxy",
    signs: [
      { proves: 'high', if: [env('CODEX_NETWORK_PROXY_ACTIVE'), ancestor(/^codex-linux-san/)] },
      { proves: 'medium', if: [env('CODEX_NETWORK_PROXY_ACTIVE')] }
    ],
    policies: [{ ...CONFIGURED, change: 'features.network_proxy=false' }]
  },
  {
    name: 'Codex',
    title: "Codex's sandbox",
    signs: [
      { proves: 'high', if: [ancestor(/^codex-linux-san/)] },
      { proves: 'medium', if: [env('CODEX_SANDBOX_NETWORK_DISABLED')] }
    ],
    // With its proxy, access is already allowed.
    unless: [env('CODEX_NETWORK_PROXY_ACTIVE')],
    policies: [
      { ...CONFIGURED, noServer: true, change: 'sandbox_workspace_write.network_access=true' }
    ]
  },
  {
    name: 'sandbox-runtime',
    title: "Anthropic's sandbox-runtime",
    signs: [
      { proves: 'high', if: [env('SANDBOX_RUNTIME'), ancestor(/^(bwrap|apply-seccomp)$/)] },
      { proves: 'medium', if: [env('SANDBOX_RUNTIME')] }
    ],
    policies: [NOTHING_ELSE]
  },
  {
    name: 'bubblewrap',
    signs: [{ proves: 'high', if: [ancestor(/^bwrap$/)] }],
    policies: [
      {
        codes: ['EPERM', 'EACCES', 'ENOSYS'],
        calls: ['socket'],
        // It only loads a filter of its caller's, and another sandbox may be inside.
        atMost: 'medium',
        text: `Change the filter that is passed to bwrap by --seccomp: ${ROUTE_ONLY}.`,
        change: null,
        tested: true
      },
      NOTHING_ELSE
    ]
  },
  {
    name: 'OpenShell',
    signs: [{ proves: 'medium', if: [env('OPENSHELL_SANDBOX')] }],
    policies: [
      {
        codes: ['EPERM'],
        calls: ['socket'],
        text: `Upgrade OpenShell to v0.0.55 or later, which allows NETLINK_ROUTE. The rule: ${ROUTE_ONLY}.`,
        change: null,
        tested: false
      }
    ]
  },
  {
    name: 'firejail',
    signs: [
      { proves: 'high', if: [ancestor(/^firejail$/)] },
      // The directory remains on the host after firejail has run once, so it is a sign only with the variable.
      { proves: 'high', if: [env('container', /^firejail$/), file('/run/firejail/mnt')] },
      { proves: 'medium', if: [env('container', /^firejail$/)] }
    ],
    policies: [
      {
        codes: ['EOPNOTSUPP'],
        calls: ['socket'],
        few: true,
        text: 'Add netlink to the protocols, as an option or in the profile.',
        change: '--protocol=unix,inet,inet6,netlink',
        tested: true
      },
      // It sees no families.
      { ...DROPPED, calls: ['socket'], noServer: true },
      { ...DROPPED, calls: LATER_CALLS },
      NOTHING_ELSE
    ]
  },
  {
    name: 'snap',
    signs: [
      { proves: 'high', if: [label(/^snap\..*/)] },
      { proves: 'medium', if: [env('SNAP')] }
    ],
    policies: [
      {
        codes: ['EACCES', 'EPERM'],
        calls: ['socket', 'bind'],
        text: 'Connect the interface network-observe. It must be one of the plugs in snapcraft.yaml.',
        change: 'snap connect NAME:network-observe',
        tested: false
      }
    ]
  },
  {
    name: 'Android',
    signs: [
      { proves: 'high', if: [label(/^.*:untrusted_app.*/)] },
      { proves: 'medium', if: [env('TERMUX_VERSION')] },
      { proves: 'medium', if: [env('PREFIX', /^\/data\/data\/com\.termux\//)] }
    ],
    policies: [
      {
        codes: ['EACCES'],
        text:
          "This is Android's policy, and only root can change it: apps may neither bind a route socket " +
          'nor request links from it.',
        change: null,
        tested: false
      }
    ]
  },
  {
    name: 'systemd',
    signs: [
      // The last unit of the path; that of a user's manager restricts nothing.
      { proves: 'high', if: [cgroup(/[^/\n]+(?<!user@\d+)\.service(?=\/?[^/\n]*$)/m)] },
      { proves: 'medium', if: [env('INVOCATION_ID')] }
    ],
    // A terminal, or a container in the unit of its engine.
    unless: [cgroup(/\.scope$/m), cgroup(CONTAINER_GROUP)],
    policies: [
      {
        codes: ['EAFNOSUPPORT'],
        calls: ['socket'],
        few: true,
        // Without another such line it would forbid all other families.
        text: 'If systemctl cat UNIT shows RestrictAddressFamilies=, add this by systemctl edit UNIT. Both accept --user.',
        change: '[Service]\nRestrictAddressFamilies=AF_NETLINK',
        tested: true
      },
      {
        codes: ['EPERM', 'EACCES', 'ENOSYS'],
        // A unit may start another sandbox, and these errnos are common.
        atMost: 'medium',
        text: 'If systemctl cat UNIT shows SystemCallFilter=, add this by systemctl edit UNIT. Both accept --user.',
        change: '[Service]\nSystemCallFilter=socket bind getsockname sendto recvmsg',
        tested: true
      }
    ]
  },
  {
    name: 'proot',
    signs: [{ proves: 'high', if: [{ of: 'tracer', is: /^proot/ }] }],
    policies: [
      {
        // Android's errno, which older versions of Termux's proot pass on. Others refuse nothing.
        codes: ['EACCES'],
        text: "Upgrade Termux's proot: versions of 2026 reply in place of Android's kernel.",
        change: 'pkg upgrade proot',
        tested: false
      }
    ]
  },
  {
    name: 'gVisor',
    // Its source has this date.
    signs: [{ proves: 'high', if: [{ of: 'version', is: /#1 SMP Sun Jan 10 15:06:54 PST 2016/ }] }],
    policies: OCI_POLICIES
  },
  {
    name: 'LXC',
    signs: [
      { proves: 'high', if: [file('/dev/.lxc-boot-id')] },
      { proves: 'medium', if: [env('container', /^lxc$/)] }
    ],
    unless: [filtersOfInit(/^fewer$/)],
    policies: [
      {
        codes: ['EPERM'],
        calls: ['socket'],
        text: 'Replace the line that refuses netlink in the file that lxc.seccomp.profile names.',
        change: 'socket errno 1 [0,16,SCMP_CMP_EQ][2,0,SCMP_CMP_NE]',
        tested: true
      }
    ]
  },
  {
    name: 'container',
    title: 'the container',
    // A container may be only where the sandbox runs, such as a development machine. Then process 1 has fewer
    // filters, and if that is not known, the marker files prove little.
    signs: [
      { proves: 'medium', if: [cgroup(CONTAINER_GROUP)] },
      { proves: 'medium', if: [env('KUBERNETES_SERVICE_HOST')] },
      { proves: 'medium', if: [env('container', /^(docker|oci|podman)$/)] },
      {
        proves: 'medium',
        if: [file(...CONTAINER_FILES), filtersOfInit(/^the same$/)]
      },
      { proves: 'low', if: [file(...CONTAINER_FILES)] }
    ],
    unless: [
      filtersOfInit(/^fewer$/),
      ancestor(/^(bwrap|codex-linux-san|firejail|apply-seccomp)$/)
    ],
    policies: [...OCI_POLICIES, NOTHING_ELSE]
  },
  {
    name: 'WSL1',
    // The kernel of WSL 2 is a real one, whose release is lower case.
    signs: [{ proves: 'high', if: [{ of: 'release', is: /.*-Microsoft$/ }] }],
    policies: [
      {
        codes: [NO_REPLY],
        text: 'Convert the distribution to WSL 2. In Windows, run:',
        change: 'wsl --set-version NAME 2',
        tested: false
      }
    ]
  },
  {
    name: 'guard',
    title: 'other code in this process',
    signs: [{ proves: 'high', if: [] }],
    policies: [
      {
        codes: [HIDDEN],
        text: 'Set this, and load register after the other code. Then register answers.',
        change: 'OSH_IFADDRS_MODE=always',
        tested: true
      }
    ]
  },
  {
    name: 'Node --permission',
    signs: [{ proves: 'high', if: [{ of: 'nodeOption', is: /^--permission$/ }] }],
    policies: [
      {
        codes: [NO_ADDONS],
        text: 'Add this to the options of Node, or use the preload library.',
        change: '--allow-addons',
        tested: true
      }
    ]
  },
  {
    name: 'Node --no-addons',
    signs: [{ proves: 'high', if: [{ of: 'nodeOption', is: /^--no-addons$/ }] }],
    policies: [
      {
        codes: [NO_ADDONS],
        text: 'Remove --no-addons from the options of Node, or use the preload library.',
        change: null,
        tested: true
      }
    ]
  }
]

module.exports = { ANYTHING, LATER_CALLS, ROUTE_ONLY, SANDBOXES }
