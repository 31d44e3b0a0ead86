'use strict'

// The property of test/behaviour/parity.test.js, on more networks.

const t = require('tap')
const { testTopologies } = require('../support/parity')
const { skipWithout } = require('../support/requirements')
const { scale } = require('./duration')

skipWithout(t, '/dev/net/tun')
testTopologies(t, { runs: scale(300) })
