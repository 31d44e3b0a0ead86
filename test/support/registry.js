'use strict'

// An npm registry on this machine with only what a test publishes there: package managers install from it as from
// the public one, and need no network. It runs in a process of its own, because tests wait for what they run.

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const http = require('node:http')
const { text } = require('node:stream/consumers')

/** @typedef {{ scripts?: Record<string, string>, dist: { tarball: string } }} Manifest */
/** @typedef {{ versions: Record<string, Manifest>, 'dist-tags': Record<string, string>, time: Record<string, string> }} Document */
/** @typedef {Document & { name: string, _attachments: Record<string, { data: string }> }} Published */

// yarn 4 and Deno do not install what was published less than a day ago.
const PUBLISHED_AT = '2026-01-01T00:00:00.000Z'

/** @type {Map<string, Document>} */
const documents = new Map()
/** @type {Map<string, Buffer>} */
const tarballs = new Map()

/** @param {Published} published what `npm publish` sends: one version */
function store({ name, versions, 'dist-tags': tags, _attachments: attachments }) {
  const old = documents.get(name)
  for (const manifest of Object.values(versions)) {
    // As registry.npmjs.org adds it.
    const { preinstall, install, postinstall } = manifest.scripts ?? {}
    if (preinstall || install || postinstall) Object.assign(manifest, { hasInstallScript: true })
  }
  const times = Object.keys(versions).map((version) => [version, PUBLISHED_AT])
  documents.set(name, {
    ...{ name, modified: PUBLISHED_AT },
    versions: { ...old?.versions, ...versions },
    'dist-tags': { ...old?.['dist-tags'], ...tags },
    time: {
      created: PUBLISHED_AT,
      modified: PUBLISHED_AT,
      ...old?.time,
      ...Object.fromEntries(times)
    }
  })
  for (const [file, { data }] of Object.entries(attachments))
    tarballs.set(`/${name}/-/${file}`, Buffer.from(data, 'base64'))
}

/**
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 */
async function answer(request, response) {
  const path = decodeURIComponent(request.url ?? '')
  if (request.method === 'PUT') {
    store(JSON.parse(await text(request)))
    response.writeHead(201).end('{}')
    return
  }
  const found = tarballs.get(path) ?? documents.get(path.slice(1))
  response.writeHead(found === undefined ? 404 : 200)
  response.end(Buffer.isBuffer(found) ? found : JSON.stringify(found ?? {}))
}

/**
 * @param {import('tap').Test} t
 * @returns {Promise<string>} its address
 */
async function startRegistry(t) {
  const child = spawn(process.execPath, [__filename], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  const [address] = await once(child.stdout, 'data')
  return String(address).trim()
}

if (require.main === module) {
  const server = http.createServer(answer).listen(0, '127.0.0.1', () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
    process.stdout.write(`http://127.0.0.1:${port}/\n`)
  })
  // However the test ends.
  process.stdin.on('end', () => process.exit()).resume()
}

module.exports = { startRegistry }
