/*
 * The gate: is a call large enough that serving it could beat computing it?
 *
 * Compares the time the routine should take with the time to fingerprint what it reads and copy what it writes, at fixed rates
 * that hold within a factor of two on current machines (DESIGN 10); only calls with a clear margin pass, because a call that is
 * traced and never seen again pays the price for nothing. Pure function of the call.
 */
#ifndef BLASE_REUSE_GATE_H
#define BLASE_REUSE_GATE_H

#include "lineage/call.h"

/* Estimated nanoseconds: of the real call; of serving it; of tracing it beside the call and keeping its result. */
struct estimate {
    double call_ns, hit_ns, miss_ns;
};

struct estimate gate_estimate(const struct canon *c, const struct use *use);

/* True if the call is worth tracing where no governor watches the costs: only by a wide margin. */
bool gate_open(const struct estimate *estimate);

/* A bound below which no call of the routine passes, whatever its shapes: lets the dispatcher turn tiny calls away early. */
double gate_least_flops(const struct op *op, bool governed);

#endif
