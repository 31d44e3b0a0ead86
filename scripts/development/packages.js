// The Debian packages that each command needs, and what for.
'use strict'

const ADDON = {
  gcc: 'compiles the addon and the C parts of the tests',
  'g++': 'links the addon: node-gyp calls it',
  'libc6-dev': 'the headers of the C library',
  'libmnl-dev': 'the addon reads netlink with it',
  make: 'builds the addon and the C parts of the tests',
  'pkg-config': 'finds libmnl',
  python3: 'runs node-gyp, and is a program that tests run in the sandbox'
}

const SANDBOX = {
  iproute2: 'makes network namespaces and links',
  'libseccomp-dev': 'the test sandbox refuses system calls with it'
}

/** For the published binaries, of which one is for the machine's own processor. */
const BINARIES = {
  ...ADDON,
  binutils: 'shows what the binaries export and need',
  ...(process.arch === 'arm64'
    ? {
        'gcc-x86-64-linux-gnu': 'compiles the published binary for x64',
        'libc6-dev-amd64-cross': 'compiles the published binary for x64'
      }
    : {
        'gcc-aarch64-linux-gnu': 'compiles the published binary for arm64',
        'libc6-dev-arm64-cross': 'compiles the published binary for arm64'
      }),
  'gcc-arm-linux-gnueabihf': 'compiles the published binary for arm',
  'libc6-dev-armhf-cross': 'compiles the published binary for arm'
}

const MUSL = 'compiles for musl, the C library of Alpine'

/** For processors without a published binary. */
const PROCESSORS = {
  'gcc-i686-linux-gnu': 'compiles the unit tests for i386',
  'libc6-dev-i386-cross': 'compiles the unit tests for i386',
  'gcc-powerpc64le-linux-gnu': 'compiles the unit tests for ppc64el',
  'libc6-dev-ppc64el-cross': 'compiles the unit tests for ppc64el',
  'gcc-riscv64-linux-gnu': 'compiles the unit tests for riscv64',
  'libc6-dev-riscv64-cross': 'compiles the unit tests for riscv64',
  'gcc-s390x-linux-gnu': 'compiles the unit tests for s390x',
  'libc6-dev-s390x-cross': 'compiles the unit tests for s390x'
}

/** For virtual machines. The cross compiler is one of PROCESSORS, too, for another purpose. */
const KERNELS = {
  'gcc-s390x-linux-gnu': 'compiles the addon for a guest on s390x',
  'libc6-dev-s390x-cross': 'compiles the addon for a guest on s390x',
  'qemu-system-arm': 'boots kernels for arm64',
  'qemu-system-misc': 'boots kernels for s390x',
  'qemu-system-x86': 'boots kernels for amd64',
  'util-linux': 'ends a virtual machine with its test, by setpriv(1)',
  'xz-utils': 'decompresses the modules of kernels'
}

const UNITS = { 'libcmocka-dev': 'runs the C unit tests' }

/** @type {Record<string, Record<string, string>>} */
const DEBIAN_PACKAGES = {
  demo: { ...ADDON, ...SANDBOX },
  lint: {
    ...ADDON,
    ...UNITS,
    clang: 'its headers are read by clang-tidy',
    'clang-format': 'checks the format of C',
    'clang-tidy': 'analyses C',
    cppcheck: 'analyses C',
    'libseccomp-dev': 'its headers are read by clang-tidy',
    shellcheck: 'analyses shell scripts'
  },
  bench: {
    ...ADDON,
    ...SANDBOX,
    'python3-psutil': 'is compared with',
    valgrind: 'counts instructions'
  },
  behaviour: {
    ...BINARIES,
    ...SANDBOX,
    ...UNITS,
    busybox: 'is one of the shells for `osh-ifaddrs run`',
    'musl-tools': MUSL,
    strace: 'shows which system calls are made'
  },
  soak: {
    ...BINARIES,
    ...SANDBOX,
    ...UNITS,
    ...PROCESSORS,
    clang: 'compiles the fuzzers',
    'libclang-rt-dev': 'runs the fuzzers',
    llvm: 'shows what the fuzzers cover',
    'musl-tools': MUSL,
    'qemu-user-static': 'emulates other processors',
    valgrind: 'checks memory'
  },
  real: {
    ...BINARIES,
    ...SANDBOX,
    ...KERNELS,
    bubblewrap: 'a sandbox',
    crun: 'a sandbox',
    'erlang-base': 'lists addresses',
    fakechroot: 'is preloaded beside the preload library',
    firejail: 'a sandbox',
    'firejail-profiles': "firejail's profile for Node",
    heaptrack: 'is preloaded beside the preload library',
    hostname: 'lists addresses',
    lxc: 'a sandbox',
    mangohud: 'is preloaded beside the preload library',
    'php-cli': 'lists addresses',
    proot: 'a sandbox',
    'python3-netifaces': 'lists addresses',
    'python3-psutil': 'lists addresses',
    ripgrep: "Anthropic's sandbox-runtime calls it",
    ruby: 'lists addresses',
    runc: 'a sandbox',
    runsc: 'a sandbox',
    socat: "Anthropic's sandbox-runtime calls it",
    systemd: 'restricts what its units may do',
    unbound: 'listens on the addresses of a named interface'
  }
}

/**
 * Packages of which only files are read: they are unpacked into a folder, without what they depend on.
 *
 * @type {Record<string, Record<string, string>>}
 */
const UNPACKED_PACKAGES = {
  profiles: {
    'golang-github-containers-common': "Podman's default seccomp profile",
    'golang-github-docker-docker-dev': "Docker's default seccomp profile"
  }
}

module.exports = { BINARIES, DEBIAN_PACKAGES, UNPACKED_PACKAGES }
