// Where node-gyp finds Node's headers without downloading them.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

/**
 * The official images and Debian's package bring the headers, below the prefix that Node is installed under.
 *
 * @returns {Record<string, string>} to be added to node-gyp's environment
 */
function environment() {
  const prefix = path.resolve(process.execPath, '../..')
  if (process.env.npm_config_nodedir) return {}
  if (!fs.existsSync(path.join(prefix, 'include/node/node_api.h'))) return {}
  return { npm_config_nodedir: prefix }
}

module.exports = { environment }
