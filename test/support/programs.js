'use strict'

// Other people's programs for test/real/programs-work.test.js and docs/programs.md: how each starts, what it prints where
// AF_NETLINK is refused, and what a user sees when it works.

const path = require('node:path')
const { PEER, SANDBOX } = require('./openshell-fixture')

/**
 * @typedef {object} Program
 * @property {[string, string, ...string[]]} [fetch] arguments of fetchFromNpm
 * @property {string} [leaves] a folder that it makes outside of its own
 * @property {number} [node] the major version of Node that it requires
 * @property {string[]} [needs] programs of Debian
 * @property {string | [RegExp, string, ...string[]]} version the name of an npm package, or what to search in the output
 *   of a command
 * @property {Record<string, string>} [files] in the folder where it runs
 * @property {boolean} [copy] its modules must be in that folder, not linked
 * @property {string[]} command in that folder. `MODULES/` begins a path of what was downloaded
 * @property {Record<string, string>} [env] `FOLDER` stands for that folder
 * @property {Way[]} fixedBy
 * @property {RegExp} failure what it prints without the package
 * @property {boolean} [hangs] it goes on after that, but answers nothing
 * @property {string} [ask] a script for Node that prints an answer: of a peer outside the sandbox, in the same folder. Without
 *   it, the program's own output is the answer
 * @property {RegExp} answer
 * @property {string} seen for the page
 */

/** @typedef {'register' | 'preload' | 'run'} Way */

const NODE = process.execPath
// Debian's, regardless of PATH.
const PYTHON = '/usr/bin/python3'
/** @type {Way[]} */
const EVERY = ['register', 'preload', 'run']
/** @type {Way[]} */
const LIBRARY = ['preload', 'run']

const SYSTEM_ERROR = /uv_interface_addresses returned Unknown system error 1/
const TEXT = 'served in the sandbox'
const PAGE = `<title>${TEXT}</title>`
const TEXT_PATTERN = new RegExp(TEXT)

// Asks until there is an answer; the test has the deadline.
/** @param {number} port */
const request = (port) => `
  const ask = () => fetch('http://${SANDBOX}:${port}/')
    .then((response) => response.text())
    .then(console.log, () => setTimeout(ask, 200))
  ask()`

/** @param {string} service */
const resolve = (service) => `
  const mdns = require('${require.resolve('multicast-dns')}')({ interface: '${PEER}', bind: '0.0.0.0' })
  mdns.on('response', ({ answers }) => {
    const found = answers.find(({ type, name }) => type === 'PTR' && name === '${service}')
    if (found) process.exit(console.log(found.data))
  })
  setInterval(() => mdns.query('${service}', 'PTR'), 500)`

const DEMO = '_osh-demo._tcp.local'
const GATEWAY = '_openclaw-gw._tcp.local'
const DHT_KEYS = 'DHT.keyPair(Buffer.alloc(32, 1))'

/** @type {Record<string, Program>} */
const NODE_PROGRAMS = {
  'OpenClaw, the gateway in Node 24': {
    node: 24,
    leaves: '/tmp/openclaw',
    fetch: ['openclaw@2026.4.2', 'openclaw.mjs', '--omit=optional'],
    version: 'openclaw',
    files: {
      '.openclaw/openclaw.json': JSON.stringify({
        gateway: { mode: 'local', auth: { mode: 'none' } }
      })
    },
    command: [NODE, 'MODULES/openclaw/openclaw.mjs', 'gateway', 'run'],
    fixedBy: EVERY,
    failure: SYSTEM_ERROR,
    ask: resolve(GATEWAY),
    answer: /\._openclaw-gw\._tcp\.local$/m,
    seen: `a peer resolves \`${GATEWAY}\``
  },
  'ciao, an advertised service': {
    version: '@homebridge/ciao',
    command: [NODE, path.join(__dirname, 'fixtures/advertise.js')],
    fixedBy: EVERY,
    failure: SYSTEM_ERROR,
    ask: resolve(DEMO),
    answer: /^gateway\._osh-demo\._tcp\.local$/m,
    seen: `a peer resolves \`${DEMO}\``
  },
  'bonjour-service, an advertised service': {
    fetch: ['bonjour-service@1', 'package.json'],
    version: 'bonjour-service',
    files: {
      'server.js': `
        const { Bonjour } = require('bonjour-service')
        new Bonjour().publish({ name: 'gateway', type: 'osh-demo', port: 18789 })`
    },
    command: [NODE, 'server.js'],
    fixedBy: EVERY,
    failure: SYSTEM_ERROR,
    ask: resolve(DEMO),
    answer: /^gateway\._osh-demo\._tcp\.local$/m,
    seen: `a peer resolves \`${DEMO}\``
  },
  'Vite, `vite --host`': {
    fetch: ['vite@8', 'bin/vite.js'],
    version: 'vite',
    files: { 'index.html': PAGE },
    command: [NODE, 'MODULES/vite/bin/vite.js', '--host'],
    fixedBy: EVERY,
    failure: SYSTEM_ERROR,
    ask: request(5173),
    answer: TEXT_PATTERN,
    seen: 'a peer gets the page'
  },
  'Next, `next dev`': {
    fetch: [
      'next@16',
      'dist/bin/next',
      `@next/swc-linux-${process.arch}-gnu@16`,
      'react@19',
      'react-dom@19',
      '--omit=optional'
    ],
    version: 'next',
    // Turbopack follows no symbolic link out of the project.
    copy: true,
    files: {
      'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>',
      'app/page.js': `export default () => '${TEXT}'`
    },
    command: [NODE, 'node_modules/next/dist/bin/next', 'dev'],
    env: { NEXT_TELEMETRY_DISABLED: '1' },
    fixedBy: EVERY,
    failure: SYSTEM_ERROR,
    hangs: true,
    ask: request(3000),
    answer: TEXT_PATTERN,
    seen: 'a peer gets the page'
  },
  'webpack-dev-server': {
    fetch: ['webpack-dev-server@6', 'package.json', 'webpack@5'],
    version: 'webpack-dev-server',
    files: {
      'src/index.js': '',
      'public/index.html': PAGE,
      'server.js': `
        const Server = require('webpack-dev-server')
        const compiler = require('webpack')({ mode: 'development' })
        new (Server.default ?? Server)({ port: 8080, static: 'public' }, compiler).start()`
    },
    command: [NODE, 'server.js'],
    fixedBy: EVERY,
    failure: SYSTEM_ERROR,
    ask: request(8080),
    answer: TEXT_PATTERN,
    seen: 'a peer gets the page'
  },
  'pm2, its file HttpInterface.js in `pm2-runtime`': {
    fetch: ['pm2@7', 'bin/pm2-runtime'],
    version: 'pm2',
    // After a crash pm2-runtime would start it again.
    command: [
      NODE,
      'MODULES/pm2/bin/pm2-runtime',
      '--no-autorestart',
      'MODULES/pm2/lib/HttpInterface.js'
    ],
    fixedBy: EVERY,
    failure: SYSTEM_ERROR,
    ask: request(9615),
    answer: /"interfaces":\{"lo":.*"eth0":\[\{"address":"10\.200\.0\.2"/,
    seen: 'a peer gets the list of processes and interfaces'
  },
  'systeminformation, `networkInterfaces()`': {
    fetch: ['systeminformation@5', 'package.json'],
    version: 'systeminformation',
    files: {
      'server.js': `
        require('systeminformation').networkInterfaces().then((links) => {
          for (const { iface, ip4, ip4subnet, ip6, mac } of links) console.log(iface, ip4, ip4subnet, ip6, mac)
        })`
    },
    command: [NODE, 'server.js'],
    fixedBy: EVERY,
    failure: SYSTEM_ERROR,
    answer: /^eth0 10\.200\.0\.2 255\.255\.255\.0 fe80::/m,
    seen: 'it lists `eth0` with its addresses'
  },
  'hyperdht, a server': {
    fetch: ['hyperdht@6', 'package.json'],
    version: 'hyperdht',
    files: {
      'server.js': `
        const DHT = require('hyperdht')
        const dht = DHT.bootstrapper(49737, '${SANDBOX}')
        dht.ready().then(() => dht.createServer((socket) => socket.end('${TEXT}')).listen(${DHT_KEYS}))`
    },
    command: [NODE, 'server.js'],
    // A native addon calls getifaddrs(3).
    fixedBy: LIBRARY,
    failure: /Error: operation not permitted/,
    ask: `
      const DHT = require('hyperdht')
      const dht = new DHT({ bootstrap: ['${SANDBOX}:49737'] })
      const connect = () => dht
        .connect(${DHT_KEYS}.publicKey)
        .on('data', (data) => process.exit(console.log(String(data))))
        .on('error', () => setTimeout(connect, 200))
      connect()`,
    answer: TEXT_PATTERN,
    seen: 'a peer finds the server by its key and connects'
  },
  'zeromq, a socket bound to `tcp://eth0:5999`': {
    fetch: ['zeromq@6', 'package.json'],
    version: 'zeromq',
    files: {
      'server.js': `
        const socket = new (require('zeromq').Reply)()
        socket.bind('tcp://eth0:5999').then(async () => {
          for await (const [message] of socket) await socket.send('${TEXT} for ' + message)
        })`
    },
    command: [NODE, 'server.js'],
    // A native addon calls getifaddrs(3).
    fixedBy: LIBRARY,
    failure: /^Operation not permitted/m,
    ask: `
      const socket = new (require('zeromq').Request)()
      socket.connect('tcp://${SANDBOX}:5999')
      socket.send('a peer').then(() => socket.receive()).then((message) => process.exit(console.log(String(message))))`,
    answer: /^served in the sandbox for a peer$/m,
    seen: 'a peer gets a reply'
  }
}

const PSUTIL = `
import psutil
for name, addresses in psutil.net_if_addrs().items():
    for a in addresses:
        print(name, a.family.name, a.address, a.netmask, a.broadcast)`

const NETIFACES = `
import netifaces
for name in netifaces.interfaces():
    print(name, netifaces.ifaddresses(name).get(netifaces.AF_INET))`

const RUBY = `
  Socket.getifaddrs.each { |i| puts "#{i.name} #{i.addr.ip_address} #{i.netmask&.ip_address}" if i.addr&.ip? }`

// The interface by its name: unbound looks up its addresses.
const UNBOUND = `server:
  directory: "."
  chroot: ""
  username: ""
  pidfile: ""
  do-daemonize: no
  use-syslog: no
  logfile: ""
  interface: eth0
  access-control: 10.200.0.0/24 allow
  module-config: "iterator"
  local-zone: "osh.test." static
  local-data: "name.osh.test. A 192.0.2.1"
remote-control:
  control-enable: no
`

/** @type {Record<string, Program>} */
const OTHER_PROGRAMS = {
  "Python's psutil, `net_if_addrs()`": {
    needs: ['python3'],
    version: [/(.+)/, PYTHON, '-c', 'import psutil; print(psutil.__version__)'],
    command: [PYTHON, '-c', PSUTIL],
    fixedBy: LIBRARY,
    failure: /PermissionError: \[Errno 1\] Operation not permitted/,
    answer: /^eth0 AF_INET 10\.200\.0\.2 255\.255\.255\.0/m,
    seen: 'it lists `eth0` with its addresses'
  },
  "Python's netifaces, `ifaddresses()`": {
    needs: ['python3'],
    version: [/(.+)/, PYTHON, '-c', 'import netifaces; print(netifaces.version)'],
    command: [PYTHON, '-c', NETIFACES],
    fixedBy: LIBRARY,
    failure: /Operation not permitted/,
    answer: /^eth0 \[\{'addr': '10\.200\.0\.2', 'netmask': '255\.255\.255\.0'/m,
    seen: 'it lists `eth0` with its addresses'
  },
  'Ruby, `Socket.getifaddrs`': {
    needs: ['ruby'],
    version: [/(.+)/, 'ruby', '-e', 'print RUBY_VERSION'],
    command: ['ruby', '-rsocket', '-e', RUBY],
    fixedBy: LIBRARY,
    failure: /Operation not permitted - getifaddrs \(Errno::EPERM\)/,
    answer: /^eth0 10\.200\.0\.2 255\.255\.255\.0$/m,
    seen: 'it lists `eth0` with its addresses'
  },
  'PHP, `net_get_interfaces()`': {
    needs: ['php'],
    version: [/(.+)/, 'php', '-r', 'echo PHP_VERSION;'],
    command: ['php', path.join(__dirname, 'preload/interfaces.php')],
    fixedBy: LIBRARY,
    failure: /getifaddrs\(\) failed 1: Operation not permitted/,
    answer: /^eth0 10\.200\.0\.2 255\.255\.255\.0$/m,
    seen: 'it lists `eth0` with its addresses'
  },
  'Erlang/OTP, `inet:getifaddrs()`': {
    needs: ['erl'],
    version: [
      /(.+)/,
      'erl',
      '-noshell',
      '-eval',
      'io:format("~s~n", [erlang:system_info(otp_release)]), halt().'
    ],
    command: ['erl', '-noshell', '-eval', 'io:format("~w~n", [inet:getifaddrs()]), halt().'],
    fixedBy: LIBRARY,
    failure: /\{error,eperm\}/,
    answer: /^\{ok,.*\{addr,\{10,200,0,2\}\},\{netmask,\{255,255,255,0\}\}/m,
    seen: 'it lists `eth0` with its addresses'
  },
  'unbound, `interface: eth0`': {
    needs: ['unbound'],
    version: [/^Version (.+)$/m, '/usr/sbin/unbound', '-V'],
    files: { 'unbound.conf': UNBOUND },
    command: ['/usr/sbin/unbound', '-d', '-c', 'unbound.conf'],
    fixedBy: LIBRARY,
    failure: /failed to list interfaces: getifaddrs: Operation not permitted/,
    ask: `
      const resolver = new (require('node:dns').Resolver)({ timeout: 1000, tries: 1 })
      resolver.setServers(['${SANDBOX}'])
      const ask = () => resolver.resolve4('name.osh.test', (error, addresses) =>
        error ? setTimeout(ask, 200) : console.log(addresses.join()))
      ask()`,
    answer: /^192\.0\.2\.1$/m,
    seen: 'a peer resolves a name through it'
  }
}

module.exports = { EVERY, NODE_PROGRAMS, OTHER_PROGRAMS }
