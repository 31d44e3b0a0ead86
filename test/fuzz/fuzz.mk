# `make fuzz SECONDS=60` runs each fuzzer for so long, two at a time, and says how often, and what of the
# core that covered. Takes clang and llvm.

SECONDS := 60
FUZZERS := links_fuzz addresses_fuzz if_inet6_fuzz route_fuzz read_fuzz
# -UNDEBUG: their checks are assertions.
FUZZ_FLAGS := $(CFLAGS) -UNDEBUG -fsanitize=address,undefined,fuzzer -fno-sanitize-recover=all \
	-fprofile-instr-generate -fcoverage-mapping -I../src
LISTS := details details_ioctl details_procfs details_rtnetlink lists
WHOLE := $(CORE:%=../src/%.c) $(LISTS:%=../src/%.c)

build/fuzz:
	mkdir -p $@

build/fuzz/%_fuzz: fuzz/%_fuzz.c $(CORE:%=../src/%.c) $(wildcard ../src/*.h fuzz/*.h) | build/fuzz
	clang $(FUZZ_FLAGS) $(filter %.c,$^) $$(pkg-config --cflags --libs libmnl) -o $@

build/fuzz/read_fuzz: fuzz/read_fuzz.c unit/script.c $(WHOLE) \
		$(wildcard ../src/*.h fuzz/*.h unit/*.h) | build/fuzz
	clang $(FUZZ_FLAGS) $(filter %.c,$^) $$(pkg-config --cflags --libs libmnl) -o $@

# Writes seeds for read_fuzz; unit/capture.sh runs it.
build/fuzz/record: fuzz/record.c $(WHOLE) $(wildcard ../src/*.h fuzz/*.h unit/*.h) | build/fuzz
	$(CC) $(CFLAGS) -I../src $(filter %.c,$^) $$(pkg-config --cflags --libs libmnl) -o $@

fuzzers: $(FUZZERS:%=build/fuzz/%)

fuzz: fuzzers
	@printf '%s\n' $(FUZZERS) | xargs -P 2 -I '{}' sh fuzz/run.sh '{}' $(SECONDS)

.PHONY: fuzz fuzzers
