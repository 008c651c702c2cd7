/*
 * The run log's writer: one append-only file a process, made when the first record is written.
 *
 * A record is complete in the kernel, so readable after SIGKILL, at the latest once the calls behind the buffered records took
 * 500 µs (of what fold.h holds back later: see there); the cost of write(2) stays below 1 % of them. A full or failing disk ends
 * the log, never the program; one line says so. Not thread-safe: the lineage guard is held around every function but the
 * encoders.
 */
#ifndef BLASE_LINEAGE_LOG_WRITER_H
#define BLASE_LINEAGE_LOG_WRITER_H

#include "lineage/log_format.h"

struct log_writer;

/* A writer for DIRECTORY/NAME (made when needed, parents too). NULL: out of memory. */
struct log_writer *log_writer_new(const char *directory, const char *name);
void log_writer_free(struct log_writer *w); /* drops what is not written; NULL is fine */

/* Appends a record; `work_ns` is the time of the call it tells of. False once the log has failed. */
bool log_append(struct log_writer *w, enum log_kind kind, const struct bytes *payload, uint64_t work_ns);
void log_flush(struct log_writer *w);
void log_close(struct log_writer *w);

/* Frees without writing what is buffered: in a forked child, whose parent writes it. */
void log_abandon(struct log_writer *w);
bool log_failed(const struct log_writer *w);
uint64_t log_bytes(const struct log_writer *w);

/* mkdir -p; false with errno set. */
bool make_directories(const char *path);

void log_encode_pairs(struct bytes *b, const char *const pairs[][2], int count);
void log_encode_provider(struct bytes *b, const struct log_provider *p);
void log_encode_op(struct bytes *b, const struct op *op);
void log_encode_caller(struct bytes *b, uint64_t id, const char *object);
void log_encode_signature(struct bytes *b, const struct log_signature *s);
void log_encode_patch(struct bytes *b, const struct log_patch *p);
void log_encode_turn(struct bytes *b, const struct log_turn *t); /* what differs is the caller's to add */
void log_encode_lineage(struct bytes *b, const struct log_lineage *l);
void log_encode_counters(struct bytes *b, const struct log_counters *c);
void log_encode_governor(struct bytes *b, const struct log_governor *g);
void log_encode_spill(struct bytes *b, const struct log_spill *s);
void log_encode_passed(struct bytes *b, const struct log_passed *p);
void log_encode_mismatch(struct bytes *b, const struct log_mismatch *m);

#endif
