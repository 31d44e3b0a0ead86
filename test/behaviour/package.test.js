'use strict'

// The package as users install it: its contents, what its binaries need, and installing it on a bare machine.

const path = require('node:path')
const t = require('tap')
const { testBinaries } = require('./package/binaries')
const { testContents } = require('./package/contents')
const { testInstall } = require('./package/install')
const { makeApp, packOrSkip } = require('../support/app')

// The first run downloads libmnl for three processors.
t.setTimeout(1_800_000)

const tarball = packOrSkip(t)
const app = makeApp(t, tarball)

t.test('contents', (t) => testContents(t, tarball, app))
t.test('binaries', async (t) => testBinaries(t, path.join(app, 'node_modules/osh-ifaddrs')))
t.test('install', (t) => testInstall(t, tarball, app))
