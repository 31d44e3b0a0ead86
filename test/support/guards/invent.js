'use strict'

// A guard that never asks, and returns a list of its own, in which the link looks real.

const os = require('node:os')

os.networkInterfaces = () => ({
  eth0: [
    {
      address: '192.0.2.1',
      netmask: '255.255.255.0',
      family: 'IPv4',
      mac: '02:00:00:00:00:01',
      internal: false,
      cidr: '192.0.2.1/24'
    }
  ]
})
