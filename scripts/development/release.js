// What .github/workflows/release.yml must know about a tag.
//
//   node scripts/development/release.js check TAG [ADDRESS]    may it be published, and how
//   node scripts/development/release.js notes TAG              its section of CHANGELOG.md
//
// `check` prints the outputs of the workflow's first job, or what is wrong. ADDRESS is the repository's, as
// provenance records it. HAS_NPM_TOKEN=false is a repository whose maintainer has set no token.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '../..')

/** @typedef {string | { url?: string }} Repository */
/** @typedef {{ version: string, repository?: Repository }} Manifest */
/** @typedef {{ manifest: Manifest, lock: { version: string }, changelog: string }} Project */

/** @returns {Project} */
function readProject() {
  const read = (/** @type {string} */ name) => fs.readFileSync(path.join(root, name), 'utf8')
  return {
    manifest: JSON.parse(read('package.json')),
    lock: JSON.parse(read('package-lock.json')),
    changelog: read('CHANGELOG.md')
  }
}

/**
 * @param {string} changelog
 * @param {string} version
 * @returns {{ date?: string, text: string } | null} the version's section, without a date if it has none
 */
function findSection(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1)
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version)
  if (section === undefined) return null
  const [heading, ...lines] = section.split('\n')
  const [, date] = / \((\d{4}-\d{2}-\d{2})\)$/.exec(heading) ?? []
  return { date, text: lines.join('\n').trim() }
}

/**
 * @param {Repository | undefined} repository
 * @param {string} [address]
 * @returns {string | null}
 */
function findRepositoryProblem(repository, address) {
  const url = typeof repository === 'string' ? repository : repository?.url
  const fix = `npm pkg set repository.type=git repository.url=git+${address ?? 'https://github.com/OWNER/NAME'}.git`
  if (!url) return `package.json has no repository, which npm provenance needs. Run: ${fix}`
  // npm's registry compares them with regard to case.
  const found = url.replace(/^git\+/, '').replace(/\.git$/, '')
  if (address === undefined || found === address) return null
  return `package.json's repository is ${url}, but npm provenance records ${address}. Run: ${fix}`
}

/**
 * @param {string} tag
 * @param {Project} project
 * @param {string} [address] the repository's
 * @returns {string[]} what must change before the tag may be published
 */
function findProblems(tag, { manifest, lock, changelog }, address) {
  const { version, repository } = manifest
  const problems = []
  if (tag !== `v${version}`)
    problems.push(
      `the tag is ${tag}, but package.json's version is ${version}. Run: npm version --no-git-tag-version ${tag.replace(/^v/, '')}`
    )
  if (lock.version !== version)
    problems.push(
      `package-lock.json's version is ${lock.version}. Run: npm install --package-lock-only`
    )
  const section = findSection(changelog, version)
  if (!section?.date || section.text === '')
    problems.push(
      `CHANGELOG.md has no section "## ${version} (YYYY-MM-DD)" with a text. Write it, with the date of the release.`
    )
  const problem = findRepositoryProblem(repository, address)
  return problem === null ? problems : [...problems, problem]
}

/** @param {string} version */
function isPrerelease(version) {
  return /^\d+\.\d+\.\d+-/.test(version)
}

/**
 * Prints a message, on GitHub so that the page of the run shows it.
 *
 * @param {'error' | 'notice'} kind
 * @param {string} message
 */
function report(kind, message) {
  console.error(
    process.env.GITHUB_ACTIONS ? `::${kind} title=Nothing is published::${message}` : message
  )
}

/**
 * @param {string} tag
 * @param {string} [address]
 */
function check(tag, address) {
  if (process.env.HAS_NPM_TOKEN === 'false') {
    report(
      'notice',
      'The secret NPM_TOKEN is not set. CONTRIBUTING.md says what a maintainer must fill in.'
    )
    console.log('publish=false')
    return
  }
  const project = readProject()
  const problems = findProblems(tag, project, address)
  for (const problem of problems) report('error', problem)
  if (problems.length > 0) {
    process.exitCode = 1
    return
  }
  console.log('publish=true')
  // Without a tag, npm moves `latest`, unless a later version has it.
  console.log(`npm-tag=${isPrerelease(project.manifest.version) ? 'next' : ''}`)
}

/** @param {string} tag */
function notes(tag) {
  const section = findSection(readProject().changelog, tag.replace(/^v/, ''))
  if (section === null) throw new Error(`CHANGELOG.md has no section for ${tag}`)
  // GitHub shows each line break of a release's text.
  console.log(section.text.replace(/\n {2}(?=[^\s-])/g, ' '))
}

if (require.main === module) {
  const [command, tag, address] = process.argv.slice(2)
  if (command === 'check' && tag) check(tag, address)
  else if (command === 'notes' && tag) notes(tag)
  else {
    console.error('Usage: release.js check TAG [ADDRESS] | notes TAG')
    process.exitCode = 64
  }
}

module.exports = { findProblems, findSection, isPrerelease }
