#include "lineage/bytes.h"

#include <stdlib.h>
#include <string.h>

void bytes_free(struct bytes *b)
{
    free(b->data);
    memset(b, 0, sizeof *b);
}

void bytes_clear(struct bytes *b)
{
    b->size = 0;
    b->failed = false;
}

static bool reserve(struct bytes *b, size_t more)
{
    if (b->failed)
        return false;
    if (b->capacity - b->size >= more)
        return true;
    if (more > SIZE_MAX / 4) {
        b->failed = true;
        return false;
    }
    size_t capacity = b->capacity ? b->capacity : 256;
    while (capacity - b->size < more)
        capacity *= 2;
    uint8_t *data = realloc(b->data, capacity);
    if (!data) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->capacity = capacity;
    return true;
}

void bytes_reserve(struct bytes *b, size_t more)
{
    reserve(b, more);
}

void put_raw(struct bytes *b, const void *data, size_t size)
{
    if (size == 0 || !reserve(b, size))
        return;
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

void put_varint(struct bytes *b, uint64_t value)
{
    if (!reserve(b, 10))
        return;
    uint8_t *out = b->data + b->size;
    while (value > 0x7f) {
        *out++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *out++ = (uint8_t)value;
    b->size = (size_t)(out - b->data);
}

void put_zigzag(struct bytes *b, int64_t value)
{
    put_varint(b, ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

void put_string(struct bytes *b, const char *text)
{
    size_t size = strlen(text);
    put_varint(b, size);
    put_raw(b, text, size);
}

uint64_t get_varint(struct reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (r->failed || r->at == r->end)
            break;
        uint8_t byte = *r->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    r->failed = true;
    return 0;
}

int64_t get_zigzag(struct reader *r)
{
    uint64_t value = get_varint(r);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

void get_raw(struct reader *r, void *out, size_t size)
{
    if (r->failed || (size_t)(r->end - r->at) < size) {
        r->failed = true;
        memset(out, 0, size);
        return;
    }
    memcpy(out, r->at, size);
    r->at += size;
}

char *get_string(struct reader *r)
{
    uint64_t size = get_varint(r);
    if (r->failed || (uint64_t)(r->end - r->at) < size) {
        r->failed = true;
        return NULL;
    }
    char *text = malloc(size + 1);
    if (!text) {
        r->failed = true;
        return NULL;
    }
    memcpy(text, r->at, size);
    text[size] = 0;
    r->at += size;
    return text;
}
