'use strict'

// A program for tests. It replaces JavaScript's functions one after the other, reads the interfaces, and prints as
// JSON which replacements made the result differ from the expected one.
//
//   node hostile-builtins.js direct|register EXPECTED_JSON

const os = require('node:os')
const { projectRoot } = require('./launch')

const [, , way, expected] = process.argv
const lib = `${projectRoot}/lib`
const native = os.networkInterfaces
const { stringify } = JSON
const { apply, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect

const prototypes = {
  'Array.prototype': Array.prototype,
  'String.prototype': String.prototype,
  'Number.prototype': Number.prototype,
  'Function.prototype': Function.prototype,
  'Object.prototype': Object.prototype,
  'Map.prototype': Map.prototype,
  'Set.prototype': Set.prototype,
  '%TypedArray%.prototype': Object.getPrototypeOf(Uint32Array.prototype),
  '%ArrayIteratorPrototype%': Object.getPrototypeOf([][Symbol.iterator]()),
  '%StringIteratorPrototype%': Object.getPrototypeOf(''[Symbol.iterator]())
}
const statics = { Array, JSON, Math, Number, Object, Reflect, String, Symbol }

/** Loads the package again. */
function load() {
  for (const file of Object.keys(require.cache))
    if (file.startsWith(`${lib}/`)) delete require.cache[file]
  os.networkInterfaces = native
  if (way === 'direct') return require(lib).networkInterfaces
  require(`${lib}/register`)
  return os.networkInterfaces
}

/** @type {Record<string, (original: Function, read: typeof native) => Function>} */
const REPLACEMENTS = {
  throws: () => () => {
    throw new Error('replaced')
  },
  'returns garbage': () => () => 7,
  'calls back': (original, read) => {
    let nested = false
    return function (/** @type {any} */ ...values) {
      if (!nested) {
        nested = true
        read()
        // Other strings in other places.
        require(lib).networkInterfaces({ sources: ['procfs'] })
        nested = false
      }
      return apply(original, this, values)
    }
  }
}

/**
 * @param {any} owner
 * @param {string | symbol} key
 * @param {keyof typeof REPLACEMENTS} kind
 * @param {typeof native} read
 */
function isResultRight(owner, key, kind, read) {
  const descriptor = /** @type {PropertyDescriptor} */ (getOwnPropertyDescriptor(owner, key))
  const { value, get, ...rest } = descriptor
  const hostile = REPLACEMENTS[kind](value ?? get, read)
  let result
  defineProperty(owner, key, get ? { ...rest, get: hostile } : { ...rest, value: hostile })
  try {
    result = read()
  } catch (error) {
    result = error
  }
  defineProperty(owner, key, descriptor)
  return stringify(result) === expected
}

const used = load()
used()
const wrong = []
let count = 0
for (const [name, owner] of Object.entries({ ...prototypes, ...statics }))
  for (const key of ownKeys(owner)) {
    const { value, get, configurable } = getOwnPropertyDescriptor(owner, key) ?? {}
    if (!configurable || typeof (value ?? get) !== 'function' || key === 'constructor') continue
    for (const kind of Object.keys(REPLACEMENTS)) {
      count += 2
      const replacement = `${name}.${String(key)} ${kind}`
      if (!isResultRight(owner, key, kind, used)) wrong.push(replacement)
      // require() needs it in Node 22.
      if (way === 'register' && owner === String.prototype && key === 'toString') continue
      if (!isResultRight(owner, key, kind, load())) wrong.push(`${replacement}, before first use`)
    }
  }
process.stdout.write(stringify({ count, wrong }))
