// Whether a server can listen on the loopback address. If not, servers fail although this package answers.
'use strict'

const net = require('node:net')
const { isShortage } = require('../results/diagnosis')

/** @typedef {{ errno: number, code: string }} Refusal */
/** `works` is null if it is not known. @typedef {{ works: boolean | null, refusal: Refusal | null }} Server */

// Without lo there is no such address; that is no refusal.
const NO_ADDRESS = 'EADDRNOTAVAIL'

/**
 * @param {NodeJS.ErrnoException} error
 * @returns {Server}
 */
function toServer({ errno, code = '' }) {
  if (errno === undefined || code === NO_ADDRESS || isShortage({ code }))
    return { works: null, refusal: null }
  return { works: false, refusal: { errno: Math.abs(errno), code } }
}

/** Where --permission lacks --allow-net, Node 26 does not emit the error: it throws one that cannot be caught. */
function isForbiddenByNode() {
  // Types of Node 20 lack it. Older versions do not know the option, and allow it.
  const { permission } = /** @type {{ permission?: { has(scope: string): boolean } }} */ (process)
  return process.allowedNodeEnvironmentFlags.has('--allow-net') && permission?.has('net') === false
}

/**
 * Listens on a free port, and closes it.
 *
 * @returns {Promise<Server>}
 */
async function tryListen() {
  if (isForbiddenByNode()) return { works: null, refusal: null }
  return new Promise((resolve) => {
    const server = net.createServer()
    server.on('error', (error) => resolve(toServer(error)))
    server.listen(0, '127.0.0.1', () => server.close(() => resolve({ works: true, refusal: null })))
  })
}

module.exports = { tryListen }
