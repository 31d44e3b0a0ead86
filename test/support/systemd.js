'use strict'

// Boots a second systemd, in namespaces of its own, that runs one unit and ends with it. It sees this machine's
// files, read-only, and none of its units.

const fs = require('node:fs')
const path = require('node:path')
const { inControlGroup } = require('./control-group')
const { makeTemporaryFolder } = require('./temporary-folder')

const SYSTEMD = '/usr/lib/systemd/systemd'
const UNIT = 'program.service'

// systemd takes itself for a container's: it changes no clock, device or file system, and exits when it is done.
const BOOT = `
mount --bind "$1" "$1"
mount -o remount,bind,ro /
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount --bind /dev/null /dev/console
for folder in /run /etc/systemd ${path.dirname(SYSTEMD)}/system-generators; do
  mount -t tmpfs none $folder
done
cp -r "$1/units" /etc/systemd/system
exec env -i container=test ${SYSTEMD} --unit=${UNIT} --log-target=null --show-status=no`

const PRINT = `
status=0
"$@" || status=$?
cat "$0/output"
cat "$0/errors" >&2
exit $status`

/** @param {string} word of a command in a unit */
function quote(word) {
  return JSON.stringify(word).replaceAll('%', '%%').replaceAll('$', '$$$$')
}

/**
 * @param {import('tap').Test} t whose end ends systemd
 * @param {string[]} settings lines for the unit's [Service]
 * @param {string | null} dropIn what `systemctl edit` adds
 * @param {string[]} args the program and its arguments
 * @returns {string[]} the command that runs the program in the unit, once
 */
function inUnit(t, settings, dropIn, args) {
  const folder = makeTemporaryFolder(t)
  const file = (/** @type {string[]} */ ...names) => path.join(folder, ...names)
  const unit = `
[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force

[Service]
Type=oneshot
ExecStart=${['/usr/bin/env', ...args].map(quote).join(' ')}
StandardOutput=file:${file('output')}
StandardError=file:${file('errors')}
${settings.join('\n')}
`
  fs.mkdirSync(file('units', `${UNIT}.d`), { recursive: true })
  fs.writeFileSync(file('units', UNIT), unit)
  if (dropIn !== null) fs.writeFileSync(file('units', `${UNIT}.d`, 'override.conf'), dropIn)
  const boot = inControlGroup(t, 'systemd', ['sh', '-euc', BOOT, 'sh', folder])
  return ['sh', '-euc', PRINT, folder, ...boot]
}

module.exports = { SYSTEMD, inUnit }
