# make bench: pipelines and micro-benchmarks, tables and plots, all in $(BUILD)/bench. QUICK=1 ends in minutes; without it LIMA's own
# sizes are run, which takes hours. bench-docs puts a run's page and plots under docs/; bench-check compares with the baseline.

BENCH_OUT  := $(BUILD)/bench
BENCH_SIZE := $(if $(QUICK),--quick,--paper)
BENCH_PYTHON := /usr/bin/python3

include bench/micro/micro.mk

.PHONY: bench bench-run bench-report bench-docs bench-tracing bench-check bench-baseline
bench: deps
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory bench-run
	@$(MAKE) --no-print-directory bench-micro
	@$(MAKE) --no-print-directory bench-report

bench-run: all
	$(BENCH_PYTHON) bench/run.py $(BENCH_SIZE) --build $(BUILD) --out $(BENCH_OUT)/run.json

bench-report:
	@$(BENCH_PYTHON) bench/micro/table_micro.py $(MICRO_OUT) > $(BENCH_OUT)/micro.md
	@$(BENCH_PYTHON) bench/plots.py $(BENCH_OUT)/run.json --out $(BENCH_OUT)/plots
	@$(BENCH_PYTHON) bench/report.py $(BENCH_OUT)/run.json --micro $(BENCH_OUT)/micro.md --out $(BENCH_OUT)/benchmarks.md
	@echo 'page: $(BENCH_OUT)/benchmarks.md, plots: $(BENCH_OUT)/plots/'

# What `make bench` wrote last becomes the page in docs/; PAGE=benchmarks-... that of a run with other settings, named in its table.
PAGE ?= benchmarks
bench-docs:
	$(BENCH_PYTHON) bench/report.py $(BENCH_OUT)/run.json --micro $(BENCH_OUT)/micro.md --plots $(PAGE) --out docs/$(PAGE).md
	mkdir -p docs/$(PAGE) && cp $(BENCH_OUT)/plots/*.svg docs/$(PAGE)/

# What tracing without reuse costs: two ratios a program and what was booked.
bench-tracing: all
	$(BENCH_PYTHON) bench/run.py --quick --levels none --levels-only --rounds 7 --build $(BUILD) --out $(BENCH_OUT)/tracing.json
	@$(BENCH_PYTHON) bench/report.py $(BENCH_OUT)/tracing.json --tracing

# numpy.linalg.solve for 100 right-hand sides, n = 2000: one factorisation, 20 times less time in LAPACK, or status 1.
.PHONY: bench-solve
bench-solve: all
	@$(BENCH_PYTHON) bench/solve/run_solve.py --build $(BUILD)

# The baseline is of the quick sizes.
bench-check: all
	$(BENCH_PYTHON) bench/run.py --quick --levels-only --rounds 3 --build $(BUILD) --out $(BENCH_OUT)/check.json
	$(BENCH_PYTHON) bench/check.py $(BENCH_OUT)/check.json --build $(BUILD)
bench-baseline:
	$(BENCH_PYTHON) bench/check.py $(BENCH_OUT)/run.json --update

# What blasé costs programs with nothing to reuse, and programs written to fool it. HPL comes with Debian's hpcc: installed when root.
.PHONY: bench-overhead
bench-overhead: all
	@sh mk/deps.sh hpcc
	@$(BENCH_PYTHON) bench/overhead/run_overhead.py $(if $(QUICK),--quick) --build $(BUILD) --out $(BENCH_OUT)/overhead.json; held=$$?; \
	    $(BENCH_PYTHON) bench/overhead/table_overhead.py $(BENCH_OUT)/overhead.json --out $(BENCH_OUT)/overhead.md && \
	    echo 'page: $(BENCH_OUT)/overhead.md' && exit $$held

# What it wrote last becomes the page in docs/.
.PHONY: bench-overhead-docs
bench-overhead-docs:
	$(BENCH_PYTHON) bench/overhead/table_overhead.py $(BENCH_OUT)/overhead.json --out docs/overhead.md
