'use strict'

// What a leak uses up.

const fs = require('node:fs')

/** How many descriptors this process has open, and one more for the folder that lists them. */
const countDescriptors = () => fs.readdirSync('/proc/self/fd').length

/** How many threads of this process monitor the network. One that was joined is listed for a moment. */
function countMonitors() {
  const names = fs.readdirSync('/proc/self/task').map((task) => {
    try {
      return fs.readFileSync(`/proc/self/task/${task}/comm`, 'utf8')
    } catch {
      return 'ended meanwhile'
    }
  })
  return names.filter((name) => name === 'osh-ifaddrs\n').length
}

/** Needs node's --expose-gc. */
function measureResources() {
  globalThis.gc()
  return { descriptors: countDescriptors(), resident: process.memoryUsage.rss() }
}

module.exports = { countDescriptors, countMonitors, measureResources }
