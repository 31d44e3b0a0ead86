// For importers that do not read `exports` in package.json: TypeScript's node10 resolution, linters.
'use strict'

require('./lib/register')
