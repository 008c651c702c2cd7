# make check: layers, format, static analysis.

SOURCES := $(wildcard lineage/*.[ch] reuse/*.[ch] shim/*.[ch] tools/*.[ch] tests/unit/*.[ch] tests/property/*.[ch] tests/fuzz/*.[ch])
ANALYSED := $(LINEAGE) $(REUSE) $(SHIM) $(TOOLS)

.PHONY: check check-layers check-format format tidy cppcheck
check: check-layers check-format tidy cppcheck

check-layers:
	@$(PYTHON) mk/layers.py

format:
	clang-format -i $(SOURCES)
check-format:
	@clang-format --dry-run -Werror $(SOURCES) && echo 'format: clean'

tidy: $(GEN)/stamp
	@clang-tidy --quiet $(ANALYSED) -- -std=gnu11 -I. -I$(GEN) 2>/dev/null && echo 'clang-tidy: clean'

# returnDanglingLifetime: cppcheck takes our struct fp for a C++ class with a constructor that keeps a pointer.
cppcheck: $(GEN)/stamp
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	    --suppress=missingIncludeSystem --suppress=returnDanglingLifetime -I. -I$(GEN) $(ANALYSED) && echo 'cppcheck: clean'
