// What the demo and the picture show: commands in a sandbox like OpenShell's and outside it, with their output.
'use strict'

const {
  OPENSHELL,
  SANDBOX,
  advertiseAndResolve,
  advertiseWithoutPackage
} = require('../../test/support/openshell-fixture')
const { start, type } = require('../../test/support/typed')

/** @typedef {ReturnType<typeof import('../../test/support/openshell-fixture').makeFixture>} Fixture */
/** @typedef {'sandbox' | 'outside'} Place */
/** @typedef {{ place: Place, command?: string, output: string }} Step without a command: the last one prints more */

/**
 * @typedef {object} Part
 * @property {string} title
 * @property {Step[]} steps
 * @property {string} claim
 * @property {boolean} holds
 */

const ADDED = '10.200.0.7/24'
const LIST = "python3 -c 'import socket; print(socket.if_nameindex())'"
const WATCH = `node -p "require('osh-ifaddrs').watch(({ changed }) => \
console.log(changed[0].after.addresses.map((a) => a.cidr))).mode"`

/**
 * @param {Place} place
 * @param {import('../../test/support/typed').Typed[]} typed
 * @returns {Step[]}
 */
function at(place, ...typed) {
  return typed.map((step) => ({ place, ...step }))
}

/**
 * The lines of an output. An ellipsis replaces the frames of a stack, and other lines around an error: they contain
 * paths.
 *
 * @param {string} output
 */
function withoutFrames(output) {
  const lines = output.split('\n').slice(0, -1)
  const isError = (/** @type {string} */ line) => /^\w*Error\b/.test(line)
  if (!lines.some(isError)) return lines
  return lines
    .map((line) => (isError(line) ? line : '    …'))
    .filter((line, i, all) => line !== '    …' || all[i - 1] !== line)
}

/** @param {Fixture} fixture @returns {Part} */
function showFailure({ sandbox }) {
  const typed = advertiseWithoutPackage(sandbox)
  const [{ output }, status] = typed
  return {
    title: 'A service that @homebridge/ciao advertises, in the sandbox',
    steps: at('sandbox', ...typed),
    claim: 'the program ends with status 1',
    holds: output.includes('uv_interface_addresses returned') && status.output === '1\n'
  }
}

/** @param {Fixture} fixture @returns {Promise<Part>} */
async function showFix(fixture) {
  const { service, resolver, found } = await advertiseAndResolve(fixture)
  return {
    title: 'The same program with the line that fixes it',
    steps: [...at('sandbox', service), ...at('outside', resolver)],
    claim: 'a peer outside the sandbox resolves the service',
    holds: service.output === 'advertised\n' && found.address === SANDBOX
  }
}

/** @param {Fixture} fixture @returns {Part} */
function showDoctor({ sandbox }) {
  const typed = type(sandbox, OPENSHELL, 'osh-ifaddrs doctor | head -n 2')
  return {
    title: 'The command that finds this line',
    steps: at('sandbox', ...typed),
    claim: 'the doctor prints it',
    holds: typed[0].output.includes('    node -r osh-ifaddrs/register app.js\n')
  }
}

/** @param {Fixture} fixture @returns {Part} */
function showPreload({ sandbox }) {
  const typed = type(sandbox, OPENSHELL, LIST, `osh-ifaddrs run -- ${LIST}`)
  const [bare, ours] = typed
  return {
    title: 'A program that is not Node',
    steps: at('sandbox', ...typed),
    claim: 'Python fails alone, and lists the links with the preload library',
    holds: bare.output.includes('PermissionError') && ours.output.includes("'eth0')")
  }
}

/** @param {Fixture} fixture @returns {Promise<Part>} */
async function showWatch({ sandbox, peer }) {
  const { typed, waitFor, kill } = await start(sandbox, OPENSHELL, WATCH)
  const mode = typed.output
  const [change] = type(peer, [], `ip -n ${sandbox.name} addr add ${ADDED} dev eth0`)
  const sees = () => typed.output.includes(`'${ADDED}'`)
  await waitFor(sees)
  await kill()
  return {
    title: 'watch()',
    steps: [
      ...at('sandbox', { command: WATCH, output: mode }),
      ...at('outside', change),
      { place: 'sandbox', output: typed.output.slice(mode.length) }
    ],
    claim: 'it polls, because netlink is refused, and reports the new address',
    holds: mode === 'polling\n' && sees()
  }
}

/** What the demo shows, in this order. */
const PARTS = [showFailure, showFix, showDoctor, showPreload, showWatch]

module.exports = { PARTS, showFailure, showFix, withoutFrames }
