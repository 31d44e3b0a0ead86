// What `--help` says, of the command and of each of its commands.
'use strict'

const main = `Usage: osh-ifaddrs [list] [--json]
       osh-ifaddrs doctor [--json]
       osh-ifaddrs run [--] command [argument]...
       osh-ifaddrs preload-path

Reads the network interfaces from whatever the sandbox leaves open.

  list          show the interfaces; what is done where no command is given
  doctor        say what the sandbox refuses, what still works, and what to do
  run           run a program so that it, too, reads them through this package
  preload-path  print what LD_PRELOAD is to be set to

  --json        print what networkInterfaces() gives, as JSON
  -h, --help    show this text, or that of a command
  -V, --version show the version

Exit status:
  0   it is done; of doctor: the native os.networkInterfaces() works
  1   something failed; of doctor: the native one fails, this package answers
  2   no source tells the interfaces
  64  the command line is not understood
  run: that of the program, 125 to 127 if it cannot be run, as of env(1)
`

const list = `Usage: osh-ifaddrs [list] [--json]

Shows every address with its link's name, state and hardware address, the
kernel interface that told it, and what of it is inferred or unknown. A link
is down if it is, or if it has no carrier; links without addresses are not
shown.

  --json      print what networkInterfaces() gives, as JSON: links that are
              up, in the form of os.networkInterfaces()
  -h, --help  show this text

Exit status: 0; 1 if the addon does not load; 2 if no source tells the
interfaces.
`

const doctor = `Usage: osh-ifaddrs doctor [--json]

Says whether the native os.networkInterfaces() works here, what each kernel
interface answers when asked alone, who seems to refuse and how sure that is,
and what to do about it: in this process, and in the sandbox's policy.

  --json      print all that as JSON, which docs/doctor.md in the package's
              repository describes
  -h, --help  show this text

Exit status:
  0   the native function works
  1   it fails, and this package answers in its place
  2   nothing answers
`

const run = `Usage: osh-ifaddrs run [--] command [argument]...

Runs a program so that it, and what it runs, reads the network interfaces
through this package: Node by NODE_OPTIONS, other programs by LD_PRELOAD.

  -h, --help  show this text

Exit status: the program's; 125 if the package is not able to, 126 if the
program cannot be run, 127 if there is none.
`

const preloadPath = `Usage: osh-ifaddrs preload-path

Prints the path of the library that gives a program of any kind a working
getifaddrs(3), for LD_PRELOAD.

  -h, --help  show this text

Exit status: 0; 1 if there is no such library here.
`

/** @type {Record<string, string>} */
const HELP = { main, list, doctor, run, 'preload-path': preloadPath }

module.exports = { HELP }
