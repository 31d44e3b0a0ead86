/*
 * Prints every field that getifaddrs(3) and if_nameindex(3) return as JSON; and calls them from
 * threads, from forked children, and often. Run with and without the preload library.
 */
#include <err.h>
#include <errno.h>
#include <ifaddrs.h>
#include <malloc.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if_link.h>

/* Names may have any bytes: each is printed as the character with its number. */
static void print_name(const char *name) {
  (void)printf("\"");
  for (const unsigned char *c = (const unsigned char *)name; *c != '\0'; c++)
    (void)printf(*c < ' ' || *c > '~' || *c == '"' || *c == '\\' ? "\\u%04x" : "%c", *c);
  (void)printf("\"");
}

static void print_hex(const char *key, const void *bytes, size_t length) {
  (void)printf(",\"%s\":\"", key);
  for (size_t i = 0; i < length; i++)
    (void)printf("%02x", ((const uint8_t *)bytes)[i]);
  (void)printf("\"");
}

static void print_sockaddr(const char *key, const struct sockaddr *address) {
  (void)printf(",\"%s\":", key);
  if (address == NULL) {
    (void)printf("null");
    return;
  }
  (void)printf("{\"family\":%d", address->sa_family);
  if (address->sa_family == AF_PACKET) {
    const struct sockaddr_ll *link = (const void *)address;
    (void)printf(",\"protocol\":%d,\"ifindex\":%d,\"hatype\":%d,\"pkttype\":%d", link->sll_protocol,
                 link->sll_ifindex, link->sll_hatype, link->sll_pkttype);
    print_hex("bytes", link->sll_addr, link->sll_halen);
  } else if (address->sa_family == AF_INET) {
    const struct sockaddr_in *ipv4 = (const void *)address;
    (void)printf(",\"port\":%d", ipv4->sin_port);
    print_hex("bytes", &ipv4->sin_addr, sizeof(ipv4->sin_addr));
    print_hex("zero", ipv4->sin_zero, sizeof(ipv4->sin_zero));
  } else if (address->sa_family == AF_INET6) {
    const struct sockaddr_in6 *ipv6 = (const void *)address;
    (void)printf(",\"port\":%d,\"flowinfo\":%u,\"scope\":%u", ipv6->sin6_port, ipv6->sin6_flowinfo,
                 ipv6->sin6_scope_id);
    print_hex("bytes", &ipv6->sin6_addr, sizeof(ipv6->sin6_addr));
  }
  (void)printf("}");
}

static int print_list(void) {
  struct ifaddrs *list;
  if (getifaddrs(&list) != 0)
    err(EXIT_FAILURE, "getifaddrs");
  (void)printf("[");
  for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next) {
    (void)printf("%s{\"name\":", entry == list ? "" : ",\n");
    print_name(entry->ifa_name);
    (void)printf(",\"flags\":%u", entry->ifa_flags);
    print_sockaddr("address", entry->ifa_addr);
    print_sockaddr("netmask", entry->ifa_netmask);
    print_sockaddr("other", entry->ifa_broadaddr);
    if (entry->ifa_data != NULL)
      print_hex("data", entry->ifa_data, sizeof(struct rtnl_link_stats));
    (void)printf("}");
  }
  (void)printf("]\n");
  freeifaddrs(list);
  return EXIT_SUCCESS;
}

static int print_names(void) {
  struct if_nameindex *names = if_nameindex();
  if (names == NULL)
    err(EXIT_FAILURE, "if_nameindex");
  (void)printf("[");
  for (const struct if_nameindex *entry = names; entry->if_index != 0; entry++) {
    (void)printf("%s[%u,", entry == names ? "" : ",\n", entry->if_index);
    print_name(entry->if_name);
    (void)printf("]");
  }
  (void)printf("]\n");
  if_freenameindex(names);
  return EXIT_SUCCESS;
}

/* Prints the errno after each call: a call that succeeds leaves it unchanged. */
static int print_errno(void) {
  struct ifaddrs *list = NULL;
  errno = EDOM;
  const int status = getifaddrs(&list);
  const int after_list = errno;
  if (status == 0)
    freeifaddrs(list);
  errno = EDOM;
  struct if_nameindex *names = if_nameindex();
  const int after_names = errno;
  if (names != NULL)
    if_freenameindex(names);
  (void)printf("[%d,%d,%d,%d]\n", status, after_list, names == NULL ? -1 : 0, after_names);
  return EXIT_SUCCESS;
}

static int print_errno_without_descriptors(void) {
  const struct rlimit none = {0};
  if (setrlimit(RLIMIT_NOFILE, &none) != 0)
    err(EXIT_FAILURE, "setrlimit");
  return print_errno();
}

static bool make_and_free(void) {
  struct ifaddrs *list;
  if (getifaddrs(&list) != 0)
    return false;
  freeifaddrs(list);
  struct if_nameindex *names = if_nameindex();
  if (names == NULL)
    return false;
  if_freenameindex(names);
  return true;
}

enum { THREADS = 8, ROUNDS = 200, FORKS = 20 };

static void *work(void *failures) {
  for (int i = 0; i < ROUNDS; i++) {
    if (!make_and_free())
      ++*(int *)failures;
  }
  return NULL;
}

/* Forks children while other threads make the calls. They make them, too. */
static int fork_children(int forks) {
  int failures = 0;
  for (int i = 0; i < forks; i++) {
    const pid_t child = fork();
    if (child == 0) {
      (void)alarm(20);
      _exit(make_and_free() ? 0 : 1);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
      failures++;
  }
  return failures;
}

static int run_threads(int forks) {
  pthread_t threads[THREADS];
  int failures[THREADS] = {0};
  for (int i = 0; i < THREADS; i++) {
    if (pthread_create(&threads[i], NULL, work, &failures[i]) != 0)
      errx(EXIT_FAILURE, "pthread_create");
  }
  int failed = fork_children(forks);
  for (int i = 0; i < THREADS; i++) {
    (void)pthread_join(threads[i], NULL);
    failed += failures[i];
  }
  (void)printf("%d\n", failed);
  return EXIT_SUCCESS;
}

static int run_threads_alone(void) {
  return run_threads(0);
}

static int run_threads_and_forks(void) {
  return run_threads(FORKS);
}

/* Prints how many bytes many rounds leak, after as many rounds that fill malloc's caches. */
static int print_leaks(void) {
  bool made = true;
  for (int i = 0; i < ROUNDS; i++)
    made = make_and_free() && made;
  const size_t before = mallinfo2().uordblks;
  for (int i = 0; i < ROUNDS; i++)
    made = make_and_free() && made;
  (void)printf("%zd\n", (ssize_t)(mallinfo2().uordblks - before));
  return made ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    int (*run)(void);
  } modes[] = {{"list", print_list},           {"names", print_names},
               {"errno", print_errno},         {"shortage", print_errno_without_descriptors},
               {"threads", run_threads_alone}, {"forks", run_threads_and_forks},
               {"leaks", print_leaks}};
  for (size_t i = 0; argc == 2 && i < sizeof(modes) / sizeof(*modes); i++) {
    if (strcmp(argv[1], modes[i].name) == 0)
      return modes[i].run();
  }
  errx(EXIT_FAILURE, "usage: lists list|names|errno|shortage|threads|forks|leaks");
}
