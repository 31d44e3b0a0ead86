'use strict'

// Compares the preload library's lists with glibc's, as test/behaviour/preload.test.js does, on more networks.

const t = require('tap')
const { testGeneratedNetworks } = require('../support/preload/comparison')
const { skipWithout } = require('../support/requirements')
const { scale } = require('./duration')

const RUNS = scale(60)

skipWithout(t, '/dev/net/tun')
t.setTimeout((60 + RUNS * 20) * 1000)
testGeneratedNetworks(t, RUNS)
