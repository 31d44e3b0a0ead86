'use strict'

// The sources compile with the kernel headers of Linux 4.18, which RHEL 8 has.

const t = require('tap')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '../..')
const files = fs.readFileSync(path.join(root, 'src/core-files.txt'), 'utf8').trim().split('\n')
const headers = path.join(__dirname, '../support/linux-4.18.h')

for (const file of [...files, 'src/preload/lists.c', 'src/preload/preload.c']) {
  const flags = ['-std=c11', '-D_GNU_SOURCE', '-Werror', '-fsyntax-only', '-include', headers]
  const { status, stderr } = spawnSync('gcc', [...flags, path.join(root, file)], {
    encoding: 'utf8'
  })
  t.equal(status, 0, file, { stderr })
}
