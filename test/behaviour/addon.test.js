'use strict'

// What the addon's functions do with arguments that lib/ never passes: they throw. And what they return, call by call.

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
