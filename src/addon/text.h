// Addresses as text, byte for byte as libuv writes them (uv_inet_ntop(), and node_os.cc for
// hardware addresses). Not by inet_ntop(3), in which C libraries differ: musl writes ::1.2.3.4 as
// ::102:304.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define OSH_IPV4_TEXT_MAX 15
#define OSH_IPV6_TEXT_MAX 45
#define OSH_MAC_TEXT_LENGTH 17
// Of 32 bytes, the kernel's MAX_ADDR_LEN.
#define OSH_HWADDR_TEXT_MAX 95

// Each writes at most the number of characters above to `text`, without a terminator, and returns
// how many. `bytes` are in network byte order: 4, 16 and 6 of them.
size_t osh_ipv4_text(const uint8_t *bytes, char *text);
size_t osh_ipv6_text(const uint8_t *bytes, char *text);
// Of either family.
size_t osh_address_text(uint8_t family, const uint8_t *bytes, char *text);
size_t osh_mac_text(const uint8_t *bytes, char *text);
// Of a hardware address of `count` bytes.
size_t osh_hwaddr_text(const uint8_t *bytes, size_t count, char *text);
