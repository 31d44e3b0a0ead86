// Debian's libmnl.a is compiled with _FORTIFY_SOURCE, so its mnl_nlmsg_fprintf() calls this
// function of glibc, which musl lacks. Nothing calls mnl_nlmsg_fprintf().

void __fprintf_chk(void);

void __fprintf_chk(void) {
  __builtin_trap();
}
