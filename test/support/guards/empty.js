'use strict'

// A guard as NemoClaw's releases of April to September 2026 preload it: where the function fails, it returns {}.

const os = require('node:os')

const { networkInterfaces } = os
os.networkInterfaces = () => {
  try {
    return networkInterfaces()
  } catch {
    return {}
  }
}
