'use strict'

// Containers by OCI runtimes: the host's programs, read-only, with a seccomp profile like those that container
// engines write.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { inControlGroup } = require('./control-group')
const { projectRoot } = require('./namespace')
const { makeTemporaryFolder } = require('./temporary-folder')

const prefix = path.dirname(path.dirname(fs.realpathSync(process.execPath)))

/** The directories of this machine that hold the system's programs, the project, and Node if it is elsewhere. */
const SYSTEM = ['/bin', '/lib', '/lib64', '/usr'].filter((file) => fs.existsSync(file))
const PROJECT = prefix === '/usr' ? [projectRoot] : [projectRoot, prefix]

/** @param {string} source */
function bindReadOnly(source) {
  const options = ['rbind', 'ro', 'nosuid', 'nodev']
  return { destination: source, type: 'bind', source, options }
}

/**
 * @typedef {object} ContainerOptions
 * @property {string} netns
 * @property {string[]} args the program and its arguments
 * @property {string[]} [paths] to mount in addition to the system's; default: the project's
 * @property {number} [errno] with which socket(AF_NETLINK) fails
 * @property {string[]} [env] in addition to PATH
 * @property {string[]} [maskedPaths]
 * @property {object} [seccomp] a profile; the default refuses only netlink
 * @property {string[]} [files] of the container, empty ones
 */

/**
 * The container's user is 65534, has no capabilities and joins an existing network namespace.
 *
 * @param {string} bundle an empty directory
 * @param {ContainerOptions} options
 */
function makeBundle(bundle, options) {
  const {
    netns,
    args,
    paths = PROJECT,
    errno,
    env = [],
    maskedPaths = [],
    seccomp,
    files = []
  } = options
  const mounts = [...SYSTEM, ...paths].map(bindReadOnly)
  const socket = {
    names: ['socket'],
    action: 'SCMP_ACT_ERRNO',
    errnoRet: errno,
    args: [{ index: 0, value: 16, op: 'SCMP_CMP_EQ' }]
  }
  const config = {
    ociVersion: '1.0.2',
    root: { path: 'rootfs', readonly: false },
    process: {
      terminal: false,
      user: { uid: 65534, gid: 65534 },
      args,
      env: ['PATH=/usr/bin', ...env],
      cwd: '/',
      capabilities: {},
      noNewPrivileges: true
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      ...mounts
    ],
    linux: {
      namespaces: [
        { type: 'pid' },
        { type: 'ipc' },
        { type: 'uts' },
        { type: 'mount' },
        { type: 'network', path: `/run/netns/${netns}` }
      ],
      maskedPaths,
      seccomp: seccomp ?? { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [socket] }
    }
  }
  fs.mkdirSync(path.join(bundle, 'rootfs'))
  for (const file of files) fs.writeFileSync(path.join(bundle, 'rootfs', file), '')
  fs.writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(config))
}

/**
 * @param {import('tap').Test} t whose end removes the container
 * @param {string} runtime runc or crun
 * @param {ContainerOptions} options
 * @returns {string[]} the command that runs the program in a new container
 */
function inOci(t, runtime, options) {
  const bundle = makeTemporaryFolder(t)
  makeBundle(bundle, options)
  const state = path.join(bundle, 'state')
  const command = [runtime, '--root', state, 'run', '--bundle', bundle, path.basename(bundle)]
  // crun 1.8 does not run where a machine mounts both versions of control groups.
  return inControlGroup(t, runtime, command)
}

/**
 * @param {import('tap').Test} t whose end removes the container
 * @param {ContainerOptions} options
 * @param {'host' | 'sandbox'} [network] the kernel's sockets, or gVisor's own
 * @returns {string[]} the command that runs the program in gVisor
 */
function inGvisor(t, options, network = 'host') {
  const bundle = makeTemporaryFolder(t)
  makeBundle(bundle, options)
  const flags = ['--root', path.join(bundle, 'state'), '--ignore-cgroups', `--network=${network}`]
  const command = ['runsc', ...flags, '--oci-seccomp', 'run', '--bundle', bundle]
  return [...command, path.basename(bundle)]
}

/** @returns {string[]} the names of all system calls in this machine's headers, for profiles that refuse by default */
function listSystemCalls() {
  const args = ['-dM', '-E', '-x', 'c', '-include', 'sys/syscall.h', '/dev/null']
  const { stdout } = spawnSync('gcc', args, { encoding: 'utf8' })
  const names = [...stdout.matchAll(/^#define __NR_(\w+) /gm)].map(([, name]) => name)
  if (names.length < 200) throw new Error('the system calls are not found')
  return names
}

module.exports = { PROJECT, SYSTEM, inGvisor, inOci, listSystemCalls }
