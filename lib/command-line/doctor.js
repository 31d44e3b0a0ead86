// `osh-ifaddrs doctor`: what the sandbox refuses, what still works, and what to do about it.
'use strict'

const { makeReport } = require('../doctor/report')
const { sayReport } = require('./format-report')
const { describeTerminal } = require('./terminal')

/**
 * @param {{ json?: boolean }} options
 * @returns {number} exit status
 */
function doctor({ json }) {
  const report = makeReport(process.env)
  process.stdout.write(
    json
      ? `${JSON.stringify(report, null, 2)}\n`
      : sayReport(report, describeTerminal(process.stdout, process.env))
  )
  return report.status
}

module.exports = doctor
