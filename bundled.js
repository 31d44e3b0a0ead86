// Puts the published addons into a program's bundle. Bundlers find an addon only by a literal require(), and so
// include the addons for every processor; the one for this machine is loaded on first use. No other file has such a
// require(): without a configuration for addons, a bundler fails on it.
'use strict'

require('./lib/addon/load').embed({
  'linux-arm': () => require('./prebuilds/linux-arm.node'),
  'linux-arm64': () => require('./prebuilds/linux-arm64.node'),
  'linux-x64': () => require('./prebuilds/linux-x64.node')
})
