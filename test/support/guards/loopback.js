'use strict'

// A guard that makes up a loopback link where the function fails.

const os = require('node:os')

const { networkInterfaces } = os
os.networkInterfaces = () => {
  try {
    return networkInterfaces()
  } catch {
    const address = { address: '127.0.0.1', netmask: '255.0.0.0', family: 'IPv4' }
    return { lo: [{ ...address, mac: '00:00:00:00:00:00', internal: true, cidr: '127.0.0.1/8' }] }
  }
}
