{
  'variables': {
    # In the project's CI, a warning is an error. Other compilers may warn about more.
    'warnings_are_errors%': '<!(node -p "+(process.env.CI === \'true\' && require(\'fs\').existsSync(\'.git\'))")',
    # Published binaries find libmnl next to themselves.
    'prebuilding%': 0,
    'glibc%': '<!(node -p "+(\'glibcVersionRuntime\' in process.report.getReport().header)")',
    # Not gyp's OS: Python before 3.13 calls Android "linux".
    'platform%': '<!(node -p process.platform)',
    # Node's common.gypi requires it on Android; Termux compiles without an NDK.
    'android_ndk_path%': '',
    # The test programs and fuzzers compile the same list.
    'core': ['<!@(cat src/core-files.txt)'],
  },
  'targets': [
    {
      'target_name': 'osh_ifaddrs',
      'sources': ['<@(core)', 'src/addon/addon.c', 'src/addon/text.c'],
      # Its loops are too short to gain from vectors, which every user downloads.
      'configurations': { 'Release': { 'cflags': ['-fno-tree-vectorize'] } },
    },
  ],
  'conditions': [
    ['platform=="linux"', {
      'targets': [
        {
          # Every program may preload it, so it needs libc only; see src/preload/preload.c.
          'target_name': 'osh_ifaddrs_preload',
          'type': 'shared_library',
          'sources': ['src/preload/preload.c'],
          'configurations': { 'Release': { 'cflags!': ['-O3'], 'cflags': ['-Os'] } },
          'ldflags': ['-Wl,-rpath,\'$$ORIGIN\''],
          'conditions': [
            # dlopen(3) and dlsym(3) are in libdl before glibc 2.34.
            ['glibc==1', {
              'libraries': ['-Wl,--push-state,--no-as-needed,-l:libdl.so.2,--pop-state'],
            }],
          ],
        },
        {
          'target_name': 'osh_ifaddrs_core',
          'type': 'shared_library',
          'sources': ['<@(core)', 'src/preload/lists.c'],
          # Small rather than fast: few programs call it, every user downloads it.
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
    # node-gyp links with the C++ compiler; --as-needed drops its library.
    'ldflags': ['-Wl,--as-needed', '-Wl,-z,relro,-z,now,-z,noexecstack'],
    'libraries': ['<!@(node scripts/install/libmnl.js --libs)'],
    'configurations': {
      # Not in debug builds: glibc warns about it without optimisation.
      'Release': { 'cflags': ['-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2'] },
    },
    'conditions': [
      ['warnings_are_errors==1', { 'cflags': ['-Werror'] }],
      ['prebuilding==1', { 'ldflags': ['-Wl,-rpath,\'$$ORIGIN\'', '-Wl,--strip-all'] }],
    ],
  },
}
