/*
 * The gate: what should a call take, and what its tracing?
 *
 * At fixed rates that hold within a factor of two on current machines (DESIGN 10): what governor and afford go by until they have
 * measured. Calls so small that tracing could never pay are turned away by their operations alone. Pure functions of the call.
 */
#ifndef BLASE_REUSE_GATE_H
#define BLASE_REUSE_GATE_H

#include "lineage/call.h"

/* Estimated nanoseconds: of the real call; of serving it; of tracing it beside the call and keeping its result; of tracing alone.
 */
struct estimate {
    double call_ns, hit_ns, miss_ns, trace_ns;
};

struct estimate gate_estimate(const struct canon *c, const struct use *use);

/* A bound below which no call of the routine passes, whatever its shapes: lets the dispatcher turn tiny calls away early. For
 * lineage alone it is higher. */
double gate_least_flops(const struct op *op, bool governed);

#endif
