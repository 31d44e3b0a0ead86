# The core, the lists and the preload library over calls that fail (torture/faults.h), always sanitized.

WRAPPED := malloc calloc realloc aligned_alloc free mnl_socket_open2 dlopen dlsym osh_snapshot_read
TORTURE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

build/torture: $(wildcard torture/*.c) $(CORE:%=../src/%.c) $(LISTS:%=../src/%.c) ../src/preload.c \
		$(wildcard ../src/*.h torture/*.h) | build
	$(CC) $(CFLAGS) $(TORTURE_FLAGS) -rdynamic -I../src $(filter %.c,$^) \
		$(WRAPPED:%=-Wl,--wrap=%) $$(pkg-config --cflags --libs libmnl) -o $@
