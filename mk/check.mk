# make check: layers, format, static analysis.

SOURCES := $(wildcard lineage/*.[ch] reuse/*.[ch] shim/*.[ch] tools/*.[ch] tests/unit/*.[ch] tests/property/*.[ch])
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
	@clang-tidy --quiet $(ANALYSED) -- -std=gnu11 -I. -I$(GEN) -D_GNU_SOURCE 2>/dev/null && echo 'clang-tidy: clean'

cppcheck: $(GEN)/stamp
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	    --suppress=missingIncludeSystem -I. -I$(GEN) $(ANALYSED) && echo 'cppcheck: clean'
