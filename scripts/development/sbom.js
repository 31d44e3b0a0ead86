// `npm run sbom`: prints what the published package contains, as CycloneDX JSON. npm lists npm packages, of which
// there are none. This adds what npm does not know: the binaries, and libmnl, which is linked into them.
//
//   node scripts/development/sbom.js [FOLDER]    of an unpacked tarball, or the project after `npm run prebuild`
'use strict'

const { spawnSync } = require('node:child_process')
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { attempt } = require('./run')

const root = path.join(__dirname, '../..')

/** @param {string} folder */
function describeLibmnl(folder) {
  const text = fs.readFileSync(path.join(folder, 'prebuilds/libmnl-licence.txt'), 'utf8')
  const [, version] = /Debian's package libmnl-dev (\S+)\.$/m.exec(text) ?? []
  if (version === undefined) throw new Error('prebuilds/libmnl-licence.txt names no version')
  const purl = `pkg:deb/debian/libmnl-dev@${encodeURIComponent(version)}`
  return {
    ...{ 'bom-ref': purl, type: 'library', name: 'libmnl', version, purl },
    description: 'linked statically into each binary',
    licenses: [{ license: { id: 'LGPL-2.1-or-later' } }],
    externalReferences: [{ type: 'website', url: 'https://netfilter.org/projects/libmnl/' }]
  }
}

/**
 * @param {string} folder
 * @param {string} expression the package's licence
 */
function describeBinaries(folder, expression) {
  const prebuilds = path.join(folder, 'prebuilds')
  const lines = fs.readFileSync(path.join(prebuilds, 'SHA256SUMS'), 'utf8').trim().split('\n')
  return lines.map((line) => {
    const [content, file] = line.split('  ')
    const found = createHash('sha256').update(fs.readFileSync(path.join(prebuilds, file)))
    if (found.digest('hex') !== content)
      throw new Error(`prebuilds/${file} does not have the sum that prebuilds/SHA256SUMS lists`)
    const name = `prebuilds/${file}`
    return {
      ...{ 'bom-ref': name, type: 'file', name },
      hashes: [{ alg: 'SHA-256', content }],
      licenses: [{ expression }]
    }
  })
}

/** @param {string} folder */
function describe(folder) {
  const options = ['--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only']
  const { stdout, stderr } = spawnSync('npm', ['sbom', ...options], { cwd: root, encoding: 'utf8' })
  if (stdout === '') throw new Error(`npm sbom failed: ${stderr}`)
  const bom = JSON.parse(stdout)
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const { component } = bom.metadata
  if (component.version !== manifest.version)
    throw new Error(`version ${manifest.version}, but package-lock.json has ${component.version}`)
  // npm takes the name of the project's folder.
  component.name = manifest.name
  bom.metadata.lifecycles = [{ phase: 'build' }]
  const libmnl = describeLibmnl(folder)
  const binaries = describeBinaries(folder, manifest.license)
  bom.components.push(libmnl, ...binaries)
  const names = binaries.map((binary) => binary['bom-ref'])
  const own = bom.dependencies.find(
    (/** @type {{ ref: string }} */ { ref }) => ref === component['bom-ref']
  )
  own.dependsOn.push(...names)
  bom.dependencies.push({ ref: libmnl['bom-ref'], dependsOn: [] })
  for (const ref of names) bom.dependencies.push({ ref, dependsOn: [libmnl['bom-ref']] })
  return bom
}

attempt(() => {
  const folder = path.resolve(process.argv[2] ?? root)
  console.log(JSON.stringify(describe(folder), null, 2))
})
