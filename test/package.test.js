'use strict'

// The package as users get it: what is in the tarball, what its binaries need, that it installs on
// machines that have next to nothing, and works with everything that it is going to meet.

const path = require('node:path')
const t = require('tap')
const { testArm64 } = require('./package/arm64')
const { testBinaries } = require('./package/binaries')
const { testContents } = require('./package/contents')
const { testInstall } = require('./package/install')
const { testMatrix } = require('./package/matrix')
const { testMusl } = require('./package/musl')
const { bareEnvironment, makeFolder, must, pack } = require('./support/package')

// The first run downloads the programs of others.
t.setTimeout(1_800_000)

const tarball = pack()
const app = makeFolder(t, 'an app')
must(['npm', 'install', tarball], { cwd: app, env: bareEnvironment(t) })

// That emulates, which takes minutes. Meanwhile the others go on.
t.jobs = 2
t.test('arm64', { buffered: true }, (t) => testArm64(t, app))
t.test('contents', (t) => testContents(t, tarball, app))
t.test('binaries', async (t) => testBinaries(t, path.join(app, 'node_modules/osh-ifaddrs')))
t.test('install', (t) => testInstall(t, tarball, app))
t.test('musl', (t) => testMusl(t, app))
t.test('matrix', (t) => testMatrix(t, tarball, app))
