'use strict'

// A reader for supervisor.c: a line for each address that a function of Node's or ours returns.
//
//   node interfaces.js native|networkInterfaces|diagnose

const fs = require('node:fs')
const os = require('node:os')
const { networkInterfaces } = require('../../..')
const { bitsOf, load } = require('../../../lib/addon/load')
const { isInterrupted, toDiagnosis } = require('../../../lib/results/diagnosis')
const { append } = require('../../../lib/results/layout')
const { toNetworkInterfaces } = require('../../../lib/results/network-interfaces')
const { stopBeforeCalls } = require('../../build/stop.node')

const SUPERVISOR = 3

/** @param {NodeJS.Dict<os.NetworkInterfaceInfo[]>} interfaces */
function toLines(interfaces) {
  return Object.entries(interfaces).flatMap(([name, list = []]) =>
    list.map(({ address, netmask, mac, internal }) =>
      [address, name, netmask, mac, internal].join(' ')
    )
  )
}

/** The addresses and the diagnosis of one read, as `osh-ifaddrs list` has them. */
function readWithDiagnosis() {
  const snapshot = load().read(bitsOf(), true, append)
  const { strings, numbers } = snapshot
  const diagnosis = toDiagnosis(snapshot)
  return [
    ...(strings && numbers ? toLines(toNetworkInterfaces({ strings, numbers })) : []),
    `# ${isInterrupted(diagnosis) ? 'EINTR' : diagnosis.complete}`
  ]
}

/** @type {Record<string, () => string[]>} */
const READERS = {
  native: () => toLines(os.networkInterfaces()),
  networkInterfaces: () => toLines(networkInterfaces()),
  diagnose: readWithDiagnosis
}

const read = READERS[process.argv[2]]
const request = new Uint8Array(1)
// Loads the addon.
read()
stopBeforeCalls(SUPERVISOR)
while (fs.readvSync(SUPERVISOR, [request]) === 1) {
  const reply = Buffer.from(`${read().join('\n')}\n`)
  const length = Buffer.from(new Uint32Array([reply.length]).buffer)
  fs.writevSync(SUPERVISOR, [length, reply])
}
