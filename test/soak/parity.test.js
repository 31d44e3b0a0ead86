'use strict'

// The properties of test/behaviour/parity.test.js and interfaces-parity.test.js, on more networks.

const t = require('tap')
const { testInterfaces } = require('../support/interfaces-parity')
const { testTopologies } = require('../support/parity')
const { skipWithout } = require('../support/requirements')
const { scale } = require('./duration')

skipWithout(t, '/dev/net/tun')
testTopologies(t, { runs: scale(300) })
testInterfaces(t, { runs: scale(300) })
