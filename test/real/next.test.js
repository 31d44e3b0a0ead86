'use strict'

// Next: a default build, and the configuration of docs/bundlers.md. Its server runs in the sandbox.

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const t = require('tap')
const { makeApp, packOrSkip } = require('../support/app')
const {
  PROGRAM,
  SNIPPETS,
  build,
  checkEmbedded,
  checkLost,
  checkNative,
  deploy,
  importWithoutAddon,
  makeProject,
  snippet
} = require('../support/bundlers')
const { DENIED, cleanEnvironment, fetchFromNpm, runChecked } = require('../support/package')

t.setTimeout(1_800_000)

const app = makeApp(t, packOrSkip(t))

const CONFIGURATION = 'next.config.mjs'
const OPTIONS = { NEXT_TELEMETRY_DISABLED: '1' }
const START = ['node_modules/next/dist/bin/next', 'start']
const DEPENDENCIES = {
  'osh-ifaddrs': '*',
  advertiser: '*',
  next: '16',
  react: '19',
  'react-dom': '19'
}

const FILES = {
  'package.json': JSON.stringify({ private: true, dependencies: DEPENDENCIES }),
  'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>',
  'app/page.js': "export default () => 'page'",
  'app/api/route.js': `${importWithoutAddon()}${PROGRAM}
    export const dynamic = 'force-dynamic'
    export const GET = () => Response.json(ask())`
}

/** @returns {string} the folder node_modules with Next, without its optional image library */
function fetchNext() {
  const compiler = `@next/swc-linux-${process.arch}-gnu@16`
  const file = 'dist/bin/next'
  const next = fetchFromNpm(
    'next@16',
    file,
    compiler,
    'react@19',
    'react-dom@19',
    '--omit=optional'
  )
  return path.resolve(next, '../../../..')
}

/**
 * @param {import('tap').Test} t
 * @param {Record<string, string>} [files]
 */
function makeNextProject(t, files = {}) {
  const project = makeProject(t, app, { ...FILES, ...files })
  // Turbopack follows no symbolic link out of the project.
  const copy = `cp --archive --force --link "$1/." "$2" 2>/dev/null ||
    cp --archive --remove-destination "$1/." "$2"`
  const modules = path.join(project, 'node_modules')
  runChecked(['sh', '-euc', copy, 'sh', fetchNext(), modules])
  return project
}

/** @returns {Promise<number>} a port that no program uses: the server takes 0 for its default */
async function findPort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  return port
}

/**
 * Starts a server, and ends it after one request.
 *
 * @param {string} folder
 * @param {string[]} command
 * @returns {Promise<object[]>} what the program answered
 */
async function request(folder, command) {
  const port = await findPort()
  const env = { ...cleanEnvironment(), ...OPTIONS, PORT: `${port}`, HOSTNAME: '127.0.0.1' }
  const options = { cwd: folder, env }
  const child = spawn('/usr/bin/env', ['-u', 'NODE_OPTIONS', ...command], options)
  let output = ''
  try {
    await new Promise((resolve, reject) => {
      const read = (/** @type {Buffer} */ data) => {
        output += data
        if (output.includes('Ready')) resolve(undefined)
        if (output.includes('Unhandled Rejection')) reject(new Error(output))
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.once('exit', () => reject(new Error(output)))
    })
    const response = await fetch(`http://127.0.0.1:${port}/api`)
    return /** @type {object[]} */ (await response.json())
  } finally {
    child.kill('SIGKILL')
  }
}

t.test('default build', async (t) => {
  const project = makeNextProject(t)
  build(project, 'next build', OPTIONS)
  const start = [process.execPath, ...START]
  checkNative(t, await request(project, start))
  // With a host name the server itself does not ask for the interfaces.
  checkLost(t, await request(project, [...DENIED, ...start, '--hostname', '127.0.0.1']))
  await t.rejects(request(project, [...DENIED, ...start]), /networkInterfaces/, 'Next itself fails')
})

t.test('Next', async (t) => {
  const project = makeNextProject(t, { [CONFIGURATION]: snippet(CONFIGURATION) })
  const [command, folder, start] = snippet('Next').trim().split('\n')
  build(project, command, OPTIONS)
  const [, output] = folder.match(/^cd (.*)$/) ?? []
  const deployed = deploy(t, project, output)
  t.notOk(fs.existsSync(project), 'nothing else is left')
  const words = start.replace(/^node /, `${process.execPath} `).split(' ')
  checkNative(t, await request(deployed, words))
  checkEmbedded(t, await request(deployed, [...DENIED, ...words]))
})

t.test('Next instrumentation', async (t) => {
  const file = 'instrumentation.js'
  const route = `import { networkInterfaces } from 'node:os'
    export const dynamic = 'force-dynamic'
    export const GET = () => Response.json(networkInterfaces())`
  const project = makeNextProject(t, {
    'app/api/route.js': route,
    [CONFIGURATION]: snippet(CONFIGURATION),
    [file]: snippet(file)
  })
  const [command, start] = snippet('Next instrumentation').trim().split('\n')
  const words = start.replace('next start', [process.execPath, ...START].join(' ')).split(' ')
  build(project, command, OPTIONS)
  t.strictSame(await request(project, [...DENIED, ...words]), os.networkInterfaces())
  fs.rmSync(path.join(project, '.next/server', file))
  await t.rejects(request(project, [...DENIED, ...words]), 'control: it fails without the file')
})

t.strictSame(SNIPPETS.next, ['Next', 'Next instrumentation'])
