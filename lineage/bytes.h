/*
 * Byte buffers of the run log: LEB128 varints, zigzag integers, strings with a length in front. A writer that runs out of memory
 * turns `failed` on and ignores what follows; a reader that runs off the end does the same and yields zeros, so callers check
 * once, at the end.
 */
#ifndef BLASE_LINEAGE_BYTES_H
#define BLASE_LINEAGE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t size, capacity;
    bool failed;
};

/* Makes room for `more` bytes beforehand. */
void bytes_reserve(struct bytes *b, size_t more);
void bytes_free(struct bytes *b);
void bytes_clear(struct bytes *b);
void put_raw(struct bytes *b, const void *data, size_t size);
void put_varint(struct bytes *b, uint64_t value);
void put_zigzag(struct bytes *b, int64_t value);
void put_string(struct bytes *b, const char *text);

struct reader {
    const uint8_t *at, *end;
    bool failed;
};

uint64_t get_varint(struct reader *r);
int64_t get_zigzag(struct reader *r);
void get_raw(struct reader *r, void *out, size_t size);

/* The string is copied into a NUL-terminated malloc'd buffer; NULL on failure. */
char *get_string(struct reader *r);

#endif
