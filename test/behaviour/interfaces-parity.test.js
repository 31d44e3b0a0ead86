'use strict'

// Compares interfaces() in every mode with ip(8) on generated networks; test/soak/parity.test.js does so on more.

const t = require('tap')
const { testInterfaces } = require('../support/interfaces-parity')
const { skipWithout } = require('../support/requirements')

skipWithout(t, '/dev/net/tun')
testInterfaces(t, { runs: 30 })
