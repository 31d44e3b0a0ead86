'use strict'

// A program for Node and Bun that prints the addresses of the network interfaces, one a line.

for (const [name, addresses] of Object.entries(require('node:os').networkInterfaces())) {
  for (const { cidr, mac } of addresses) console.log(name, cidr, mac)
}
