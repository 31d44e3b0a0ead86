# The fuzzers, which soak/fuzz.test.js builds and runs, and what writes their seeds. They need clang and llvm.

FUZZERS := $(patsubst soak/fuzz/%.c,build/fuzz/%,$(wildcard soak/fuzz/*_fuzz.c))
FUZZED := $(CORE:../src/%.c=build/fuzz/src/%.o)
# -UNDEBUG: their checks are assertions.
FUZZ_FLAGS := $(CFLAGS) -UNDEBUG -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fprofile-instr-generate -fcoverage-mapping -I../src

build/fuzz/src/%.o: ../src/%.c $(HEADERS)
	@mkdir -p $(@D)
	clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link $$(pkg-config --cflags libmnl) -c $< -o $@

build/fuzz/%_fuzz: soak/fuzz/%_fuzz.c $(FUZZED) $(HEADERS) $(wildcard soak/fuzz/*.h)
	clang $(FUZZ_FLAGS) -fsanitize=fuzzer $(filter %.c %.o,$^) $$(pkg-config --libs libmnl) -o $@

# This one scripts the kernel's answers, and also makes the addon's layouts and the preload library's lists.
build/fuzz/read_fuzz: behaviour/unit/script.c $(addprefix build/fuzz/src/,preload/block.o preload/lists.o addon/interfaces.o \
	addon/layout.o addon/strings.o addon/text.o) $(wildcard behaviour/unit/*.h)

# Writes seeds for read_fuzz; behaviour/unit/capture.sh runs it.
build/fuzz/record: soak/fuzz/record.c $(CORE) $(PRELOAD) $(HEADERS) $(wildcard soak/fuzz/*.h behaviour/unit/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -I../src $(filter %.c,$^) $$(pkg-config --cflags --libs libmnl) -o $@

fuzzers: $(FUZZERS) build/fuzz/record

.PHONY: fuzzers
