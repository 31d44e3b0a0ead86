'use strict'

// docs/picture.svg shows what its programs print now, and the checks of `npm run demo` hold.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { projectRoot, runProgram } = require('../support/launch')
const { skipWithout } = require('../support/requirements')
const { FILE, makePicture } = require('../../scripts/development/picture')

const LARGEST = 12_000
const CHECKS = 5
// Fails if a file is not XML, and prints the names of its elements, with the text of `title` and `desc`.
const PARSE = `
import sys, xml.etree.ElementTree as tree
for element in tree.parse(sys.argv[1]).iter():
  name = element.tag.removeprefix('{http://www.w3.org/2000/svg}')
  print(name, element.text if name in ('title', 'desc') else '')`

skipWithout(t, 'python3')

t.test('a run gives the committed picture', async (t) => {
  const expected = fs.readFileSync(FILE, 'utf8')
  t.equal(await makePicture(), expected, 'if it changes what it should: npm run picture')
})

t.test('the file', async (t) => {
  const text = fs.readFileSync(FILE, 'utf8')
  const { status, stdout, stderr } = runProgram('python3', ['-c', PARSE, FILE])
  t.equal(status, 0, stderr)
  const names = new Set(stdout.match(/^\w+(?= $)/gm))
  t.same([...names].sort(), ['path', 'rect', 'style', 'svg', 'text'], 'no script, no image')
  t.match(stdout, /^title \w/m)
  t.match(stdout, /^desc Before: .*\n?.*uv_interface_addresses returned Unknown system error 1/m)
  t.match(text, /^<svg [^>]*role="img" aria-labelledby="title description"/)
  t.match(text, '@media(prefers-color-scheme:dark){')
  t.notMatch(text.replace('http://www.w3.org/2000/svg', ''), /http|url\(|@import/)
  t.ok(text.length < LARGEST, `smaller than ${LARGEST} bytes`)
  t.notOk(text.includes(projectRoot), 'no path of this machine')
})

t.test('the demo', async (t) => {
  const demo = path.join(projectRoot, 'scripts/development/demo.js')
  // env(1) removes the options that tap adds.
  const { status, stdout } = runProgram('env', ['-u', 'NODE_OPTIONS', process.execPath, demo], {
    timeout: 120_000,
    // It removes its namespaces.
    killSignal: 'SIGTERM'
  })
  t.equal(stdout.match(/^ {3}ok: /gm)?.length, CHECKS, stdout)
  t.equal(status, 0)
})
