'use strict'

// Makes what a virtual machine boots: Debian's kernel, and a system of Debian's packages, Node, the package and its
// tests' helpers, compiled for the guest's processor.

const fs = require('node:fs')
const path = require('node:path')
const { compile } = require('../../../scripts/development/compile')
const { findKernelPackages, unpackDebianPackages } = require('../../../scripts/development/debian')
const { Initramfs } = require('../../support/initramfs')
const {
  cacheFolder,
  cleanEnvironment,
  fetchNode,
  projectRoot,
  runChecked
} = require('../../support/package')
const { MACHINES, readModules } = require('../../support/virtual-machine')
const { MODULES } = require('./links')

const cache = path.join(cacheFolder, 'kernels')
// The registry has no later one for s390x.
const NODE = { x64: 22, arm64: 22, s390x: 20 }

/** Debian's packages for Node, ip(8), and busybox, which is everything else. */
const SYSTEM = [
  ...['busybox-static', 'iproute2', 'libbpf1', 'libc6', 'libcap2', 'libgcc-s1', 'libmnl0'],
  ...['libpcre2-8-0', 'libselinux1', 'libstdc++6', 'libzstd1', 'zlib1g']
]
const SYSTEMS = {
  trixie: [...SYSTEM, 'libelf1t64'],
  bookworm: [...SYSTEM, 'libbsd0', 'libelf1', 'libmd0']
}

const BUSYBOX = ['env', 'insmod', 'mount', 'reboot', 'sh', 'test', 'true', 'unshare']

// Bookworm's packages have some of them at the root. /usr/share has ip(8)'s names of scopes.
const MERGED = ['bin', 'lib', 'lib64', 'sbin']
const SYSTEM_FILES = [
  ...MERGED.flatMap((name) => [name, `usr/${name}`]),
  ...['etc/iproute2', 'usr/share/iproute2']
]
const HELPERS = ['sandbox', 'setns.node', 'lists', 'refuse.so']

/**
 * @typedef {object} Parts what is downloaded
 * @property {string} kernel the folder of its package's files
 * @property {string} system that of the system's
 * @property {string} seccomp that of libseccomp's, for the launcher
 * @property {string} libmnl that of libmnl's, for an addon that is not published
 * @property {string} node
 */

/**
 * @param {string} debian Debian's name of the processor
 * @param {string} suite
 * @returns {Parts}
 */
function download(debian, suite) {
  const { arch } = MACHINES[debian]
  // The mirror lacks some of Debian 13's packages for s390x.
  const suiteOfSystem = arch === 's390x' ? 'bookworm' : 'trixie'
  /** @param {string} name @param {Parameters<typeof unpackDebianPackages>[2]} packages @param {string} from */
  const unpack = (name, packages, from) => {
    const folder = path.join(cache, `${name}-${debian}`)
    fs.mkdirSync(folder, { recursive: true })
    return unpackDebianPackages(folder, debian, packages, from)
  }
  return {
    kernel: unpack(suite, (apt) => findKernelPackages(apt, `linux-image-${debian}`), suite),
    system: unpack('system', SYSTEMS[suiteOfSystem], suiteOfSystem),
    seccomp: unpack('seccomp', ['libseccomp-dev'], 'bookworm'),
    libmnl: unpack('libmnl', ['libmnl-dev'], 'trixie'),
    node: fetchNode(NODE[arch], arch)
  }
}

/**
 * Compiles the tests' helpers.
 *
 * @param {string} debian
 * @param {string} seccomp
 * @returns {string} their folder
 */
function compileHelpers(debian, seccomp) {
  const { triplet } = MACHINES[debian]
  const folder = path.join(cache, `helpers-${debian}`)
  const usr = path.join(seccomp, 'usr')
  const compiler = `${triplet}-gcc -I${usr}/include -L${usr}/lib/${triplet}`
  runChecked(
    [
      ...['make', '--silent', `CC=${compiler}`, `OUT=${folder}`],
      ...HELPERS.map((name) => path.join(folder, name))
    ],
    { cwd: path.join(projectRoot, 'test'), env: cleanEnvironment() }
  )
  return folder
}

/**
 * Compiles the addon, as scripts/development/prebuild.js does those that are published.
 *
 * @param {string} debian
 * @param {string} libmnl
 * @returns {string} the file
 */
function compileAddon(debian, libmnl) {
  const { arch, triplet } = MACHINES[debian]
  const library = path.join(libmnl, 'usr/lib', triplet)
  const options = [`--arch=${arch}`, '--', `-Dstatic_libmnl=${path.join(library, 'libmnl.a')}`]
  return compile(path.join(cache, `addon-${debian}`), [...options, '-Dwarnings_are_errors=1'], {
    ...cleanEnvironment(),
    CC: `${triplet}-gcc`,
    CXX: `${triplet}-gcc`,
    AR: `${triplet}-ar`,
    PKG_CONFIG_SYSROOT_DIR: libmnl,
    PKG_CONFIG_LIBDIR: path.join(library, 'pkgconfig')
  })
}

/** @param {Initramfs} image @param {Parts} parts */
function addSystem(image, { system, node }) {
  for (const name of SYSTEM_FILES) {
    const source = path.join(system, name)
    if (fs.existsSync(source)) image.copy(source, MERGED.includes(name) ? `usr/${name}` : name)
  }
  for (const name of MERGED) image.link(name, `usr/${name}`)
  for (const name of BUSYBOX) image.link(`usr/bin/${name}`, 'busybox')
  for (const name of ['dev', 'proc', 'run', 'sys', 'tmp', 'usr/lib64']) image.folder(name)
  image.copy(node, 'node/bin/node')
}

/** @param {Initramfs} image @param {string} kernel */
function addModules(image, kernel) {
  const folder = ['lib/modules', 'usr/lib/modules']
    .map((name) => path.join(kernel, name))
    .find((each) => fs.existsSync(each))
  const modules = readModules(folder ?? kernel, MODULES)
  for (const [name, content] of modules) image.file(`modules/${name}.ko`, content)
  image.file('modules/order', [...modules.keys(), ''].join('\n'))
}

/**
 * @param {Initramfs} image
 * @param {string} app the package, as it is published
 * @param {string} helpers
 */
function addPackage(image, app, helpers) {
  image.copy(app, 'app')
  for (const name of ['test/support', 'test/real/kernels', 'scripts/development'])
    image.copy(path.join(projectRoot, name), `app/${name}`)
  for (const name of HELPERS) image.copy(path.join(helpers, name), `app/test/build/${name}`)
  image.file('init', fs.readFileSync(path.join(__dirname, 'init.sh')))
}

/** @param {string} folder of the package's files @returns {string} the kernel */
function findKernel(folder) {
  // In /boot, since Linux 7 in /usr/lib/modules.
  const files = fs.readdirSync(folder, { encoding: 'utf8', recursive: true })
  const found = files.find((file) => path.basename(file).startsWith('vmlinu'))
  if (found === undefined) throw new Error(`no kernel in ${folder}`)
  return path.join(folder, found)
}

/**
 * @param {string} debian
 * @param {Parts} parts
 * @param {{ app: string, file: string }} options `app`: the folder of the unpacked package; `file`: what to write
 * @returns {{ kernel: string, initramfs: string }}
 */
function makeImage(debian, parts, { app, file }) {
  const helpers = compileHelpers(debian, parts.seccomp)
  const image = new Initramfs(file)
  addSystem(image, parts)
  addModules(image, parts.kernel)
  addPackage(image, app, helpers)
  const published = path.join(app, `prebuilds/linux-${MACHINES[debian].arch}.node`)
  if (!fs.existsSync(published))
    image.copy(compileAddon(debian, parts.libmnl), 'app/build/Release/osh_ifaddrs.node')
  image.close()
  return { kernel: findKernel(parts.kernel), initramfs: file }
}

module.exports = { download, makeImage }
