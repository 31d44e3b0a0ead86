// The kernel's names of numbers: hardware types and scopes as ip(8) writes them, flags as <linux/if.h> and
// <linux/if_addr.h> do, in lower case, `-` for `_`. Literals only: other code may have replaced JavaScript's library
// when this file is loaded.
'use strict'

/** ARPHRD_* of <linux/if_arp.h>. */
const LINK_TYPES = /** @type {Record<number, string | undefined>} */ ({
  // Other code may add properties to Object.prototype.
  __proto__: null,
  0: 'netrom',
  1: 'ether',
  2: 'eether',
  3: 'ax25',
  4: 'pronet',
  5: 'chaos',
  6: 'ieee802',
  7: 'arcnet',
  8: 'atalk',
  15: 'dlci',
  19: 'atm',
  23: 'metricom',
  24: 'ieee1394',
  32: 'infiniband',
  256: 'slip',
  257: 'cslip',
  258: 'slip6',
  259: 'cslip6',
  260: 'rsrvd',
  264: 'adapt',
  270: 'rose',
  271: 'x25',
  272: 'hwx25',
  280: 'can',
  512: 'ppp',
  513: 'hdlc',
  516: 'lapb',
  517: 'ddcmp',
  518: 'rawhdlc',
  768: 'ipip',
  769: 'tunnel6',
  770: 'frad',
  771: 'skip',
  772: 'loopback',
  773: 'ltalk',
  774: 'fddi',
  775: 'bif',
  776: 'sit',
  777: 'ip/ddp',
  778: 'gre',
  779: 'pimreg',
  780: 'hippi',
  781: 'ash',
  782: 'econet',
  783: 'irda',
  784: 'fcpp',
  785: 'fcal',
  786: 'fcpl',
  787: 'fcfb0',
  788: 'fcfb1',
  789: 'fcfb2',
  790: 'fcfb3',
  791: 'fcfb4',
  792: 'fcfb5',
  793: 'fcfb6',
  794: 'fcfb7',
  795: 'fcfb8',
  796: 'fcfb9',
  797: 'fcfb10',
  798: 'fcfb11',
  799: 'fcfb12',
  800: 'tr',
  801: 'ieee802.11',
  802: 'ieee802.11/prism',
  803: 'ieee802.11/radiotap',
  804: 'ieee802.15.4',
  805: 'ieee802.15.4/monitor',
  820: 'phonet',
  821: 'phonet_pipe',
  822: 'caif',
  823: 'gre6',
  824: 'netlink',
  825: '6lowpan',
  65534: 'none',
  65535: 'void'
})

/** IFF_*, by bit. */
const LINK_FLAGS = [
  'up',
  'broadcast',
  'debug',
  'loopback',
  'pointopoint',
  'notrailers',
  'running',
  'noarp',
  'promisc',
  'allmulti',
  'master',
  'slave',
  'multicast',
  'portsel',
  'automedia',
  'dynamic',
  'lower-up',
  'dormant',
  'echo'
]

/** IFA_F_*, by bit. */
const ADDRESS_FLAGS = [
  // Of IPv4. The same bit is IFA_F_TEMPORARY of IPv6.
  'secondary',
  'nodad',
  'optimistic',
  'dadfailed',
  'homeaddress',
  'deprecated',
  'tentative',
  'permanent',
  'managetempaddr',
  'noprefixroute',
  'mcautojoin',
  'stable-privacy'
]

/** RT_SCOPE_* of <linux/rtnetlink.h>. */
const SCOPES = /** @type {Record<number, 'global' | 'site' | 'link' | 'host' | undefined>} */ ({
  __proto__: null,
  0: 'global',
  200: 'site',
  253: 'link',
  254: 'host'
})

/**
 * @param {number} flags IFA_F_*
 * @param {boolean} isIPv6
 * @returns {string[]}
 */
function addressFlags(flags, isIPv6) {
  const names = namesOf(flags, ADDRESS_FLAGS)
  return isIPv6 && names[0] === 'secondary' ? ['temporary', ...names.slice(1)] : names
}

/**
 * @param {number} flags
 * @param {readonly string[]} names by bit
 * @returns {string[]}
 */
function namesOf(flags, names) {
  return names.filter((_, bit) => flags & (1 << bit))
}

module.exports = { LINK_FLAGS, LINK_TYPES, SCOPES, addressFlags, namesOf }
