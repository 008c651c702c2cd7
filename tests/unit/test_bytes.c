/* Byte buffers: what is put in comes out; what was cut or made up is refused. */
#include <stdlib.h>
#include <string.h>

#include "lineage/bytes.h"

#include <criterion/criterion.h>

static struct reader reader_of(const struct bytes *b)
{
    return (struct reader){b->data, b->data + b->size, false};
}

static const uint64_t numbers[] = {0,         1,          127,        128,        16383,      16384,      0x1fffff,
                                   0x200000,  0xffffffff, 1ull << 35, 1ull << 56, 1ull << 62, 1ull << 63, UINT64_MAX - 1,
                                   UINT64_MAX};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

Test(bytes, varint_round_trip)
{
    static const size_t sizes[] = {1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 9, 9, 10, 10, 10};
    for (int i = 0; i < NUMBERS; i++) {
        struct bytes b = {0};
        put_varint(&b, numbers[i]);
        struct reader r = reader_of(&b);
        cr_expect_eq(b.size, sizes[i], "%lx takes %zu bytes", (unsigned long)numbers[i], b.size);
        cr_expect_eq(get_varint(&r), numbers[i]);
        cr_expect(!r.failed && r.at == r.end);
        bytes_free(&b);
    }
}

Test(bytes, varint_is_leb128)
{
    static const uint8_t want[] = {0xe5, 0x8e, 0x26};
    struct bytes b = {0};
    put_varint(&b, 624485);
    cr_assert_eq(b.size, 3);
    cr_expect_arr_eq(b.data, want, 3);
    bytes_free(&b);
}

Test(bytes, zigzag_round_trip)
{
    static const int64_t values[] = {0, -1, 1, -2, 63, -64, 64, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, INT64_MIN + 1};
    struct bytes b = {0};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        put_zigzag(&b, values[i]);
    cr_expect(b.data[0] == 0 && b.data[1] == 1 && b.data[2] == 2 && b.data[3] == 3 && b.data[4] == 126 && b.data[5] == 127);
    struct reader r = reader_of(&b);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        cr_expect_eq(get_zigzag(&r), values[i]);
    cr_expect(!r.failed && r.at == r.end);
    bytes_free(&b);
}

Test(bytes, strings_round_trip)
{
    char *lengthy = malloc(100001);
    memset(lengthy, 'x', 100000);
    lengthy[100000] = 0;
    const char *texts[] = {"", "a", "h\xc3\xa9", lengthy};
    struct bytes b = {0};
    for (int i = 0; i < 4; i++)
        put_string(&b, texts[i]);
    struct reader r = reader_of(&b);
    for (int i = 0; i < 4; i++) {
        char *got = get_string(&r);
        cr_assert_not_null(got);
        cr_expect_eq(strcmp(got, texts[i]), 0);
        free(got);
    }
    cr_expect(!r.failed && r.at == r.end);
    bytes_free(&b);
    free(lengthy);
}

Test(bytes, raw_round_trip)
{
    struct bytes b = {0};
    char data[5000], got[5000] = {0};
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 31);
    put_raw(&b, data, 1);
    put_raw(&b, data + 1, sizeof data - 1);
    put_raw(&b, NULL, 0);
    cr_assert_eq(b.size, sizeof data);
    struct reader r = reader_of(&b);
    get_raw(&r, got, sizeof got);
    cr_expect_arr_eq(got, data, sizeof data);
    bytes_free(&b);
    cr_expect(b.data == NULL && b.size == 0 && b.capacity == 0);
}

/* Each prefix lives in a block of its own length, so that a sanitizer sees a read past it. */
Test(bytes, truncated_at_every_byte)
{
    struct bytes b = {0};
    put_varint(&b, UINT64_MAX);
    put_string(&b, "key");
    put_zigzag(&b, -300);
    put_raw(&b, "0123456789abcdef", 16);
    for (size_t length = 0; length <= b.size; length++) {
        uint8_t *part = malloc(length ? length : 1);
        char raw[16];
        memcpy(part, b.data, length);
        struct reader r = {part, part + length, false};
        get_varint(&r);
        char *text = get_string(&r);
        get_zigzag(&r);
        get_raw(&r, raw, sizeof raw);
        cr_expect_eq(r.failed, length < b.size, "length %zu", length);
        cr_expect(r.at <= r.end);
        free(text);
        free(part);
    }
    bytes_free(&b);
}

Test(bytes, a_failed_reader_yields_zeros)
{
    uint8_t data[4] = {0x80, 0x80, 0x05, 0x05};
    char raw[4] = "full";
    struct reader r = {data, data + 2, false};
    cr_expect_eq(get_varint(&r), 0);
    cr_expect(r.failed);
    r.end = data + 4; /* nothing is read any more, though there is something */
    cr_expect_eq(get_varint(&r), 0);
    cr_expect_eq(get_zigzag(&r), 0);
    cr_expect_null(get_string(&r));
    get_raw(&r, raw, 4);
    cr_expect_arr_eq(raw, "\0\0\0\0", 4);
}

Test(bytes, varints_that_never_end)
{
    uint8_t data[12];
    memset(data, 0xff, sizeof data);
    struct reader r = {data, data + 12, false};
    cr_expect_eq(get_varint(&r), 0);
    cr_expect(r.failed && r.at <= r.end);
}

Test(bytes, lengths_that_lie)
{
    static const uint64_t lengths[] = {5, 1000, 1ull << 31, 1ull << 32, 1ull << 63, UINT64_MAX};
    for (size_t i = 0; i < 6; i++) {
        struct bytes b = {0};
        put_varint(&b, lengths[i]);
        put_raw(&b, "four", 4);
        struct reader r = reader_of(&b);
        cr_expect_null(get_string(&r), "length %lu", (unsigned long)lengths[i]);
        cr_expect(r.failed);
        bytes_free(&b);
    }
    char out[8];
    struct reader r = {(const uint8_t *)"four", (const uint8_t *)"four", false};
    get_raw(&r, out, 1);
    cr_expect(r.failed);
}

Test(bytes, cleared_and_failed_buffers)
{
    struct bytes b = {0};
    put_string(&b, "text");
    size_t capacity = b.capacity;
    bytes_clear(&b);
    cr_expect(b.size == 0 && b.capacity == capacity, "the memory is kept");
    b.failed = true;
    put_string(&b, "ignored");
    put_varint(&b, 5);
    put_raw(&b, "x", 1);
    cr_expect(b.size == 0 && b.failed);
    bytes_clear(&b);
    put_varint(&b, 5);
    cr_expect(b.size == 1 && !b.failed);
    bytes_free(&b);
}
