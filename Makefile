# blasé: `make` builds build/libblase.so and build/blase; `make help` lists the rest.
#
# Out of tree in $(BUILD); dependencies by -MMD; generated code in $(BUILD)/gen from the op table.

BUILD   ?= build
PREFIX  ?= /usr/local
PYTHON  ?= python3
VERSION := 0.1.0

CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes
comma   := ,
ifdef SANITIZE
BUILD   := $(BUILD)/sanitize-$(subst $(comma),-,$(SANITIZE))
SANFLAGS := -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
PRELOADED_SANFLAGS := $(if $(findstring thread,$(SANITIZE)),$(SANFLAGS))
endif
BASE    := -std=gnu11 -I. -I$(BUILD)/gen -I$(BUILD)/inc -DBLASE_VERSION=\"$(VERSION)\" -MMD -MP $(WARN)

TABLES   := $(wildcard lineage/ops/*.tab)
OPGEN    := $(wildcard lineage/ops/opgen/*.py)
GEN      := $(BUILD)/gen
GENERATED := $(GEN)/ops.c $(GEN)/entry_table.c $(GEN)/entries.c $(GEN)/stubs.S $(GEN)/entry_count.h

LINEAGE  := $(wildcard lineage/*.c)
REUSE    := $(wildcard reuse/*.c)
SHIM     := $(wildcard shim/*.c)
TOOLS    := $(wildcard tools/*.c)
object    = $(patsubst %.c,$(BUILD)/$(1)/%.o,$(2))

LIB_OBJECTS  := $(call object,pic,$(LINEAGE) $(REUSE) $(SHIM)) $(BUILD)/pic/gen/ops.o $(BUILD)/pic/gen/entry_table.o $(BUILD)/pic/gen/entries.o $(BUILD)/pic/gen/stubs.o
TOOL_OBJECTS := $(call object,obj,$(TOOLS) $(LINEAGE) $(REUSE)) $(BUILD)/obj/gen/ops.o $(BUILD)/obj/gen/entry_table.o

.PHONY: all
all: $(BUILD)/libblase.so $(BUILD)/blase

$(GEN)/stamp: $(TABLES) $(OPGEN)
	@mkdir -p $(GEN)
	$(PYTHON) lineage/ops/opgen/main.py $(GEN) $(TABLES)
	@touch $@
$(GENERATED): $(GEN)/stamp ;

# The preloaded object: position independent, nothing exported but entry points, nothing linked but libc.
$(BUILD)/pic/%.o: %.c | $(GEN)/stamp
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(PRELOADED_SANFLAGS) $(BASE) -fPIC -fvisibility=hidden -c -o $@ $<
$(BUILD)/pic/gen/%.o: $(GEN)/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(PRELOADED_SANFLAGS) $(BASE) -fPIC -fvisibility=hidden -c -o $@ $<
$(BUILD)/pic/gen/%.o: $(GEN)/%.S
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BASE) -c -o $@ $<
$(BUILD)/obj/%.o: %.c | $(GEN)/stamp
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANFLAGS) $(BASE) -c -o $@ $<
$(BUILD)/obj/gen/%.o: $(GEN)/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANFLAGS) $(BASE) -c -o $@ $<

ifeq ($(shell uname -m),x86_64)
$(BUILD)/pic/lineage/fingerprint_avx2.o $(BUILD)/obj/lineage/fingerprint_avx2.o: CFLAGS += -mavx2
endif
$(BUILD)/pic/lineage/fingerprint_%.o $(BUILD)/obj/lineage/fingerprint_%.o: CFLAGS += -O3

$(BUILD)/libblase.so: $(LIB_OBJECTS)
	$(CC) $(CFLAGS) $(PRELOADED_SANFLAGS) $(LDFLAGS) -shared -Wl,-soname,libblase.so -Wl,-z,defs -o $@ $^

# Libraries that blase replay loads are to find its xerbla.
$(BUILD)/blase: $(TOOL_OBJECTS)
	$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -Wl,--export-dynamic-symbol=xerbla_ -Wl,--export-dynamic-symbol=cblas_xerbla -o $@ $^ -lcjson -lm -lpthread -ldl

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

include mk/test.mk
include mk/check.mk
include mk/fuzz.mk
include mk/bench.mk

.PHONY: install
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(BUILD)/blase $(DESTDIR)$(PREFIX)/bin/blase
	install -m 755 $(BUILD)/libblase.so $(DESTDIR)$(PREFIX)/lib/libblase.so
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/

.PHONY: demo
demo: deps
	@$(MAKE) --no-print-directory all
	@/usr/bin/python3 bench/demo/demo.py --build $(BUILD)

# What `make demo` and `make test` need on Debian: installed when root, otherwise one command to run.
.PHONY: deps
deps:
	@sh mk/deps.sh

.PHONY: show-gen
show-gen:
	@$(PYTHON) lineage/ops/opgen/main.py --show $(R) $(TABLES)

.PHONY: clean
clean:
	rm -rf $(BUILD)

.PHONY: help
help:
	@echo 'make                   build/libblase.so and build/blase'
	@echo 'make demo              two programs, plain and under blase'
	@echo 'make test              everything that must hold (SANITIZE=address,undefined: unit tests; thread: and integration)'
	@echo 'make fuzz              mutated run logs through every reader (RUNS=1000000, SECONDS=60)'
	@echo 'make install PREFIX=…  both, and the manual pages'
	@echo 'make show-gen R=dgemm  what the op table generates for one routine'
	@echo 'make deps              the Debian packages all this needs: installed when root, else named'
	@echo 'make unit              one suite alone; also property, integration, conformance, conformance-full'
	@echo 'make bench             pipelines and micro-benchmarks (QUICK=1: minutes)'
	@echo 'make bench-solve       numpy.linalg.solve(A, b) for 100 b: A is factored once, or it fails'
	@echo 'make flat              resident memory over 10 million traced calls (CALLS=…)'
	@echo 'make bench-overhead    what blasé costs where nothing repeats (QUICK=1: twelve minutes)'
	@echo 'make check             layers, format, clang-tidy, cppcheck'
