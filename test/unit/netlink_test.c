// Netlink messages: dumps captured from a kernel (see capture.py), cut at every byte, and broken
// ones.

#include "unit.h"

#include "netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>

struct capture {
  uint8_t *bytes;
  size_t length;
};

static struct capture read_capture(const char *path) {
  struct capture capture = {.bytes = malloc(65536)};
  assert_non_null(capture.bytes);
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  capture.length = fread(capture.bytes, 1, 65536, file);
  (void)fclose(file);
  assert_true(capture.length > 100);
  return capture;
}

static int take(struct osh_snapshot *snapshot, const void *bytes, size_t length) {
  struct osh_dump dump = {.snapshot = snapshot, .seq = 1};
  void *copy = exact_copy(bytes, length);
  int more = osh_dump_take(&dump, copy, length);
  free(copy);
  return more;
}

static void understands_links(void **state) {
  (void)state;
  struct capture capture = read_capture(CAPTURES "/links.bin");
  struct osh_snapshot snapshot = {0};
  assert_int_equal(take(&snapshot, capture.bytes, capture.length), 0);
  assert_int_equal(snapshot.link_count, 3);
  assert_string_equal(snapshot.links[0].name, "lo");
  assert_true(snapshot.links[0].flags & IFF_LOOPBACK);
  for (size_t i = 1; i < 3; i++) {
    assert_true(snapshot.links[i].name[0] == 'd');
    assert_true(snapshot.links[i].flags & IFF_RUNNING);
    assert_int_equal(snapshot.links[i].hwaddr_len, 6);
    assert_int_equal(snapshot.links[i].marks, OSH_LINK_NAME | OSH_LINK_FLAGS | OSH_LINK_HWADDR);
  }
  osh_snapshot_free(&snapshot);
  free(capture.bytes);
}

static const struct osh_address *find(const struct osh_snapshot *snapshot, const uint8_t *bytes,
                                      size_t size) {
  for (size_t i = 0; i < snapshot->address_count; i++)
    if (memcmp(snapshot->addresses[i].bytes, bytes, size) == 0)
      return &snapshot->addresses[i];
  return NULL;
}

static void understands_addresses(void **state) {
  (void)state;
  struct capture capture = read_capture(CAPTURES "/addresses.bin");
  struct osh_snapshot snapshot = {0};
  assert_int_equal(take(&snapshot, capture.bytes, capture.length), 0);
  const struct osh_address *loopback = find(&snapshot, (uint8_t[]){127, 0, 0, 1}, 4);
  assert_non_null(loopback);
  assert_int_equal(loopback->prefix_len, 8);
  const struct osh_address *labelled = find(&snapshot, (uint8_t[]){10, 0, 0, 2}, 4);
  assert_non_null(labelled);
  assert_string_equal(labelled->name, "d0:two");
  const struct osh_address *peered = find(&snapshot, (uint8_t[]){10, 1, 0, 1}, 4);
  assert_non_null(peered);
  assert_int_equal(peered->prefix_len, 32);
  assert_null(find(&snapshot, (uint8_t[]){10, 2, 0, 1}, 4));
  const struct osh_address *unique_local = find(&snapshot, (uint8_t[16]){0xfd, [15] = 1}, 16);
  assert_non_null(unique_local);
  assert_int_equal(unique_local->family, AF_INET6);
  assert_int_equal(unique_local->prefix_len, 64);
  osh_snapshot_free(&snapshot);
  free(capture.bytes);
}

static void survives_cuts(void **state) {
  (void)state;
  const char *paths[] = {CAPTURES "/links.bin", CAPTURES "/addresses.bin"};
  for (size_t i = 0; i < 2; i++) {
    struct capture capture = read_capture(paths[i]);
    size_t end = capture.length - sizeof(struct nlmsghdr) - sizeof(int);
    for (size_t length = 0; length <= end; length++) {
      struct osh_snapshot snapshot = {0};
      int more = take(&snapshot, capture.bytes, length);
      assert_true(more == 1 || more == -EBADMSG);
      osh_snapshot_free(&snapshot);
    }
    free(capture.bytes);
  }
}

// Every byte of an address message in turn, with every bit of it flipped.
static void survives_flipped_bits(void **state) {
  (void)state;
  struct capture capture = read_capture(CAPTURES "/addresses.bin");
  for (size_t bit = 0; bit < capture.length * 8; bit++) {
    capture.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    struct osh_snapshot snapshot = {0};
    (void)take(&snapshot, capture.bytes, capture.length);
    for (size_t i = 0; i < snapshot.address_count; i++) {
      const struct osh_address *address = &snapshot.addresses[i];
      assert_true(address->prefix_len <= (address->family == AF_INET ? 32 : 128));
      assert_true(strnlen(address->name, IFNAMSIZ) < IFNAMSIZ);
    }
    osh_snapshot_free(&snapshot);
    capture.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  free(capture.bytes);
}

struct short_message {
  struct nlmsghdr header;
  int error;
};

static int take_short(uint16_t type, uint32_t length, int error, uint32_t seq) {
  struct short_message message = {
      .header = {.nlmsg_len = length, .nlmsg_type = type, .nlmsg_seq = seq}, .error = error};
  struct osh_snapshot snapshot = {0};
  int more = take(&snapshot, &message, length);
  osh_snapshot_free(&snapshot);
  return more;
}

static void tells_refusals(void **state) {
  (void)state;
  const uint32_t whole = sizeof(struct short_message);
  const uint32_t bare = sizeof(struct nlmsghdr);
  assert_int_equal(take_short(NLMSG_ERROR, whole, -EACCES, 1), -EACCES);
  assert_int_equal(take_short(NLMSG_ERROR, bare, 0, 1), -EBADMSG);
  assert_int_equal(take_short(NLMSG_DONE, whole, -ENOMEM, 1), -ENOMEM);
  assert_int_equal(take_short(NLMSG_DONE, whole, 0, 1), 0);
  assert_int_equal(take_short(NLMSG_DONE, bare, 0, 1), 0);
  assert_int_equal(take_short(NLMSG_ERROR, whole, -EACCES, 2), 1);
  assert_int_equal(take_short(RTM_NEWADDR, bare, 0, 1), -EBADMSG);
  assert_int_equal(take_short(RTM_NEWLINK, bare, 0, 1), -EBADMSG);
  assert_int_equal(take_short(NLMSG_NOOP, bare, 0, 1), 1);
}

static void notices_an_interruption(void **state) {
  (void)state;
  struct nlmsghdr header = {.nlmsg_len = sizeof(header),
                            .nlmsg_type = NLMSG_DONE,
                            .nlmsg_flags = NLM_F_DUMP_INTR,
                            .nlmsg_seq = 1};
  struct osh_snapshot snapshot = {0};
  struct osh_dump dump = {.snapshot = &snapshot, .seq = 1};
  assert_int_equal(osh_dump_take(&dump, &header, sizeof(header)), 0);
  assert_true(dump.interrupted);
}

// A label without its terminator, longer than any link's name, and a prefix longer than any
// address.
static void bounds_what_it_copies(void **state) {
  (void)state;
  struct {
    struct nlmsghdr header;
    struct ifaddrmsg address;
    struct nlattr local;
    uint8_t bytes[4];
    struct nlattr label;
    char text[20];
  } message = {
      .header = {.nlmsg_len = sizeof(message), .nlmsg_type = RTM_NEWADDR, .nlmsg_seq = 1},
      .address = {.ifa_family = AF_INET, .ifa_prefixlen = 200, .ifa_index = 7},
      .local = {.nla_len = 8, .nla_type = IFA_LOCAL},
      .bytes = {10, 0, 0, 1},
      .label = {.nla_len = 24, .nla_type = IFA_LABEL},
  };
  memset(message.text, 'x', sizeof(message.text));
  struct osh_snapshot snapshot = {0};
  assert_int_equal(take(&snapshot, &message, sizeof(message)), 1);
  assert_int_equal(snapshot.address_count, 1);
  assert_int_equal(snapshot.addresses[0].prefix_len, 32);
  assert_string_equal(snapshot.addresses[0].name, "xxxxxxxxxxxxxxx");
  osh_snapshot_free(&snapshot);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(understands_links),     cmocka_unit_test(understands_addresses),
      cmocka_unit_test(survives_cuts),         cmocka_unit_test(survives_flipped_bits),
      cmocka_unit_test(tells_refusals),        cmocka_unit_test(notices_an_interruption),
      cmocka_unit_test(bounds_what_it_copies),
  };
  return run_tests_as_tap("netlink", tests, sizeof(tests) / sizeof(*tests));
}
