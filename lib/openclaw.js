// The package as an OpenClaw plug-in: openclaw.plugin.json describes it, and `openclaw` in package.json names this
// file. The gateway loads it when it starts, before its mDNS library asks for the interfaces.
'use strict'

require('./register')

// OpenClaw rejects a plug-in without this function.
module.exports = { id: 'osh-ifaddrs', register() {} }
