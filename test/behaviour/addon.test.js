'use strict'

// What the addon's read() does with arguments that lib/ never passes: it throws, and writes nothing.

const t = require('tap')
const { bitsOf, load } = require('../../lib/addon/load')

const addon = load()

t.test("an error has Node's message", async (t) => {
  const numbers = new Uint32Array(8)
  const expected = { code: 'ERR_OSH_IFADDRS_NAPI', message: 'A number was expected' }
  t.throws(() => addon.read('x', false, numbers), expected)
  t.throws(() => addon.read(), expected)
  const notBoolean = { code: 'ERR_OSH_IFADDRS_NAPI', message: 'A boolean was expected' }
  t.throws(() => addon.read(bitsOf(), 'x', numbers), notBoolean)
})

t.test('numbers must be a Uint32Array', async (t) => {
  const types = [Uint8Array, Int32Array, Float32Array, BigUint64Array]
  for (const Numbers of types) {
    const numbers = new Numbers(64)
    t.throws(() => addon.read(bitsOf(), false, numbers), {
      name: 'TypeError',
      message: 'the third argument must be a Uint32Array'
    })
    t.notOk(numbers.some(Boolean), `nothing is written to ${Numbers.name}`)
  }
  for (const numbers of [
    [],
    {},
    null,
    undefined,
    8,
    new ArrayBuffer(64),
    new DataView(new ArrayBuffer(64))
  ])
    t.throws(() => addon.read(bitsOf(), false, numbers), { code: 'ERR_OSH_IFADDRS_NAPI' })
})

t.test('an array that is too small is not written to', async (t) => {
  const numbers = new Uint32Array(new ArrayBuffer(64), 0, 2)
  const { text, numbers: larger } = addon.read(bitsOf(), false, numbers)
  t.type(text, 'string')
  t.ok(larger.length > numbers.length)
  t.notOk(new Uint32Array(numbers.buffer).some(Boolean))
})
