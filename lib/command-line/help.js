// The text of `--help`, for the command and for each of its commands.
'use strict'

const main = `Usage: osh-ifaddrs [list] [--json]
       osh-ifaddrs watch [--json]
       osh-ifaddrs doctor [--json]
       osh-ifaddrs run [--] command [argument]...
       osh-ifaddrs build
       osh-ifaddrs preload-path
       osh-ifaddrs register-path
       osh-ifaddrs help [command]

Reads the network interfaces through the calls that the sandbox allows.

  list           show every link and its addresses; the default
  watch          print a line for each change of links or addresses
  doctor         show the command to type, what the sandbox refuses, what to do
  run            run a program that reads the interfaces through this package
  build          compile the addon on a machine for which none is published
  preload-path   print the path for LD_PRELOAD
  register-path  print the path for node -r
  help           show this text, or that of a command

  --json         print the result of interfaces() as JSON; watch: each change
  -h, --help     show this text, or that of a command
  -V, --version  show the version

If OSH_IFADDRS_SOURCES is set, such as to ioctl,procfs, then list, watch and
doctor ask only these sources, and do not call the native function.

Exit status:
  0   success; doctor: the native os.networkInterfaces() works
  1   failure; doctor: the native function fails or never returns, and this
      package answers
  2   no source reports the interfaces
  64  invalid usage, or an invalid OSH_IFADDRS_SOURCES
  run: the program's, or 125 to 127 as env(1) if it cannot be run
`

const list = `Usage: osh-ifaddrs [list] [--json]

Shows every link, up or down: its name, state (up, dormant, no carrier, down),
hardware address and MTU, and its addresses with the kernel interface that
reported them, their flags, and what is inferred or unknown. \`-\` means that
it does not exist, or that no source reports it.

  --json      print the result of interfaces() as JSON, which docs/interfaces.md
              describes
  -h, --help  show this text

Exit status: 0; 1 if the addon cannot be loaded; 2 if no source reports the
interfaces; 64 for invalid usage, or an invalid OSH_IFADDRS_SOURCES.
`

const watch = `Usage: osh-ifaddrs watch [--json]

Prints a line for each change of links or addresses, with the time: what was
added, removed or changed on which link. If the sandbox allows netlink, the
kernel reports changes. Otherwise the command reads the interfaces every second.
It ends when the reader of its output closes the pipe.

  --json      print each change as JSON on one line: the \`time\`, and the
              members that docs/watch.md describes
  -h, --help  show this text

Exit status: 0; 1 if the addon cannot be loaded; 2 if no source reports the
interfaces; 64 for invalid usage, or an invalid OSH_IFADDRS_SOURCES.
`

const doctor = `Usage: osh-ifaddrs doctor [--json]

Shows whether the native os.networkInterfaces() works, and the command that
fixes it. Then it shows what each kernel interface reports when asked alone,
which call is refused, which sandbox probably refuses it, and what to change in
the sandbox's policy.

It changes nothing and starts no process. If the native function fails, it opens
a port on 127.0.0.1 for a moment. If the kernel does not reply within half a
second, it does not call the native function. If OSH_IFADDRS_SOURCES is set, it
asks only these sources.

  --json      print the report as JSON, which docs/doctor.md describes
  -h, --help  show this text

Exit status:
  0   the native function works
  1   it fails or never returns, and this package answers instead
  2   neither answers
  64  invalid usage, or an invalid OSH_IFADDRS_SOURCES
`

const run = `Usage: osh-ifaddrs run [--] command [argument]...

Sets NODE_OPTIONS and LD_PRELOAD, and becomes the program by exec. The program
and its children read the network interfaces through this package: Node because
of NODE_OPTIONS, other programs because of LD_PRELOAD. \`run\` does not need Node.

Under npx, npm and its shell stay as the program's parents. To avoid them, run
node_modules/.bin/osh-ifaddrs.

  -h, --help  show this text

Exit status: the program's; 125 if this package fails, 126 if the program
cannot be run, 127 if it is not found.
`

const build = `Usage: osh-ifaddrs build

Compiles the addon for this machine into the package's folder, where it takes
precedence over a published one, and prints its path. Run it again after the
package is updated. It needs a C compiler, make, Python, pkg-config, libmnl and
node-gyp, which npm includes; if one is missing, it prints the command that
installs it.

  -h, --help  show this text

Exit status: 0; 1 if the addon cannot be compiled or loaded; 64 for invalid
usage.
`

const preloadPath = `Usage: osh-ifaddrs preload-path

Prints the path for LD_PRELOAD: a library with which getifaddrs(3) works in any
dynamically linked program:

  LD_PRELOAD="$LD_PRELOAD $(osh-ifaddrs preload-path)" program

  -h, --help  show this text

Exit status: 0; 1 if there is no such library for this machine; 64 for invalid
usage.
`

const registerPath = `Usage: osh-ifaddrs register-path

Prints the absolute path for \`node -r\`, which works in any directory:

  node -r "$(osh-ifaddrs register-path)" app.js

In NODE_OPTIONS, write --require= before the path: with -r there, next dev does
not start. Put a path with blanks in double quotes.

  -h, --help  show this text

Exit status: 0.
`

const help = `Usage: osh-ifaddrs help [command]

Shows what a command does, or all commands.

  -h, --help  show this text

Exit status: 0; 64 if there is no such command.
`

/** @type {Record<string, string>} */
const HELP = {
  main,
  list,
  watch,
  doctor,
  run,
  build,
  'preload-path': preloadPath,
  'register-path': registerPath,
  help
}

module.exports = { HELP }
