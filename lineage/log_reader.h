/*
 * Reads a run log record by record. Trusts nothing in the file: lengths, counts and numbers are checked before use. The end is
 * the last whole record; `truncated` tells whether bytes were left behind it. One reader, one thread.
 */
#ifndef BLASE_LINEAGE_LOG_READER_H
#define BLASE_LINEAGE_LOG_READER_H

#include "lineage/log_format.h"

struct log_record {
    enum log_kind kind;
    struct reader payload;
};

struct log_reader {
    uint8_t *data; /* the whole file */
    size_t size;
    struct reader at;
    bool truncated;
};

/* False (errno set; EINVAL: not a log of a version we know) when the file cannot be read. */
bool log_open(struct log_reader *r, const char *path);
bool log_from_memory(struct log_reader *r, const void *data, size_t size);
bool log_next(struct log_reader *r, struct log_record *record);
void log_reader_close(struct log_reader *r);

/* Each decodes the payload of its kind; false if it is malformed (what was allocated is freed). Strings belong to the caller. */
bool log_decode_pairs(struct reader *r, void (*pair)(void *context, const char *key, const char *value), void *context);
bool log_decode_provider(struct reader *r, struct log_provider *p);
void log_provider_free(struct log_provider *p);
bool log_decode_op(struct reader *r, struct log_op *op);
void log_op_free(struct log_op *op);
bool log_decode_caller(struct reader *r, struct log_caller *c);
bool log_decode_signature(struct reader *r, struct log_signature *s);
bool log_decode_patch(struct reader *r, struct log_patch *p);
bool log_decode_turn(struct reader *r, struct log_turn *t); /* what differs stands behind it: lineage/patch.h */
bool log_decode_rounds(struct reader *r, struct log_rounds *c);
bool log_decode_lineage(struct reader *r, struct log_lineage *l);
bool log_decode_counters(struct reader *r, struct log_counters *c);
bool log_decode_governor(struct reader *r, struct log_governor *g);
bool log_decode_spill(struct reader *r, struct log_spill *s);
bool log_decode_passed(struct reader *r, struct log_passed *p);
bool log_decode_mismatch(struct reader *r, struct log_mismatch *m);

#endif
