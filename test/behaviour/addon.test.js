'use strict'

// What the addon's functions do with arguments that lib/ never passes: they throw. And what they return, call by call.
// watch.test.js has the monitors.

const fs = require('node:fs')
const os = require('node:os')
const t = require('tap')
const { bitsOf, load } = require('../../lib/addon/load')
const { append } = require('../../lib/results/layout')

const addon = load()

t.test("an error has Node's message", async (t) => {
  const code = 'ERR_OSH_IFADDRS_NAPI'
  t.throws(() => addon.read('x', false, append), { code, message: 'A number was expected' })
  t.throws(() => addon.read(), { code, message: 'A number was expected' })
  t.throws(() => addon.read(bitsOf(), 'x', append), { code, message: 'A boolean was expected' })
  for (const value of [undefined, null, {}, 8])
    t.throws(() => addon.read(bitsOf(), true, value), { code })
  t.throws(() => addon.readInterfaces('x', append), { code, message: 'A number was expected' })
  t.throws(() => addon.readInterfaces(), { code, message: 'A number was expected' })
  for (const value of [undefined, null, {}, 8])
    t.throws(() => addon.readInterfaces(bitsOf(), value), { code })
})

t.test('a monitor', async (t) => {
  const code = 'ERR_OSH_IFADDRS_NAPI'
  for (const value of [undefined, null, {}, 'x']) {
    t.throws(() => addon.startMonitor(value), { code })
    t.throws(() => addon.armMonitor(value), { code })
    t.throws(() => addon.stopMonitor(value), { code })
  }
  const monitor = addon.startMonitor(() => t.fail('nothing is changed'))
  t.equal(addon.armMonitor(monitor), 0)
  const { numbers, strings } = addon.readInterfaces(bitsOf(), append, null, monitor)
  t.ok(strings.includes('lo'))
  t.equal(addon.readInterfaces(bitsOf(), append, numbers.buffer, monitor), null, 'the same')
  t.equal(addon.readInterfaces(bitsOf(), append, numbers.buffer), null, 'by another socket')
  for (const value of [undefined, null, {}, 'x', new ArrayBuffer(0), numbers])
    t.strictSame(addon.readInterfaces(bitsOf(), append, value).strings, strings, 'not known')
  t.equal(addon.stopMonitor(monitor), undefined)
  t.equal(addon.armMonitor(monitor), os.constants.errno.EBADF, 'it is closed')
  t.equal(addon.stopMonitor(monitor), undefined, 'again')
  const late = addon.readInterfaces(bitsOf(['rtnetlink']), append, null, monitor)
  t.match(late, { strings: null, attempts: [{ errno: os.constants.errno.EBADF }] })
})

t.test('the namespace', async (t) => {
  t.equal(addon.namespace(), fs.readlinkSync('/proc/thread-self/ns/net'))
})

t.test('an error of the function is passed on', async (t) => {
  const error = new Error('frob')
  const fail = () => {
    throw error
  }
  t.throws(() => addon.read(bitsOf(), true, fail), error)
  t.throws(() => addon.readInterfaces(bitsOf(), fail), error)
})

t.test('strings and numbers are the same objects as long as the network is', async (t) => {
  const first = addon.read(bitsOf(), false, append)
  const { strings, numbers } = first
  t.type(strings, Array)
  t.type(numbers, Uint32Array)
  const second = addon.read(bitsOf(), false, append)
  t.equal(second, first)
  t.equal(second.strings, strings)
  t.equal(second.numbers, numbers)
})

t.test('a diagnosis has its own', async (t) => {
  const reading = addon.read(bitsOf(), false, append)
  const snapshot = addon.read(bitsOf(), true, append)
  t.not(snapshot.strings, reading.strings)
  t.not(snapshot.numbers, reading.numbers)
  t.strictSame(snapshot.strings, reading.strings)
})

t.test('so has every read of all links', async (t) => {
  const reading = addon.read(bitsOf(), false, append)
  const kept = { ...reading, strings: [...reading.strings], numbers: reading.numbers.slice() }
  const [first, second] = [0, 1].map(() => addon.readInterfaces(bitsOf(), append))
  t.strictSame(first, second)
  for (const other of [second, reading]) {
    t.not(first.strings, other.strings)
    t.not(first.numbers.buffer, other.numbers.buffer)
  }
  t.strictSame(reading, kept, 'it leaves the last reading as it was')
})
