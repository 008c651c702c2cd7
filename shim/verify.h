/*
 * --verify: what a plan would serve is recomputed into scratch memory and compared, byte for byte, with what serving it would
 * have left: outputs, memory between and around them, status, flags. The program gets the recomputed result.
 */
#ifndef BLASE_SHIM_VERIFY_H
#define BLASE_SHIM_VERIFY_H

#include "shim/trace.h"

/* On a difference mismatch->item is non-zero and the rest says where; the caller puts the item's number in. */
void verify_plan(struct tracing *t, const struct plan *plan, struct log_mismatch *mismatch);

#endif
