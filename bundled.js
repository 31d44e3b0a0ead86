// Puts the published addons into a program's bundle: bundlers find an addon by a literal require() only. Each
// takes the addons for every processor along; the one for this machine is loaded on first use. In no other file,
// because a bundler fails on such a require() unless it is told what to do with addons.
'use strict'

require('./lib/addon/load').embed({
  'linux-arm': () => require('./prebuilds/linux-arm.node'),
  'linux-arm64': () => require('./prebuilds/linux-arm64.node'),
  'linux-x64': () => require('./prebuilds/linux-x64.node')
})
