'use strict'

// What a leak uses up.

const fs = require('node:fs')

/** How many descriptors this process has open, and one more for the folder that lists them. */
const countDescriptors = () => fs.readdirSync('/proc/self/fd').length

/** Needs node's --expose-gc. */
function measureResources() {
  globalThis.gc()
  return { descriptors: countDescriptors(), resident: process.memoryUsage.rss() }
}

module.exports = { countDescriptors, measureResources }
