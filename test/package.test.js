'use strict'

// The package as users install it: its contents, what its binaries need, installing it on a bare machine, and
// loading it from each Node, runtime, bundler and package manager.

const path = require('node:path')
const t = require('tap')
const { testArm64 } = require('./package/arm64')
const { testBinaries } = require('./package/binaries')
const { testContents } = require('./package/contents')
const { testInstall } = require('./package/install')
const { testMatrix } = require('./package/matrix')
const { testMusl } = require('./package/musl')
const { bareEnvironment, makeFolder, pack, runChecked } = require('./support/package')

// The first run downloads other programs.
t.setTimeout(1_800_000)

const tarball = pack()
const app = makeFolder(t, 'an app')
runChecked(['npm', 'install', tarball], { cwd: app, env: bareEnvironment(t) })

// arm64 emulates for minutes; the others run at the same time.
t.jobs = 2
t.test('arm64', { buffered: true }, (t) => testArm64(t, app))
t.test('contents', (t) => testContents(t, tarball, app))
t.test('binaries', async (t) => testBinaries(t, path.join(app, 'node_modules/osh-ifaddrs')))
t.test('install', (t) => testInstall(t, tarball, app))
t.test('musl', (t) => testMusl(t, app))
t.test('matrix', (t) => testMatrix(t, tarball, app))
