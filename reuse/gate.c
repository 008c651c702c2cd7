#include "reuse/gate.h"

/* Rates in operations or bytes per nanosecond. BLAS-3 on a few cores; LAPACK's drivers reach a third of it; gemv lives off
 * memory. */
static const double BLAS3_FLOPS = 50, LAPACK_FLOPS = 12, GEMV_BYTES = 15;
static const double HASH_BYTES = 16, COPY_BYTES = 6, KEEP_BYTES = 2.5, FIXED_NS = 2000; /* what is kept goes to fresh pages */
static const double MARGIN = 4, MARGIN_GOVERNED = 1.25;

double gate_least_flops(const struct op *op, bool governed)
{
    return FIXED_NS * (governed ? MARGIN_GOVERNED : MARGIN) * (op->blas ? BLAS3_FLOPS : LAPACK_FLOPS);
}

/* Of a triangle half the elements count. */
static double region_bytes(const struct region *r, double element)
{
    if (r->part == PART_NONE)
        return 0;
    return (double)r->rows * (double)r->cols * element * (r->part == PART_FULL ? 1 : 0.5);
}

struct estimate gate_estimate(const struct canon *c, const struct use *use)
{
    double read = 0, written = 0;
    for (int k = 0; k < c->op->noperands; k++) {
        double element = (double)op_element_bytes(c, k);
        read += region_bytes(&use[k].read, element);
        written += region_bytes(&use[k].write, element);
    }
    double flops = op_flops(c);
    struct estimate e = {.call_ns = flops / (c->op->blas ? BLAS3_FLOPS : LAPACK_FLOPS),
                         .hit_ns = FIXED_NS + read / HASH_BYTES + written / COPY_BYTES,
                         .miss_ns = FIXED_NS + (2 * read + written) / HASH_BYTES + written / KEEP_BYTES,
                         .trace_ns = FIXED_NS + (read + written) / HASH_BYTES};
    bool reads_once = c->op->blas && flops < 8 * read / (double)op_own_bytes(c->op); /* matrix-vector work */
    if (reads_once)
        e.call_ns = read / GEMV_BYTES;
    return e;
}
