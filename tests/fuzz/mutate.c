#include "tests/fuzz/mutate.h"

#include <stdlib.h>
#include <string.h>

#include "lineage/log_format.h"

enum { RECORDS = 4096, PAYLOAD = 1 << 16 };

/* Kind and length included. */
struct piece {
    size_t at, head, size;
};

static size_t find(const uint8_t *data, size_t size, struct piece *pieces)
{
    size_t count = 0;
    struct reader r = {data + LOG_MAGIC_SIZE, data + size, false};
    while (count < RECORDS && r.at < r.end) {
        const uint8_t *begins = r.at;
        get_varint(&r);
        uint64_t length = get_varint(&r);
        if (r.failed || length > (uint64_t)(r.end - r.at))
            break;
        pieces[count++] =
            (struct piece){(size_t)(begins - data), (size_t)(r.at - begins), (size_t)(r.at - begins) + (size_t)length};
        r.at += length;
    }
    return count;
}

/* Puts `with` where the piece stands; 0 if there is no room. */
static size_t replace(uint8_t *data, size_t size, size_t room, size_t at, size_t old, const uint8_t *with, size_t length)
{
    if (size - old + length > room)
        return 0;
    memmove(data + at + length, data + at + old, size - at - old);
    if (length)
        memcpy(data + at, with, length);
    return size - old + length;
}

/* A payload's bytes change, and its length with them. */
static size_t change_payload(uint8_t *data, size_t size, size_t room, const struct piece *p, mutate_bytes bytes)
{
    static uint8_t payload[PAYLOAD];
    struct bytes record = {0};
    size_t length = p->size - p->head;
    if (length > PAYLOAD / 2)
        return 0;
    memcpy(payload, data + p->at + p->head, length);
    length = bytes(payload, length, PAYLOAD);
    struct reader kind = {data + p->at, data + p->at + p->head, false};
    put_varint(&record, get_varint(&kind));
    put_varint(&record, length);
    put_raw(&record, payload, length);
    size_t result = record.failed ? 0 : replace(data, size, room, p->at, p->size, record.data, record.size);
    bytes_free(&record);
    return result;
}

static size_t copy_piece(uint8_t *data, size_t size, size_t room, const struct piece *p, size_t to)
{
    uint8_t *copy = malloc(p->size);
    if (!copy)
        return 0;
    memcpy(copy, data + p->at, p->size);
    size_t result = replace(data, size, room, to, 0, copy, p->size);
    free(copy);
    return result;
}

/* The first bytes of a payload are an id or a reference: another record's, so that records meet. */
static size_t borrow_id(uint8_t *data, size_t size, const struct piece *p, const struct piece *from)
{
    if (p->size == p->head || from->size == from->head)
        return 0;
    data[p->at + p->head] = data[from->at + from->head];
    return size;
}

size_t mutate_records(uint8_t *data, size_t size, size_t room, unsigned seed, mutate_bytes bytes)
{
    static struct piece pieces[RECORDS];
    if (size < LOG_MAGIC_SIZE || memcmp(data, LOG_MAGIC, LOG_MAGIC_SIZE) != 0)
        return 0;
    size_t count = find(data, size, pieces);
    if (!count)
        return 0;
    const struct piece *p = &pieces[seed / 16 % count], *other = &pieces[seed / 65536 % count];
    switch (seed % 16) {
    case 0:
        return 0;
    case 1:
        return replace(data, size, room, p->at, p->size, NULL, 0);
    case 2:
    case 3:
        return copy_piece(data, size, room, p, other->at);
    case 4: /* another kind */
        data[p->at] = (uint8_t)(seed / 65536 % 32);
        return size;
    case 5:
    case 6:
        return borrow_id(data, size, p, other);
    case 7: /* killed here */
        return p->at + seed / 65536 % p->size;
    default:
        return change_payload(data, size, room, p, bytes);
    }
}
