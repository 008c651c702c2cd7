/* The formats of `blase items`; each prints the whole run on stdout. */
#ifndef BLASE_TOOLS_ITEMS_H
#define BLASE_TOOLS_ITEMS_H

#include "tools/run_logs.h"

void items_text(struct run_logs *run);
void items_json(struct run_logs *run);
void items_dot(struct run_logs *run);

/* "dgemm(transa='T', m=400, alpha=1)" in text and dot. */
void items_print_call(const struct log_op *op, const struct log_item *item, const char *separator);

#endif
