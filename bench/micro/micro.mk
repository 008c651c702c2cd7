# Micro-benchmarks: `make bench-micro` (QUICK=1 for the short one) measures, prints the table and draws the plots.
# BENCH_BLAS: what the measured program links to.

BENCH_BLAS ?= -lopenblas
MICRO_BINARIES := $(addprefix $(BUILD)/bench/micro_,calls tiny hash grow loops)
MICRO_OUT      ?= $(BUILD)/bench/micro.json

$(BUILD)/bench/micro_calls: $(BUILD)/obj/bench/micro/calls.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ $(BENCH_BLAS)
$(BUILD)/bench/micro_loops: $(BUILD)/obj/bench/micro/loops.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ $(BENCH_BLAS)
$(BUILD)/bench/libmicro_nested.so: bench/micro/tiny_nested.c bench/micro/tiny.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(BASE) -fPIC -shared -o $@ $<
$(BUILD)/bench/micro_tiny: $(BUILD)/obj/bench/micro/tiny.o $(BUILD)/bench/libmicro_nested.so
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ $(BENCH_BLAS) -ldl '-Wl,-rpath,$$ORIGIN'
$(BUILD)/bench/micro_hash: $(BUILD)/obj/bench/micro/hash.o $(call object,obj,$(LINEAGE)) $(BUILD)/obj/gen/ops.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ -lm -lpthread
$(BUILD)/bench/micro_grow: $(BUILD)/obj/bench/micro/grow.o $(call object,obj,$(LINEAGE) $(REUSE)) $(BUILD)/obj/gen/ops.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ -lm -lpthread

.PHONY: bench-micro bench-micro-build
bench-micro-build: all $(MICRO_BINARIES)
bench-micro: bench-micro-build
	/usr/bin/python3 bench/micro/run_micro.py --build $(BUILD) --out $(MICRO_OUT) $(if $(QUICK),--quick)
	/usr/bin/python3 bench/micro/table_micro.py $(MICRO_OUT)
	/usr/bin/python3 bench/micro/plot_micro.py $(MICRO_OUT) --out $(BUILD)/bench/plots
