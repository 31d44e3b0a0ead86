'use strict'

// When the package searches the file system for the preload library.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { runNode } = require('./support/node')

const lib = path.join(__dirname, '..', 'lib')

t.test('the preload library is searched for on first use', async (t) => {
  const copy = t.testdir({ 'package.json': '{}', build: { Release: {} } })
  fs.cpSync(lib, path.join(copy, 'lib'), { recursive: true })
  const release = path.join(copy, 'build', 'Release')
  const index = JSON.stringify(path.join(copy, 'lib', 'index.js'))
  const { status, stdout, stderr } = runNode([
    '-e',
    `const fs = require('fs')
    const ifaddrs = require(${index})
    fs.writeFileSync(${JSON.stringify(path.join(release, 'osh_ifaddrs.node'))}, '')
    fs.writeFileSync(${JSON.stringify(path.join(release, 'osh_ifaddrs_preload.so'))}, '')
    const { preloadPath } = ifaddrs
    console.log(preloadPath)
    console.log(Object.keys(ifaddrs).join())`
  ])
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  t.equal(
    stdout,
    `${path.join(release, 'osh_ifaddrs_preload.so')}\nnetworkInterfaces,diagnose,preloadPath\n`
  )
})

t.test('preloadPath is a named export for ES modules', async (t) => {
  const { preloadPath } = require('..')
  const { networkInterfaces, ...rest } = await import('osh-ifaddrs')
  t.equal(rest.preloadPath, preloadPath)
  const program = path.join(t.testdir(), 'program.mjs')
  const script = `import { preloadPath } from ${JSON.stringify(path.join(lib, 'index.js'))}
    console.log(preloadPath)`
  fs.writeFileSync(program, script)
  t.match(runNode([program]), { status: 0, stdout: `${preloadPath}\n`, stderr: '' })
})
