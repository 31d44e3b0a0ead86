'use strict'

// Compares every mode with the native function on generated networks; test/soak/parity.test.js does so on more.

const t = require('tap')
const { testTopologies } = require('../support/parity')
const { skipWithout } = require('../support/requirements')

skipWithout(t, '/dev/net/tun')
testTopologies(t, { runs: 40 })
