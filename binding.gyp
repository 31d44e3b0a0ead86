{
  'variables': {
    # A checkout is a developer's, and there a warning is an error; a published package is not.
    'developing%': '<!(node -p "+require(\'fs\').existsSync(\'.git\')")',
    # What scripts/development/prebuild.js makes finds libmnl beside itself.
    'prebuilding%': 0,
    'glibc%': '<!(node -p "+(\'glibcVersionRuntime\' in process.report.getReport().header)")',
    # Whatever gyp takes for the OS: on Android Python says "linux" up to 3.12.
    'platform%': '<!(node -p process.platform)',
    # Node's own common.gypi wants it on Android, where Termux compiles without an NDK.
    'android_ndk_path%': '',
    'core': [
      'src/infer.c',
      'src/ioctl.c',
      'src/link.c',
      'src/netlink.c',
      'src/procfs.c',
      'src/rtnetlink.c',
      'src/snapshot.c',
      'src/tie.c',
    ],
  },
  'targets': [
    {
      'target_name': 'osh_ifaddrs',
      'sources': ['<@(core)', 'src/addon.c', 'src/text.c'],
    },
  ],
  'conditions': [
    ['platform=="linux"', {
      'targets': [
        {
          # Preloaded into any program: needs libc alone, see src/preload.c.
          'target_name': 'osh_ifaddrs_preload',
          'type': 'shared_library',
          'sources': ['src/preload.c'],
          'configurations': { 'Release': { 'cflags!': ['-O3'], 'cflags': ['-Os'] } },
          'ldflags': ['-Wl,-rpath,\'$$ORIGIN\''],
          'conditions': [
            # Up to glibc 2.33 libdl has what src/preload.c calls, and since then nothing.
            ['glibc==1', {
              'libraries': ['-Wl,--push-state,--no-as-needed,-l:libdl.so.2,--pop-state'],
            }],
          ],
        },
        {
          'target_name': 'osh_ifaddrs_core',
          'type': 'shared_library',
          'sources': [
            '<@(core)',
            'src/details.c',
            'src/details_ioctl.c',
            'src/details_procfs.c',
            'src/details_rtnetlink.c',
            'src/lists.c',
          ],
          # Asked seldom, and downloaded by all.
          'configurations': { 'Release': { 'cflags!': ['-O3'], 'cflags': ['-Os'] } },
          'ldflags': ['-Wl,-z,nodelete'],
        },
      ],
    }],
  ],
  'target_defaults': {
    'defines': ['NAPI_VERSION=8', '_GNU_SOURCE'],
    'cflags': [
      '-std=c11',
      '-Wall',
      '-Wextra',
      '-fvisibility=hidden',
      '-fstack-protector-strong',
      '<!@(node scripts/install/libmnl.js --cflags)',
    ],
    # node-gyp links with the C++ compiler, whose library this has no use for.
    'ldflags': ['-Wl,--as-needed', '-Wl,-z,relro,-z,now,-z,noexecstack'],
    'libraries': ['<!@(node scripts/install/libmnl.js --libs)'],
    'configurations': {
      # Debug builds do without: glibc warns of it where nothing is optimised.
      'Release': { 'cflags': ['-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2'] },
    },
    'conditions': [
      ['developing==1', { 'cflags': ['-Werror'] }],
      ['prebuilding==1', { 'ldflags': ['-Wl,-rpath,\'$$ORIGIN\'', '-Wl,--strip-all'] }],
    ],
  },
}
