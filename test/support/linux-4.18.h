// The kernel headers of Linux 4.18 (RHEL 8), imitated: no package here has them. Included before
// everything else, so that later includes do nothing, it removes what later kernels added.
#pragma once

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#undef SO_BINDTOIFINDEX // Linux 5.1
#undef NETLINK_GET_STRICT_CHK
#undef NLM_F_BULK
#undef RTM_NEWLINKPROP
#undef RTM_DELLINKPROP
#undef RTM_GETLINKPROP

// Enumerators cannot be removed, but they can be forbidden.
#pragma GCC poison IFLA_MIN_MTU IFLA_MAX_MTU IFLA_PROP_LIST IFLA_ALT_IFNAME IFLA_PERM_ADDRESS
#pragma GCC poison IFLA_PROTO_DOWN_REASON IFLA_PARENT_DEV_NAME IFLA_PARENT_DEV_BUS_NAME
#pragma GCC poison IFLA_GRO_MAX_SIZE IFLA_TSO_MAX_SIZE IFLA_TSO_MAX_SEGS IFLA_ALLMULTI
#pragma GCC poison IFLA_DEVLINK_PORT IFLA_GSO_IPV4_MAX_SIZE IFLA_GRO_IPV4_MAX_SIZE
#pragma GCC poison IFLA_DPLL_PIN IFLA_TARGET_NETNSID IFLA_INET6_RA_MTU IFA_TARGET_NETNSID IFA_PROTO
#pragma GCC poison NLMSGERR_ATTR_POLICY NLMSGERR_ATTR_MISS_TYPE
