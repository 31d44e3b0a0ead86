'use strict'

// Adds a link, and prints how watch() reports it. Then nothing keeps the process alive.
//
//   node first-change.js [SOURCE,…]

const { execFileSync } = require('node:child_process')
const { watch } = require('osh-ifaddrs')

const NAME = 'watched'

const [, , sources] = process.argv
const watcher = watch({ sources: /** @type {any} */ (sources?.split(',')), interval: 20 })
watcher.on('change', ({ interfaces, added }) => {
  const names = added.map(({ name }) => name)
  if (!names.includes(NAME)) return
  const known = interfaces.some(({ name }) => name === NAME)
  console.log(JSON.stringify({ mode: watcher.mode, names, known }))
  watcher.unref()
})
execFileSync('ip', ['link', 'add', NAME, 'type', 'bridge'])
