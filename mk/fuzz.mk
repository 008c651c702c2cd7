# make fuzz: libFuzzer on everything that reads run logs (tests/fuzz), until RUNS mutated logs were read or SECONDS have passed. Starts from the
# kept corpus and adds what it finds to $(BUILD)/fuzz/corpus; a log that does harm is left in $(BUILD)/fuzz. fuzz-corpus makes real logs anew
# and keeps the fewest files, of them and of what was found, that reach as much.

RUNS    ?= 1000000
SECONDS_OF_FUZZING := $(if $(SECONDS),-max_total_time=$(SECONDS))
FUZZ    := $(BUILD)/fuzz
# What is compared is not traced: mutate.c knows the format, and tracing takes a third of the time.
FUZZFLAGS := -g -O2 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-coverage=trace-cmp,trace-div,trace-gep -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_OBJECTS := $(patsubst %.c,$(FUZZ)/obj/%.o,$(wildcard tests/fuzz/*.c) $(LINEAGE) $(REUSE) $(filter-out tools/blase.c,$(TOOLS))) \
    $(FUZZ)/obj/gen/ops.o $(FUZZ)/obj/gen/entry_table.o
KEPT    := tests/fuzz/corpus
# A crash tells its own stack all the same.
FUZZ_SPEED := ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=4

$(FUZZ)/obj/gen/%.o: $(GEN)/%.c
	@mkdir -p $(@D)
	clang $(FUZZFLAGS) $(BASE) -c -o $@ $<
$(FUZZ)/obj/%.o: %.c | $(GEN)/stamp
	@mkdir -p $(@D)
	clang $(FUZZFLAGS) $(BASE) -c -o $@ $<
$(FUZZ)/obj/lineage/fingerprint_avx2.o: BASE += -mavx2
$(FUZZ)/fuzz_log: $(FUZZ_OBJECTS)
	clang $(FUZZFLAGS) -fsanitize=fuzzer -o $@ $^ -lcjson -lm -lpthread -ldl

.PHONY: fuzz fuzz-build fuzz-corpus
fuzz-build:
	@sh mk/deps.sh clang libclang-rt-14-dev libcjson-dev
	@$(MAKE) --no-print-directory $(FUZZ)/fuzz_log

fuzz: fuzz-build
	@mkdir -p $(FUZZ)/corpus
	cd $(FUZZ) && $(FUZZ_SPEED) ./fuzz_log -runs=$(RUNS) $(SECONDS_OF_FUZZING) -max_len=4096 -entropic=0 -timeout=10 -print_final_stats=1 corpus $(CURDIR)/$(KEPT)

fuzz-corpus: all fuzz-build
	@rm -rf $(FUZZ)/seeds && mkdir -p $(FUZZ)/seeds $(FUZZ)/corpus $(FUZZ)/merged
	/usr/bin/python3 tests/fuzz/make_seeds.py --build $(BUILD) --out $(FUZZ)/seeds
	cd $(FUZZ) && rm -rf merged/* && $(FUZZ_SPEED) ./fuzz_log -merge=1 -use_counters=0 -max_len=4096 merged seeds corpus
	rm -rf $(KEPT) && cp -r $(FUZZ)/merged $(KEPT)
