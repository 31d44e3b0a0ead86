#!/bin/sh
# The first program of a virtual machine's system: loads the modules in their order, runs the checks, and ends the
# machine. Everything that it prints, the host sees.
export PATH=/usr/sbin:/usr/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
while read -r module; do insmod "/modules/$module.ko"; done </modules/order
cd /app || exit
/node/bin/node test/real/kernels/guest.js
reboot -f
