/*
 * For the tests, what a topology needs and ip(8) cannot do: IPv4 addresses with any label, tun
 * and tap links that a process holds open, without which they have no carrier, those of another
 * hardware type, and settings of IPv6.
 *
 * Reads one command a line, with single spaces between its words:
 *   tun NAME [TYPE] | tap NAME [TYPE]    creates such a link, and holds it open until the input
 *     ends; TYPE is of <linux/if_arp.h>, and decides how long the hardware address is
 *   address LINK ADDRESS PREFIX-LENGTH [LABEL]    without LABEL the label is empty
 *   ipv6 LINK SETTING VALUE      as of ip-sysctl.rst; LINK can be "default"
 *   ready                        prints "ready"
 * A refusal by the kernel ends the program, unless --force is given.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MAX_WORDS = 5 };

static bool force = false;

static void fail_unless_forced(const char *what) {
  if (!force)
    err(EXIT_FAILURE, "%s", what);
}

static void hold_tunnel(const char *name, short flags, const char *type) {
  struct ifreq ifreq = {.ifr_flags = (short)(flags | IFF_NO_PI)};
  strncpy(ifreq.ifr_name, name, sizeof(ifreq.ifr_name) - 1);
  const int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd < 0)
    err(EXIT_FAILURE, "open /dev/net/tun");
  if (ioctl(fd, TUNSETIFF, &ifreq) < 0) {
    fail_unless_forced("TUNSETIFF");
    (void)close(fd);
    return;
  }
  if (type != NULL && ioctl(fd, TUNSETLINK, strtol(type, NULL, 10)) < 0)
    fail_unless_forced("TUNSETLINK");
}

static void set_ipv6(const char *name, const char *setting, const char *value) {
  char path[256];
  (void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", name, setting);
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, value, strlen(value)) < 0)
    fail_unless_forced(path);
  if (fd >= 0)
    (void)close(fd);
}

static void await_acknowledgement(struct mnl_socket *socket, char *buffer, size_t size) {
  const ssize_t length = mnl_socket_recvfrom(socket, buffer, size);
  if (length < 0 || mnl_cb_run(buffer, (size_t)length, 0, 0, NULL, NULL) < 0)
    fail_unless_forced("RTM_NEWADDR");
}

static void add_address(struct mnl_socket *socket, char **words) {
  char buffer[8192] = {0};
  struct in_addr address;
  if (inet_pton(AF_INET, words[2], &address) != 1)
    errx(EXIT_FAILURE, "%s: not an IPv4 address", words[2]);

  struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
  message->nlmsg_type = RTM_NEWADDR;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
  struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
  header->ifa_family = AF_INET;
  header->ifa_prefixlen = (unsigned char)strtol(words[3], NULL, 10);
  header->ifa_index = if_nametoindex(words[1]);
  mnl_attr_put_u32(message, IFA_LOCAL, address.s_addr);
  mnl_attr_put_u32(message, IFA_ADDRESS, address.s_addr);
  mnl_attr_put_strz(message, IFA_LABEL, words[4] == NULL ? "" : words[4]);
  if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
    err(EXIT_FAILURE, "sendto");
  await_acknowledgement(socket, buffer, sizeof(buffer));
}

/* Splits a line in place. Returns the number of words. */
static int split(char *line, char **words) {
  int count = 0;
  line[strcspn(line, "\n")] = '\0';
  memset(words, 0, (MAX_WORDS + 1) * sizeof(*words));
  for (char *word = strsep(&line, " "); word != NULL && count < MAX_WORDS;
       word = strsep(&line, " "))
    words[count++] = word;
  return count;
}

static void run_command(struct mnl_socket *socket, char **words, int count) {
  if (count >= 2 && strcmp(words[0], "tun") == 0)
    hold_tunnel(words[1], IFF_TUN, words[2]);
  else if (count >= 2 && strcmp(words[0], "tap") == 0)
    hold_tunnel(words[1], IFF_TAP, words[2]);
  else if (count >= 4 && strcmp(words[0], "address") == 0)
    add_address(socket, words);
  else if (count == 4 && strcmp(words[0], "ipv6") == 0)
    set_ipv6(words[1], words[2], words[3]);
  else if (count == 1 && strcmp(words[0], "ready") == 0)
    (void)puts("ready");
  else
    errx(EXIT_FAILURE, "%s: unknown command", words[0]);
}

int main(int argc, char **argv) {
  force = argc > 1 && strcmp(argv[1], "--force") == 0;
  struct mnl_socket *socket = mnl_socket_open(NETLINK_ROUTE);
  if (socket == NULL)
    err(EXIT_FAILURE, "socket");
  (void)setvbuf(stdout, NULL, _IOLBF, 0);

  char *line = NULL;
  size_t size = 0;
  char *words[MAX_WORDS + 1];
  while (getline(&line, &size, stdin) > 0) {
    const int count = split(line, words);
    run_command(socket, words, count);
  }
  free(line);
  (void)mnl_socket_close(socket);
  return EXIT_SUCCESS;
}
