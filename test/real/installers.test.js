'use strict'

// Package managers install the package from a registry, say nothing about it, and the installed package answers.
// As a control, they complain about a copy with an install script, or with a binding.gyp in its root.

const fs = require('node:fs')
const path = require('node:path')
const t = require('tap')
const { checkAnswer, packOrSkip, writePrograms } = require('../support/app')
const { run } = require('../support/package')
const { installNode, makeProject, packageManager } = require('../support/package-managers')
const { DEPENDENT, publishCopy, publishOriginal } = require('../support/publish')
const { startRegistry } = require('../support/registry')

t.setTimeout(1_800_000)

const tarball = packOrSkip(t)

const SCRIPT = 'with-hook'
const GYP = 'with-recipe'

// yarn 4 puts a code before every line. These three are of no consequence: a heading, a package that was added,
// and how many were fetched.
const COMPLAINT =
  /warn|err|deprecat|ignored|blocked|denied|scripts?\b|postinstall|node-gyp|fail|YN0(?!000|013|085)/i

/** @typedef {{ manager: string[], pnpmBin: string }} Commands */

const NAMED = 'named.mjs'
const REGISTERED = ['-r', 'osh-ifaddrs/register', 'plain.cjs']
const { execPath } = process

const inNode = () => [
  [execPath, NAMED],
  [execPath, ...REGISTERED]
]

// Not import: yarn's loader for ES modules is experimental, and warns of it.
/** @param {Commands} commands */
const inYarn = ({ manager }) => [
  [...manager, 'node', 'require.cjs'],
  [...manager, 'node', ...REGISTERED]
]

/** @param {Commands} commands */
const inBun = ({ manager }) => [...inNode(), [...manager, NAMED], [...manager, 'register.cjs']]

/** @param {Commands} commands */
const inDeno = ({ manager }) => [...inNode(), [...manager, 'run', '--allow-all', 'deno.mjs']]

/** @param {Commands} commands */
const globally = ({ pnpmBin }) => [
  [path.join(pnpmBin, 'osh-ifaddrs'), 'run', '--', execPath, 'plain.cjs']
]

/**
 * `first` installs the package whose name is its last argument, and `again` what the lockfile names. `complaints`
 * are the copies about which it complains.
 *
 * @typedef {object} Case
 * @property {string} [name] of the package
 * @property {string} [settings] for pnpm
 * @property {Record<string, string>} [env]
 * @property {string[]} first
 * @property {string[]} [again]
 * @property {string[]} complaints
 * @property {(commands: Commands) => string[][]} answers commands that print the network interfaces
 * @property {string[]} [loads] loads the command as JavaScript
 */

/** @type {Record<string, Case>} */
const NPM = {
  // npm knows that a package has `"gypfile": false`, but not from a lockfile.
  'npm 9': { first: ['install'], again: ['ci'], complaints: [GYP], answers: inNode },
  'npm 10': { first: ['install'], again: ['ci'], complaints: [GYP], answers: inNode },
  'npm 11': { first: ['install'], again: ['ci'], complaints: [SCRIPT, GYP], answers: inNode },
  'npm 12': {
    first: ['install'],
    again: ['ci', '--strict-allow-scripts'],
    complaints: [SCRIPT, GYP],
    answers: inNode
  }
}

const PNPM = { first: ['add'], again: ['install', '--frozen-lockfile'], answers: inNode }

/** @type {Record<string, Case>} */
const PNPMS = {
  'pnpm 10': { ...PNPM, settings: 'strictDepBuilds: true\n', complaints: [SCRIPT, GYP] },
  'pnpm 12': { ...PNPM, complaints: [SCRIPT] },
  'pnpm 12, globally': { first: ['add', '--global'], complaints: [SCRIPT], answers: globally },
  'pnpm 12, through another package': {
    ...PNPM,
    name: DEPENDENT,
    complaints: [SCRIPT],
    answers: () => [[execPath, 'dependent.cjs']]
  }
}

const YARN_4 = {
  first: ['add'],
  again: ['install', '--immutable'],
  complaints: [SCRIPT],
  loads: ['osh-ifaddrs']
}

/** @type {Record<string, Case>} */
const YARNS = {
  'yarn 1': {
    first: ['add'],
    again: ['install', '--frozen-lockfile'],
    complaints: [GYP],
    answers: inNode
  },
  'yarn 4, node-modules': {
    ...YARN_4,
    env: { YARN_NODE_LINKER: 'node-modules' },
    complaints: [SCRIPT, GYP],
    answers: inNode
  },
  'yarn 4, pnpm': { ...YARN_4, env: { YARN_NODE_LINKER: 'pnpm' }, answers: inNode },
  // It loads no addon from an archive, but unpacks every package that has one.
  'yarn 4, pnp': {
    ...YARN_4,
    env: { YARN_NODE_LINKER: 'pnp' },
    answers: inYarn
  }
}

/** @type {Record<string, Case>} */
const OTHERS = {
  Bun: {
    first: ['add'],
    again: ['install', '--frozen-lockfile'],
    complaints: [SCRIPT],
    answers: inBun
  },
  Deno: {
    first: ['install'],
    again: ['install', '--frozen'],
    name: 'npm:osh-ifaddrs',
    complaints: [SCRIPT],
    answers: inDeno,
    loads: ['run', '--allow-all', 'npm:osh-ifaddrs']
  }
}

const bin = installNode(t)

/**
 * Installs one published copy in a new project.
 *
 * @param {import('tap').Test} t
 * @param {string} registry its address
 * @param {string} title of the case
 * @param {Case} options
 * @param {string} tag
 */
function install(t, registry, title, { name = 'osh-ifaddrs', settings, env, first, again }, tag) {
  const project = makeProject(t, registry, bin)
  const { folder } = project
  if (settings) fs.writeFileSync(path.join(folder, 'pnpm-workspace.yaml'), settings)
  const manager = packageManager(title.split(',')[0], bin)
  const options = { cwd: folder, env: { ...project.env, ...env } }
  const complaints = findComplaints(run([...manager, ...first, `${name}@${tag}`], options))
  if (again !== undefined && complaints.length === 0) {
    for (const made of ['node_modules', '.yarn', '.pnp.cjs'])
      fs.rmSync(path.join(folder, made), { recursive: true, force: true })
    complaints.push(...findComplaints(run([...manager, ...again], options)))
  }
  return { ...project, env: options.env, manager, complaints }
}

/** @param {{ status: number | null, output: string }} outcome */
function findComplaints({ status, output }) {
  const lines = output.split('\n').filter((line) => COMPLAINT.test(line))
  return status === 0 ? lines : [`exit status ${status}`, ...lines]
}

/**
 * Asserts that `run` prints the command to use, that this works, and that other commands work.
 *
 * @param {import('tap').Test} t
 * @param {string[]} command loads the package's command as JavaScript
 * @param {{ cwd: string, env: Record<string, string> }} options
 */
function checkJavaScript(t, command, options) {
  const { version } = require('../../package.json')
  t.equal(run([...command, '--version'], options).stdout, `${version}\n`)
  const { status, output } = run([...command, 'run', 'printf', '<%s>', 'a b'], options)
  t.equal(status, 125, output)
  const [, line] = /^osh-ifaddrs: run needs a shell, .*\. Run: (.*)$/m.exec(output) ?? []
  t.equal(run(['sh', '-c', line ?? 'echo none']).output, '<a b>', line)
}

t.test('package managers', async (t) => {
  const registry = await startRegistry(t)
  publishOriginal(t, registry, tarball)
  for (const tag of [SCRIPT, GYP]) publishCopy(t, registry, tarball, tag)
  for (const [title, options] of Object.entries({ ...NPM, ...PNPMS, ...YARNS, ...OTHERS })) {
    t.test(title, async (t) => {
      const installed = install(t, registry, title, options, 'latest')
      const { folder, env, manager, complaints } = installed
      t.same(complaints, [], 'no complaint')
      writePrograms(folder)
      const { PATH: _, ...others } = env
      for (const command of options.answers(installed))
        checkAnswer(t, folder, command, command.slice(-2).join(' '), others)
      if (options.loads) checkJavaScript(t, [...manager, ...options.loads], { cwd: folder, env })
      for (const tag of options.complaints) {
        const [complaint] = install(t, registry, title, options, tag).complaints
        t.ok(complaint, `${tag}: ${complaint}`)
      }
    })
  }
})
