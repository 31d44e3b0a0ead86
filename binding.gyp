{
  'variables': {
    # Published binaries are compiled so. Other compilers may warn about more.
    'warnings_are_errors%': 0,
    # libmnl.a for a published binary; see scripts/development/prebuild.js. Otherwise the machine's shared libmnl.
    'static_libmnl%': '',
    # Node's common.gypi requires it on Android; Termux compiles without an NDK.
    'android_ndk_path%': '',
    # The test programs and fuzzers compile the same list.
    'core': ['<!@(cat src/core-files.txt)'],
  },
  'targets': [
    {
      # The addon and the preload library.
      'target_name': 'osh_ifaddrs',
      'sources': [
        '<@(core)',
        'src/addon/addon.c',
        'src/addon/interfaces.c',
        'src/addon/layout.c',
        'src/addon/napi.c',
        'src/addon/strings.c',
        'src/addon/text.c',
        'src/addon/watch.c',
        'src/preload/block.c',
        'src/preload/lists.c',
        'src/preload/preload.c',
        'src/preload/requested_sources.c',
        'src/watch/monitor.c',
        'src/watch/namespace.c',
      ],
      'defines': ['NAPI_VERSION=8', '_GNU_SOURCE'],
      'cflags': [
        '-std=c11',
        '-Wall',
        '-Wextra',
        '-fvisibility=hidden',
        '-fstack-protector-strong',
        '<!@(pkg-config --cflags libmnl)',
      ],
      # As fast as with -O3, and every user downloads it.
      'configurations': { 'Release': { 'cflags!': ['-O3'], 'cflags': ['-O2'] } },
      'ldflags': ['-Wl,-z,relro,-z,now,-z,noexecstack'],
      'conditions': [
        ['warnings_are_errors==1', { 'cflags': ['-Werror'] }],
        ['static_libmnl==""', {
          # node-gyp links with the C++ compiler; these drop its libraries.
          'ldflags': ['-Wl,--as-needed', '-static-libgcc'],
          'libraries': ['<!@(pkg-config --libs libmnl)'],
          # Not in debug builds: glibc warns about it without optimisation.
          'configurations': { 'Release': { 'cflags': ['-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2'] } },
        }, {
          # For every libc: no symbol has a version, and none is of one libc only, such as _FORTIFY_SOURCE's.
          'sources': ['src/preload/fortified.c'],
          'defines!': ['_FILE_OFFSET_BITS=64'],
          'cflags': ['-U_FORTIFY_SOURCE'],
          'ldflags': ['-nostdlib', '-Wl,--exclude-libs,ALL', '-Wl,--strip-all'],
          'libraries': ['<(static_libmnl)', '-lgcc'],
        }],
      ],
    },
  ],
}
