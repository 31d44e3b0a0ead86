// Datagrams of rtnetlink's replies, built message by message, as answers of the scripted kernel.
#pragma once

#include "answers.h"
#include "message.h"

#include <net/if_arp.h>

// A datagram being built.
struct datagram {
  _Alignas(struct nlmsghdr) char bytes[8192];
  size_t length;
};

static inline void add_message(struct datagram *datagram, const struct message *message) {
  const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)message->bytes;
  assert_true(datagram->length + header->nlmsg_len <= sizeof(datagram->bytes));
  memcpy(datagram->bytes + datagram->length, message->bytes, header->nlmsg_len);
  datagram->length += NLMSG_ALIGN(header->nlmsg_len);
}

static inline void add_address_message(struct datagram *datagram, uint32_t ifindex) {
  const struct ifaddrmsg header = {
      .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = ifindex};
  struct message message;
  start_message(&message, RTM_NEWADDR, &header, sizeof(header));
  add_attribute(&message, IFA_LOCAL, ipv4, sizeof(ipv4));
  add_message(datagram, &message);
}

static inline void add_link_message(struct datagram *datagram, uint8_t family, int32_t ifindex,
                                    const char *name) {
  const struct ifinfomsg header = {
      .ifi_family = family, .ifi_type = ARPHRD_ETHER, .ifi_index = ifindex, .ifi_flags = IFF_UP};
  struct message message;
  start_message(&message, RTM_NEWLINK, &header, sizeof(header));
  add_attribute(&message, IFLA_IFNAME, name, strlen(name) + 1);
  add_message(datagram, &message);
}

// Ends the dump, with an error or `flags` such as NLM_F_DUMP_INTR.
static inline void add_end(struct datagram *datagram, int error, uint16_t flags) {
  struct message message;
  start_message(&message, NLMSG_DONE, &error, sizeof(error));
  header_of(&message)->nlmsg_flags = flags;
  add_message(datagram, &message);
}

// The answer to a dump: sendto(2), and the datagram.
static inline void answer_dump(struct answers *answers, const struct datagram *datagram) {
  succeed(answers, 0); // sendto
  answer_bytes(answers, datagram->bytes, datagram->length);
}

// What completes a link without a dump.
static inline void answer_link_ioctls(struct answers *answers) {
  answer_name(answers, "eth0"); // SIOCGIFNAME
  answer_short(answers, IFF_UP, NULL);
  answer_short(answers, ARPHRD_ETHER, NULL);
  answer_name(answers, "eth0");
}
