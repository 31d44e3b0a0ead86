'use strict'

// Other kernels than this machine's: those of Debian, in virtual machines, with links of every type that they have. In
// the guest, what the package reports is compared with the native function, ip(8) and glibc; see kernels/guest.js.

const path = require('node:path')
const t = require('tap')
const { packOrSkip } = require('../support/app')
const { makeFolder, runChecked } = require('../support/package')
const { skipWithout } = require('../support/requirements')
const { MACHINES, boot } = require('../support/virtual-machine')
const { download, makeImage } = require('./kernels/image')
const { KINDS } = require('./kernels/links')

const KERNELS = [
  // Without Landlock, which alone can hide /proc.
  { debian: 'amd64', suite: 'bullseye', version: '5.10.', modes: 5 },
  { debian: 'amd64', suite: 'bookworm', version: '6.1.', modes: 6 },
  // The newest, whichever that is.
  { debian: 'amd64', suite: 'sid', version: '', modes: 6 },
  { debian: 'arm64', suite: 'bookworm', version: '6.1.', modes: 6 },
  // Big-endian. A filter that refuses netlink refuses every socket(2): see kernels/guest.js.
  { debian: 's390x', suite: 'bookworm', version: '6.1.', modes: 4 }
]
const CHECKS = [
  'control: the native function fails',
  'networkInterfaces()',
  'interfaces()',
  'preload library, nothing denied',
  'preload library, netlink denied',
  'networkInterfaces(), netmasks that routes do not show',
  'interfaces(), netmasks that routes do not show',
  'watch(), netlink',
  'watch(), polling'
]
// There were about 66 links and 200 addresses when this was written. Far fewer show that what builds them is broken.
const MIN_LINKS = 40
const MIN_ADDRESSES = 150

// Ten times as long as a guest takes here.
const TIMEOUT = 900_000
t.setTimeout(TIMEOUT * 6)
skipWithout(
  t,
  ...['setpriv', 'xz'],
  ...KERNELS.map(({ debian }) => MACHINES[debian].qemu),
  ...KERNELS.map(({ debian }) => `${MACHINES[debian].triplet}-gcc`)
)

const app = makeFolder(t)
runChecked(['tar', '-xzf', packOrSkip(t), '-C', app, '--strip-components=1'])
let booted = 0

/**
 * @param {import('tap').Test} t
 * @param {any[]} said by the guest
 * @param {typeof KERNELS[number]} kernel
 */
function judge(t, said, { version, modes }) {
  const guest = said.find(({ kernel }) => kernel)
  t.ok(guest?.kernel.startsWith(version), `kernel ${guest?.kernel}`)
  const missing = Object.entries(guest?.missing ?? {})
  t.comment(`Node ${guest?.node}; ${Object.keys(KINDS).length - missing.length} types of links`)
  for (const [kind, reason] of missing) t.comment(`without ${kind}: ${reason}`)
  for (const name of CHECKS) {
    const {
      compared,
      error = 'not reached',
      seconds
    } = said.find((each) => each.check === name) ?? {}
    t.ok(compared, `${name}: ${JSON.stringify(compared)} ${seconds} s`, { error })
    if (compared?.links === undefined) continue
    const enough = compared.links >= MIN_LINKS && compared.addresses >= MIN_ADDRESSES
    t.ok(enough, `${name}: enough links and addresses`)
    t.equal(compared.modes.length, modes, `${name}: modes`)
  }
}

for (const kernel of KERNELS) {
  const { debian, suite } = kernel
  t.test(`${suite}, ${debian}`, async (t) => {
    let parts
    try {
      parts = download(debian, suite)
    } catch (error) {
      return t.pass('the kernel', { skip: /** @type {Error} */ (error).message })
    }
    const file = path.join(makeFolder(t), 'initramfs')
    const image = makeImage(debian, parts, { app, file })
    const { said, console } = await boot(MACHINES[debian], { ...image, timeout: TIMEOUT })
    t.ok(said.at(-1)?.end, 'the guest reaches its end', { said, console })
    judge(t, said, kernel)
    booted++
  })
}

t.test('at least one kernel boots', async (t) => t.ok(booted > 0))
