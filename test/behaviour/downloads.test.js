'use strict'

// How test/support/downloads.js tries a download three times. Nothing is downloaded here.

const t = require('tap')
const { tryDownload } = require('../support/downloads')

/** @param {number} failures */
function tryWith(failures) {
  let calls = 0
  const download = () => {
    calls++
    if (calls <= failures)
      throw new Error('npm failed: code E1\nnpm error code E2\nnpm error reset\nnpm error A log\n')
    return '/a/file'
  }
  return { result: tryDownload('name@1', download, 0), calls: () => calls }
}

t.test('the third try succeeds', async (t) => {
  const { result, calls } = tryWith(2)
  t.strictSame(result, { value: '/a/file', missing: null })
  t.equal(calls(), 3)
})

t.test('the reason after three', async (t) => {
  const { result, calls } = tryWith(3)
  const missing = 'cannot download name@1, tried 3 times: npm error reset'
  t.strictSame(result, { value: null, missing })
  t.equal(calls(), 3)
})
