'use strict'

// Runs programs in a control group of their own. It is the root of the only hierarchy that they see, which is of
// version 2, whatever this machine mounts. What a container engine makes there goes with it.
//
// Their mounts and process ids are their own, too. LXC looks for its group where process 1 is.

const { spawnSync } = require('node:child_process')

const HIERARCHY = '/sys/fs/cgroup'
const MOUNT = `mount -t cgroup2 none ${HIERARCHY}`
const ENTER = `${MOUNT}
mkdir "${HIERARCHY}/$1"
echo $$ >"${HIERARCHY}/$1/cgroup.procs"
shift
exec unshare --cgroup --mount --pid --fork --kill-child --mount-proc -- sh -euc 'umount ${HIERARCHY}; ${MOUNT}; exec "$@"' sh "$@"`
const REMOVE = `${MOUNT}
cd ${HIERARCHY}
[ -d "$1" ] || exit 0
echo 1 >"$1/cgroup.kill"
for _ in $(seq 50); do
  grep -q "populated 0" "$1/cgroup.events" && break
  sleep 0.1
done
find "$1" -depth -type d -delete`

/**
 * @param {string} script of sh(1)
 * @param {string[]} args
 * @returns {string[]} the command that runs the script in a mount namespace of its own
 */
function inMountNamespace(script, ...args) {
  return ['unshare', '--mount', '--', 'sh', '-euc', script, 'sh', ...args]
}

let counter = 0

/**
 * @param {import('tap').Test} t whose end ends the programs in the group and removes it
 * @param {string} label part of its name
 * @param {string[]} command
 * @returns {string[]} the command that runs `command`, once, as process 1 in a new group
 */
function inControlGroup(t, label, command) {
  const name = `osh-${label}-${process.pid}-${++counter}`
  t.teardown(() => {
    const [program, ...args] = inMountNamespace(REMOVE, name)
    const { stderr } = spawnSync(program, args, { encoding: 'utf8' })
    if (stderr) throw new Error(`the control group ${name} remains: ${stderr.trim()}`)
  })
  return inMountNamespace(ENTER, name, ...command)
}

module.exports = { inControlGroup }
