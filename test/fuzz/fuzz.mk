# `make fuzz SECONDS=60` runs each fuzzer that long, two at a time, and prints the number of executions and
# the lines of the core that they covered. Needs clang and llvm.

SECONDS := 60
FUZZERS := links_fuzz addresses_fuzz if_inet6_fuzz route_fuzz read_fuzz
# -UNDEBUG: their checks are assertions.
FUZZ_FLAGS := $(CFLAGS) -UNDEBUG -fsanitize=address,undefined,fuzzer -fno-sanitize-recover=all \
	-fprofile-instr-generate -fcoverage-mapping -I../src

build/fuzz:
	mkdir -p $@

build/fuzz/%_fuzz: fuzz/%_fuzz.c $(CORE) $(HEADERS) $(wildcard fuzz/*.h) | build/fuzz
	clang $(FUZZ_FLAGS) $(filter %.c,$^) $$(pkg-config --cflags --libs libmnl) -o $@

build/fuzz/read_fuzz: fuzz/read_fuzz.c unit/script.c $(CORE) $(LISTS) \
		$(HEADERS) $(wildcard fuzz/*.h unit/*.h) | build/fuzz
	clang $(FUZZ_FLAGS) $(filter %.c,$^) $$(pkg-config --cflags --libs libmnl) -o $@

# Writes seeds for read_fuzz; unit/capture.sh runs it.
build/fuzz/record: fuzz/record.c $(CORE) $(LISTS) $(HEADERS) $(wildcard fuzz/*.h unit/*.h) | build/fuzz
	$(CC) $(CFLAGS) -I../src $(filter %.c,$^) $$(pkg-config --cflags --libs libmnl) -o $@

fuzzers: $(FUZZERS:%=build/fuzz/%)

fuzz: fuzzers
	@printf '%s\n' $(FUZZERS) | xargs -P 2 -I '{}' sh fuzz/run.sh '{}' $(SECONDS)

.PHONY: fuzz fuzzers
