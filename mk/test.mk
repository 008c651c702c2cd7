# make test: unit tests, then real programs, conformance and generated property tests. With SANITIZE=…, the unit tests alone, built
# with those sanitizers (the others preload an uninstrumented object into foreign programs); with thread the integration tests, too.

UNIT_SOURCES := $(wildcard tests/unit/*.c)
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(filter tests/unit/test_%.c,$(UNIT_SOURCES)))
UNIT_HELPERS := $(call object,obj,$(filter-out tests/unit/test_%.c,$(UNIT_SOURCES)))

# Criterion's sandbox cannot start under ThreadSanitizer: there, its face over plain fork.
ifneq ($(findstring thread,$(SANITIZE)),)
$(BUILD)/obj/tests/unit/%.o: CFLAGS += -Itests/unit/plain
else
CRITERION    := -lcriterion
endif

UNDER_TEST   := $(call object,obj,$(LINEAGE) $(REUSE) $(filter-out tools/blase.c,$(TOOLS))) $(BUILD)/obj/gen/ops.o $(BUILD)/obj/gen/entry_table.o

$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(UNIT_HELPERS) $(UNDER_TEST)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANFLAGS) -o $@ $^ $(CRITERION) -lcjson -lpthread -lm
.SECONDARY: $(UNIT_TESTS:$(BUILD)/tests/unit/%=$(BUILD)/obj/tests/unit/%.o)

.PHONY: edges test unit integration integration-thread conformance conformance-full property
ifdef SANITIZE
test: deps
	@$(MAKE) --no-print-directory unit SANITIZE=$(SANITIZE)
	$(if $(findstring thread,$(SANITIZE)),@$(MAKE) --no-print-directory integration-thread)
else
test: deps
	@$(MAKE) --no-print-directory -j2 all unit-build property-build
	@$(MAKE) --no-print-directory unit property integration conformance
endif

unit-build: $(UNIT_TESTS)

# The property program calls through the table's invokers; the libraries are found by name, so that LD_LIBRARY_PATH picks the
# provider. Its executable exports xerbla_, which reference BLAS then calls in place of its own.
PROPERTY_OBJECTS := $(call object,obj,$(wildcard tests/property/*.c) $(LINEAGE)) $(BUILD)/obj/gen/ops.o $(BUILD)/obj/gen/entry_table.o
$(BUILD)/tests/property/property: $(PROPERTY_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -rdynamic -o $@ $^ -Wl,--no-as-needed -llapacke -llapack -lblas -lm

# A library built from a table that is wrong on purpose: the property test must catch every record of it.
.PHONY: wrong-library property-build
wrong-library:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/wrong TABLES=tests/property/fixtures/wrong.tab $(BUILD)/wrong/libblase.so
property-build: $(BUILD)/tests/property/property
property: all property-build wrong-library
	/usr/bin/python3 tests/property/run_property.py --build $(BUILD)
	/usr/bin/python3 tests/property/run_property.py --build $(BUILD) --library $(BUILD)/wrong/libblase.so --expect-failure
unit: $(UNIT_TESTS)
	@failed=; for t in $(UNIT_TESTS); do echo "== $$t"; $$t || failed="$$failed $$t"; done; \
	    test -z "$$failed" || { echo "failed:$$failed"; exit 1; }

# Prints what a log says of where operands came from.
$(BUILD)/tests/edges: $(BUILD)/obj/tests/integration/edges.o $(call object,obj,$(LINEAGE)) $(BUILD)/obj/gen/ops.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANFLAGS) -o $@ $^ -lpthread
edges: $(BUILD)/tests/edges
integration: all edges
	/usr/bin/python3 tests/integration/run_tests.py --build $(BUILD) -j 2

# Resident memory over so many traced calls; `make integration` has fewer.
.PHONY: flat
flat: all
	FLAT_CALLS=$(or $(CALLS),10000000) /usr/bin/python3 tests/integration/run_tests.py --build $(BUILD) -k "memory: flat"

# libblase.so, the command and the C programs are built with ThreadSanitizer; providers and interpreters are not.
THREAD_BUILD := $(if $(findstring thread,$(SANITIZE)),$(BUILD),$(BUILD)/sanitize-thread)
integration-thread:
	@$(MAKE) --no-print-directory all edges SANITIZE=thread
	/usr/bin/python3 tests/integration/run_tests.py --build $(THREAD_BUILD) --thread-sanitizer -j 2
conformance: all
	/usr/bin/python3 tests/conformance/run_conformance.py --build $(BUILD)
conformance-full: all
	/usr/bin/python3 tests/conformance/run_conformance.py --build $(BUILD) --tier full
