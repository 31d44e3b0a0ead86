// Lets node-gyp use Node's installed headers, so that it downloads none.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

/**
 * The official images and Debian's package install the headers below Node's prefix.
 *
 * @returns {Record<string, string>} variables for node-gyp
 */
function headersEnvironment() {
  const prefix = path.resolve(process.execPath, '../..')
  if (process.env.npm_config_nodedir) return {}
  if (!fs.existsSync(path.join(prefix, 'include/node/node_api.h'))) return {}
  return { npm_config_nodedir: prefix }
}

module.exports = { headersEnvironment }
