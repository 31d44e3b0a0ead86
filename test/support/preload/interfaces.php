<?php
// The addresses of the network interfaces, one a line.
$interfaces = net_get_interfaces();
if ($interfaces === false) {
    exit(1);
}
foreach ($interfaces as $name => $interface) {
    foreach ($interface['unicast'] ?? [] as $unicast) {
        if (isset($unicast['address'])) {
            echo "$name {$unicast['address']} {$unicast['netmask']}\n";
        }
    }
}
