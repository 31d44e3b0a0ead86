// `npm test`, `npm run test:soak` and `npm run test:real`: set-up, then the test files of one kind, or those
// named. As an ordinary user it runs them in a user namespace, whose root may make network namespaces.
//
//   node scripts/development/test.js behaviour|soak|real [NAME...]
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { attempt } = require('./run')
const { setUp } = require('./setup')
const { findMissing } = require('../../test/support/requirements')

const root = path.join(__dirname, '../..')

const USER_NAMESPACE = ['unshare', '--user', '--map-root-user', '--mount']
// ip(8) keeps network namespaces in /run/netns. The other files in /run, such as resolv.conf, must stay visible.
const WITH_OWN_RUN = `
  mount -n -t tmpfs tmpfs /mnt
  mkdir /mnt/.host /mnt/netns
  mount -n --rbind /run /mnt/.host
  for file in /run/*; do
    [ "$file" = /run/netns ] || ln -s ".host/\${file#/run/}" "/mnt/\${file#/run/}"
  done
  mount -n --move /mnt /run
  exec "$@"`

/**
 * @param {string} kind
 * @param {string[]} names
 * @returns {string[]} the paths of the test files
 */
function findFiles(kind, names) {
  const folder = path.join('test', kind)
  const files = fs.readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.test.js'))
  const known = files.map((file) => path.basename(file, '.test.js'))
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new Error(`${folder} has no test ${unknown}. It has: ${known.join(' ')}`)
  return files
    .filter((_, i) => names.length === 0 || names.includes(known[i]))
    .map((file) => path.join(folder, file))
}

/** @returns {string[]} the command that runs another where it can make network namespaces */
function namespacePrefix() {
  if (process.platform !== 'linux' || process.getuid?.() === 0) return []
  const prefix = [...USER_NAMESPACE, 'sh', '-euc', WITH_OWN_RUN, 'sh']
  const { status } = spawnSync(prefix[0], [...prefix.slice(1), 'true'], { stdio: 'ignore' })
  if (status === 0) {
    console.error(
      'Not root: the tests run in a user namespace, without those that need another user.'
    )
    return prefix
  }
  console.error(
    'Not root, and no user namespaces here: most tests are skipped. As root all can run.'
  )
  return []
}

attempt(() => {
  const [kind, ...names] = process.argv.slice(2)
  const files = findFiles(kind, names)
  setUp(kind)
  // Once for all sandboxes, which then leave files open.
  const noLandlock = findMissing('landlock')
  if (noLandlock !== null) console.error(`Not all can be tested: ${noLandlock}.`)
  const prefix = namespacePrefix()
  const jobs = `--jobs=${os.availableParallelism()}`
  const [command, ...args] = [...prefix, 'node_modules/.bin/tap', jobs, ...files]
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  process.exitCode = status ?? 1
})
