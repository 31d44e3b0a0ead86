{
  # A checkout is a developer's, and there a warning is an error; a published package is not.
  'variables': { 'developing%': '<!(node -p "+require(\'fs\').existsSync(\'.git\')")' },
  'targets': [
    {
      'target_name': 'osh_ifaddrs',
      'sources': [
        'src/addon.c',
        'src/infer.c',
        'src/ioctl.c',
        'src/link.c',
        'src/netlink.c',
        'src/procfs.c',
        'src/rtnetlink.c',
        'src/snapshot.c',
        'src/text.c',
        'src/tie.c',
      ],
      'include_dirs': ['<!(node -p "require(\'node-api-headers\').include_dir")'],
      'defines': ['NAPI_VERSION=8', '_GNU_SOURCE'],
      'cflags': ['-std=c11', '-Wall', '-Wextra', '-fvisibility=hidden', '-fstack-protector-strong', '<!@(node scripts/libmnl.js --cflags)'],
      'ldflags': ['-Wl,-z,relro,-z,now,-z,noexecstack'],
      'libraries': ['<!@(node scripts/libmnl.js --libs)'],
      'conditions': [['developing==1', { 'cflags': ['-Werror'] }]],
    },
  ],
}
