'use strict'

// How the binary that this checkout uses is compiled and linked, and what it exports.

const t = require('tap')
const { findAddon } = require('../../lib/addon/locate')
const { checkHardening } = require('../support/binary')

checkHardening(t, findAddon(), 'the addon')
