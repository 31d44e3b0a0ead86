'use strict'

// Publishes the package in a registry of ours, and changed copies of it, each under a tag: what package managers
// complain about, to show that a test notices complaints.

const fs = require('node:fs')
const path = require('node:path')
const { makeFolder, runChecked } = require('./package')

const DEPENDENT = 'depends-on-osh-ifaddrs'

/** @typedef {{ version: string, scripts: Record<string, string> }} Manifest */

/** @type {Record<string, (folder: string, manifest: Manifest) => void>} */
const CHANGES = {
  'with-hook': (_, manifest) => {
    manifest.scripts.install = 'node --version'
  },
  'with-recipe': (folder) => {
    fs.copyFileSync(path.join(folder, 'prebuilds/binding.gyp'), path.join(folder, 'binding.gyp'))
  }
}

/**
 * @param {string} registry its address
 * @param {string} target a tarball or a folder
 * @param {string} tag
 */
function publish(registry, target, tag) {
  const token = `--${registry.slice('http:'.length)}:_authToken=any`
  const options = ['--registry', registry, token, '--tag', tag, '--ignore-scripts']
  runChecked(['npm', 'publish', target, ...options])
}

/**
 * @param {import('tap').Test} t
 * @param {string} registry its address
 * @param {string} version of our package
 * @param {string} tag
 */
function publishDependent(t, registry, version, tag) {
  const folder = makeFolder(t)
  const manifest = { name: DEPENDENT, version, dependencies: { 'osh-ifaddrs': version } }
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest))
  fs.writeFileSync(path.join(folder, 'index.js'), "module.exports = require('osh-ifaddrs')")
  publish(registry, folder, tag)
}

/**
 * @param {import('tap').Test} t
 * @param {string} tarball
 * @param {string} tag a key of CHANGES
 * @returns {{ file: string, version: string }} the changed tarball
 */
function change(t, tarball, tag) {
  const parent = makeFolder(t)
  runChecked(['tar', '-xzf', tarball, '-C', parent])
  const folder = path.join(parent, 'package')
  const description = path.join(folder, 'package.json')
  /** @type {Manifest} */
  const manifest = JSON.parse(fs.readFileSync(description, 'utf8'))
  manifest.version += `-${tag}`
  CHANGES[tag](folder, manifest)
  fs.writeFileSync(description, JSON.stringify(manifest))
  const file = path.join(parent, `${tag}.tgz`)
  runChecked(['tar', '-czf', file, '-C', parent, 'package'])
  return { file, version: manifest.version }
}

/**
 * @param {import('tap').Test} t
 * @param {string} registry its address
 * @param {string} tarball
 */
function publishOriginal(t, registry, tarball) {
  publish(registry, tarball, 'latest')
  publishDependent(t, registry, require('../../package.json').version, 'latest')
}

/**
 * @param {import('tap').Test} t
 * @param {string} registry its address
 * @param {string} tarball
 * @param {string} tag a key of CHANGES
 */
function publishCopy(t, registry, tarball, tag) {
  const { file, version } = change(t, tarball, tag)
  publish(registry, file, tag)
  publishDependent(t, registry, version, tag)
}

module.exports = { DEPENDENT, publishCopy, publishOriginal }
