'use strict'

// The release: which tag may be published, the text of the release, the list of what is in the package, and the
// commands of .github/workflows/release.yml, with a registry of ours. Only GitHub can give provenance.

const { createHash } = require('node:crypto')
const { once } = require('node:events')
const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const { text } = require('node:stream/consumers')
const t = require('tap')
const { findProblems, findSection, isPrerelease } = require('../../scripts/development/release')
const {
  cacheFolder,
  cleanEnvironment,
  projectRoot,
  run,
  runChecked
} = require('../support/package')
const { startRegistry } = require('../support/registry')
const { makeTemporaryFolder } = require('../support/temporary-folder')

const scripts = path.join(projectRoot, 'scripts/development')
const { version, license, repository } = require('../../package.json')

const ADDRESS = 'https://github.com/Owner/name'
const CHANGELOG =
  '# Changelog\n\n## 1.2.0 (2026-01-31)\n\n- One.\n\n## 1.1.0 (2025-12-31)\n\n- Two.\n'
const PROJECT = {
  manifest: { version: '1.2.0', repository: { type: 'git', url: `git+${ADDRESS}.git` } },
  lock: { version: '1.2.0' },
  changelog: CHANGELOG
}

/** @param {string} name */
function readWorkflow(name) {
  return fs.readFileSync(path.join(projectRoot, '.github/workflows', name), 'utf8')
}

/**
 * @param {string} workflow
 * @returns {Record<string, string>} the text of each job
 */
function jobsOf(workflow) {
  const parts = workflow.split(/^jobs:$/m)[1].split(/^ {2}(\w+):$/m)
  const names = parts.filter((_, i) => i % 2 === 1)
  return Object.fromEntries(names.map((name, i) => [name, parts[2 * i + 2]]))
}

/**
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
function runRelease(args, env) {
  const command = [process.execPath, path.join(scripts, 'release.js'), ...args]
  return run(command, { env: { ...cleanEnvironment(), GITHUB_ACTIONS: 'true', ...env } })
}

/** @type {Record<string, { tag?: string, change?: object, problem: RegExp }>} */
const REFUSED = {
  'another tag': {
    tag: 'v1.2.1',
    problem: /tag is v1\.2\.1.* is 1\.2\.0\. Run: npm version --no-git-tag-version 1\.2\.1$/
  },
  'a tag without v': { tag: '1.2.0', problem: /the tag is 1\.2\.0/ },
  'another version in the lock': {
    change: { lock: { version: '1.1.0' } },
    problem: /package-lock\.json's version is 1\.1\.0/
  },
  'no section': {
    change: { changelog: '## 1.2.0-rc.1 (2026-01-31)\n\n- One.' },
    problem: /no section/
  },
  'a section without a date': {
    change: { changelog: CHANGELOG.replace('2026-01-31', 'unreleased') },
    problem: /no section "## 1\.2\.0 \(YYYY-MM-DD\)"/
  },
  'a section without text': {
    change: { changelog: '## 1.2.0 (2026-01-31)\n' },
    problem: /with a text/
  },
  'no repository': {
    change: { manifest: { version: '1.2.0' } },
    problem: /no repository.*url=git\+https:\/\/github\.com\/Owner\/name\.git$/
  },
  'another repository': {
    change: { manifest: { version: '1.2.0', repository: 'git+https://github.com/owner/name.git' } },
    problem: /repository is git\+https:\/\/github\.com\/owner\/name\.git, but/
  },
  'a short form of a repository': {
    change: { manifest: { version: '1.2.0', repository: 'github:Owner/name' } },
    problem: /repository is github:Owner\/name, but/
  }
}

t.test('which tags are published', async (t) => {
  t.same(findProblems('v1.2.0', PROJECT, ADDRESS), [])
  t.same(findProblems('v1.2.0', PROJECT), [], 'before there is an address')
  for (const [title, { tag = 'v1.2.0', change, problem }] of Object.entries(REFUSED)) {
    const problems = findProblems(tag, { ...PROJECT, ...change }, ADDRESS)
    t.equal(problems.length, 1, title)
    t.match(problems[0], problem, title)
  }
  const versions = ['1.0.0-rc.1', '1.0.0', '1.0.0+build-1']
  t.same(versions.filter(isPrerelease), ['1.0.0-rc.1'])
})

t.test('sections of CHANGELOG.md', async (t) => {
  t.same(findSection(CHANGELOG, '1.2.0'), { date: '2026-01-31', text: '- One.' })
  t.same(findSection(CHANGELOG, '1.1.0'), { date: '2025-12-31', text: '- Two.' })
  for (const none of ['1.2', '.2.0', '1.2.0-rc.1', 'Two'])
    t.equal(findSection(CHANGELOG, none), null)
})

t.test('this project', async (t) => {
  const address = `${repository?.url ?? repository ?? ADDRESS}`.replace(/^git\+|\.git$/g, '')
  const own = runRelease(['check', `v${version}`, address])
  // Until a maintainer has filled it in.
  const problems = own.stderr.split('\n').filter((line) => line && !/has no repository/.test(line))
  t.same(problems, [])
  const tag = `npm-tag=${isPrerelease(version) ? 'next' : ''}`
  if (repository) t.equal(own.stdout, `publish=true\n${tag}\n`)
  else t.match(own, { status: 1, stdout: '' })

  t.match(runRelease(['check', 'v0.0.0', address]), {
    status: 1,
    stdout: '',
    stderr: /^::error title=Nothing is published::the tag is v0\.0\.0/
  })
  const env = { HAS_NPM_TOKEN: 'false' }
  t.match(runRelease(['check', 'v0.0.0', address], env), {
    status: 0,
    stdout: 'publish=false\n',
    stderr: /^::notice title=Nothing is published::The secret NPM_TOKEN is not set\..*\n$/
  })
  t.match(
    runRelease(['check', 'v0.0.0'], { GITHUB_ACTIONS: '' }).stderr,
    /^the tag is v0/,
    'elsewhere'
  )
  t.match(runRelease(['frob']), { status: 64, stderr: /^Usage: / })

  const { status, stdout } = runRelease(['notes', `v${version}`])
  t.equal(status, 0)
  t.match(stdout, /^\S.*\n/)
  t.notMatch(stdout, /^## |^ {2}\w/m, 'only its section, each point on one line')
})

t.test('the workflows', async (t) => {
  const ci = readWorkflow('ci.yml')
  const release = readWorkflow('release.yml')
  const used = `${ci}${release}`.match(/\buses: .*/g) ?? []
  const loose = used.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))
  t.same(loose, ['uses: ./.github/workflows/ci.yml'], `${used.length} actions are pinned`)
  const tarball = path.relative(projectRoot, path.join(cacheFolder, 'osh-ifaddrs-*.tgz'))
  t.match(ci, `cp ${tarball} package/`, 'what is kept is what the tests pack')

  const jobs = jobsOf(release)
  const having = (/** @type {string} */ text) =>
    Object.keys(jobs).filter((name) => jobs[name].includes(text))
  t.same(Object.keys(jobs), ['check', 'ci', 'publish', 'release'])
  t.same(having('id-token: write'), ['publish'])
  t.same(having('contents: write'), ['release'])
  t.same(having('NPM_TOKEN: ${{ secrets.NPM_TOKEN }}'), ['publish'])
  t.same(having("HAS_NPM_TOKEN: ${{ secrets.NPM_TOKEN != '' }}"), ['check'])
  t.equal(release.match(/secrets\b/g)?.length, 2, 'the token is nowhere else')
  t.notMatch(ci, /secrets|: write/)
  t.match(jobs.ci, "if: needs.check.outputs.publish == 'true'")
  t.match(jobs.publish, 'needs: [check, ci]')
  t.match(jobs.release, 'needs: [check, publish]')
})

/**
 * Makes a folder like that of the workflow's job: below package/ a tarball.
 *
 * @param {import('tap').Test} t
 * @param {string} packed its version
 */
function makeJob(t, packed) {
  const folder = makeTemporaryFolder(t)
  for (const name of ['source', 'package']) fs.mkdirSync(path.join(folder, name))
  const manifest = { name: 'osh-ifaddrs', version: packed, license }
  fs.writeFileSync(path.join(folder, 'source/package.json'), JSON.stringify(manifest))
  runChecked(['npm', 'pack', './source', '--pack-destination', 'package'], { cwd: folder })
  return folder
}

t.test('the commands that publish', async (t) => {
  const registry = await startRegistry(t)
  const { publish: job } = jobsOf(readWorkflow('release.yml'))
  const [login, publish] = ['echo', 'npm publish'].map((start) => {
    const [, line] = new RegExp(`run: (${start} .*)`).exec(job) ?? []
    return line.replace('//registry.npmjs.org/', registry.slice('http:'.length))
  })
  const withoutProvenance = publish.replace(' --provenance', '')
  t.not(withoutProvenance, publish, 'control')
  const release = (/** @type {string} */ folder, /** @type {string} */ script, tag = '') => {
    // npm asks GitHub for provenance if these are GitHub's variables.
    const { PATH = '' } = process.env
    const env = { PATH, HOME: folder, NPM_TOKEN: 'any', NPM_CONFIG_REGISTRY: registry }
    return run(['sh', '-ec', script], { cwd: folder, env: { ...env, NPM_CONFIG_TAG: tag } })
  }
  // A connection for each: the registry closes one that is idle while this process waits for npm.
  const document = async () => {
    const request = http.get(`${registry}osh-ifaddrs`, { agent: false })
    const [response] = await once(request, 'response')
    return JSON.parse(await text(response))
  }

  const job1 = makeJob(t, '1.1.0')
  t.match(release(job1, withoutProvenance), { status: 1, stderr: /ENEEDAUTH/ }, 'needs the token')
  t.match(release(job1, login), { status: 0 })
  t.equal(
    fs.readFileSync(path.join(job1, '.npmrc'), 'utf8'),
    `${registry.slice('http:'.length)}:_authToken=\${NPM_TOKEN}\n`,
    'no token is in the file'
  )
  t.match(release(job1, publish), { status: 1, stderr: /provenance/i }, 'needs provenance')
  t.same(await document(), {}, 'nothing is published')

  const { status, output } = release(job1, withoutProvenance)
  t.equal(status, 0, output)
  t.match(await document(), { versions: { '1.1.0': {} }, 'dist-tags': { latest: '1.1.0' } })

  const job2 = makeJob(t, '1.2.0-rc.1')
  t.match(release(job2, login), { status: 0 })
  t.match(release(job2, withoutProvenance, 'next'), { status: 0 })
  t.match((await document())['dist-tags'], { latest: '1.1.0', next: '1.2.0-rc.1' })
})

/**
 * @param {import('tap').Test} t
 * @returns {string} a folder like that of an unpacked tarball
 */
function makePackage(t) {
  const folder = makeTemporaryFolder(t)
  const prebuilds = path.join(folder, 'prebuilds')
  fs.mkdirSync(prebuilds)
  fs.copyFileSync(path.join(projectRoot, 'package.json'), path.join(folder, 'package.json'))
  const sums = ['linux-a.node', 'linux-b.node'].map((name) => {
    fs.writeFileSync(path.join(prebuilds, name), name)
    return `${createHash('sha256').update(name).digest('hex')}  ${name}\n`
  })
  fs.writeFileSync(path.join(prebuilds, 'SHA256SUMS'), sums.join(''))
  fs.writeFileSync(
    path.join(prebuilds, 'libmnl-licence.txt'),
    "The binaries contain libmnl, unchanged, from Debian's package libmnl-dev 1.0.5-3+b1.\nMore.\n"
  )
  return folder
}

/** @param {string} folder */
function runSbom(folder) {
  return run([process.execPath, path.join(scripts, 'sbom.js'), folder])
}

t.test('the list of what is in the package', async (t) => {
  const folder = makePackage(t)
  const { status, stdout, stderr } = runSbom(folder)
  t.equal(status, 0, stderr)
  const bom = JSON.parse(stdout)
  t.match(bom, {
    bomFormat: 'CycloneDX',
    metadata: { component: { name: 'osh-ifaddrs', version } }
  })
  const purl = 'pkg:deb/debian/libmnl-dev@1.0.5-3+b1'.replace('+', '%2B')
  const [libmnl, ...files] = bom.components
  t.match(libmnl, { name: 'libmnl', version: '1.0.5-3+b1', purl })
  t.same(libmnl.licenses, [{ license: { id: 'LGPL-2.1-or-later' } }])
  t.same(
    files.map(({ name, hashes }) => `${hashes[0].content}  ${path.basename(name)}\n`).join(''),
    fs.readFileSync(path.join(folder, 'prebuilds/SHA256SUMS'), 'utf8')
  )
  const edges = Object.fromEntries(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
  const names = ['prebuilds/linux-a.node', 'prebuilds/linux-b.node']
  t.same(edges, {
    [bom.metadata.component['bom-ref']]: names,
    [libmnl['bom-ref']]: [],
    ...Object.fromEntries(names.map((name) => [name, [libmnl['bom-ref']]]))
  })

  fs.appendFileSync(path.join(folder, names[1]), '.')
  t.match(runSbom(folder), { status: 1, stdout: '', stderr: /linux-b\.node does not have the sum/ })
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ version: '0.0.0' }))
  t.match(runSbom(folder), { status: 1, stdout: '', stderr: /version 0\.0\.0/ })
})
