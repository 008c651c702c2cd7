#include "lineage/expand.h"

#include <stdlib.h>
#include <string.h>

struct expand {
    struct log_reader log; /* a position of its own in data that is not its own */
    char *note;
};

struct expand *expand_new(const struct log_reader *log, bool whole_loops)
{
    (void)whole_loops;
    struct expand *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->log = *log;
    if (log->data)
        x->log.at = (struct reader){log->data + LOG_MAGIC_SIZE, log->data + log->size, false};
    return x;
}

void expand_free(struct expand *x)
{
    if (!x)
        return;
    free(x->note);
    free(x);
}

static bool decode(struct expand *x, struct log_record *record, struct expand_event *e)
{
    switch (record->kind) {
    case LOG_LEAF:
        e->kind = EXPAND_LEAF;
        return log_decode_leaf(&record->payload, &e->leaf);
    case LOG_ITEM:
        e->kind = EXPAND_ITEM;
        return log_decode_item(&record->payload, &e->item);
    case LOG_MISMATCH:
        e->kind = EXPAND_MISMATCH;
        return log_decode_mismatch(&record->payload, &e->mismatch);
    case LOG_NOTE:
        e->kind = EXPAND_NOTE;
        e->note = x->note = get_string(&record->payload);
        return e->note != NULL;
    default:
        return false;
    }
}

bool expand_next(struct expand *x, struct expand_event *e)
{
    struct log_record record;
    free(x->note);
    x->note = NULL;
    e->in_loop = false;
    while (log_next(&x->log, &record))
        if (decode(x, &record, e))
            return true;
    return false;
}
