'use strict'

// The executables of the supported Node versions, from the npm registry.

const { fetchNode } = require('./package')

const MAJORS = [20, 22, 24, 26]

/** @returns {{ major: number, execPath: string }[]} */
function nodeVersions() {
  return MAJORS.map((major) => ({ major, execPath: fetchNode(major, process.arch) }))
}

module.exports = { nodeVersions }
