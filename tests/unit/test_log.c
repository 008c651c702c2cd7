/* The run log: every record comes back as it went in, and no file, however cut or mangled, does harm. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lineage/log_reader.h"
#include "lineage/log_writer.h"
#include "tests/unit/scratch.h"

TestSuite(log, .init = scratch_make, .fini = scratch_remove);

/* Samples: every field another value, small and large. */
static struct log_signature sample_signature(void)
{
    struct log_signature s;
    memset(&s, 0, sizeof s);
    s.id = 1ull << 40;
    s.op = 7;
    s.caller = 3;
    s.offset = UINT64_MAX;
    s.provider = 1;
    s.flags = 15;
    s.nvalues = 4;
    s.values[0] = (struct log_value){.arg = 0, .kind = ARG_OPTION, .i = 'N'};
    s.values[1] = (struct log_value){.arg = 3, .kind = ARG_INT, .i = INT64_MIN};
    s.values[2] = (struct log_value){.arg = 5, .kind = ARG_SCALAR};
    s.values[3] = (struct log_value){.arg = 6, .kind = ARG_LD, .i = 12};
    s.ninputs = 2;
    s.inputs[0] = (struct log_signature_input){1, PART_FULL, 'd', -1, INT64_MAX};
    s.inputs[1] = (struct log_signature_input){6, PART_LOWER, 'z', 4, 5};
    s.noutputs = 1;
    s.outputs[0] = (struct log_signature_output){2, PART_UPPER};
    return s;
}

static struct log_signature fullest_signature(void)
{
    struct log_signature s = sample_signature();
    s.nvalues = OP_MAX_ARGS;
    s.ninputs = s.noutputs = OP_MAX_OPERANDS;
    for (uint64_t i = 0; i < OP_MAX_ARGS; i++)
        s.values[i] = (struct log_value){.arg = i, .kind = ARG_LD, .i = -(int64_t)i};
    return s;
}

static struct log_op_count counts[] = {{1, 2, 3}, {70, UINT64_MAX, 0}, {5, 1ull << 40, 1}};
static const struct log_counters sample_counters = {1, 1ull << 50, 3, 4, 5, 6, 7, 8, UINT64_MAX, 3, counts};
static const struct log_passed sample_passed = {{1, UINT64_MAX, 1ull << 40, 0, 77, 5}};
static const struct log_provider sample_provider = {3, "/lib/libopenblas.so.0", "0.3.21", "", "ab12", 2, 64};
static const struct log_turn sample_turn = {1, 2, 3, UINT64_MAX, 5, 1ull << 63, {1, UINT64_MAX}};
static const struct log_lineage sample_lineage = {1, 2, 3, 1ull << 60, 5, 6, 7, UINT64_MAX};
static const char *const sample_pairs[][2] = {{"argv", "python3 x.py"}, {"", ""}, {"host", "h\xc3\xb6st"}};

static void encode(struct bytes *b, enum log_kind kind)
{
    struct log_signature signature = sample_signature();
    switch (kind) {
    case LOG_PROVIDER:
        log_encode_provider(b, &sample_provider);
        break;
    case LOG_OP:
        log_encode_op(b, op_find("zgemm"));
        break;
    case LOG_CALLER:
        log_encode_caller(b, 4, "/usr/bin/R");
        break;
    case LOG_SIGNATURE:
        log_encode_signature(b, &signature);
        break;
    case LOG_PATCH:
        log_encode_patch(b, &(struct log_patch){UINT64_MAX, 5, 40});
        break;
    case LOG_TURN:
        log_encode_turn(b, &sample_turn);
        break;
    case LOG_LINEAGE:
        log_encode_lineage(b, &sample_lineage);
        break;
    case LOG_COUNTERS:
        log_encode_counters(b, &sample_counters);
        break;
    case LOG_GOVERNOR:
        log_encode_governor(b, &(struct log_governor){1, 2, UINT64_MAX, 4, 1ull << 33, 6, 7, 8});
        break;
    case LOG_PASSED:
        log_encode_passed(b, &sample_passed);
        break;
    case LOG_MISMATCH:
        log_encode_mismatch(b, &(struct log_mismatch){7, UINT64_MAX, 300});
        break;
    case LOG_HEADER:
    case LOG_NOTE:
    case LOG_EXIT:
        log_encode_pairs(b, sample_pairs, 3);
        break;
    default:
        break;
    }
}

static void count_pair(void *context, const char *key, const char *value)
{
    int *n = context;
    if (*n < 3)
        cr_expect(strcmp(key, sample_pairs[*n][0]) == 0 && strcmp(value, sample_pairs[*n][1]) == 0, "pair %d: %s = %s", *n, key,
                  value);
    ++*n;
}

static void use_pair(void *context, const char *key, const char *value)
{
    *(size_t *)context += strlen(key) + strlen(value);
}

static volatile size_t looked_at;

/* Decodes any record and frees what came of it, looking at all of it on the way. */
static bool decode(enum log_kind kind, struct reader *r)
{
    size_t sum = 0;
    bool good = true;
    struct log_provider provider;
    struct log_op op;
    struct log_caller caller;
    struct log_signature signature;
    struct log_patch patch;
    struct log_turn turn;
    struct log_lineage lineage;
    struct log_counters counters;
    struct log_mismatch mismatch;
    struct log_governor governor;
    struct log_passed passed;
    switch (kind) {
    case LOG_PROVIDER:
        if ((good = log_decode_provider(r, &provider)))
            sum += strlen(provider.path) + strlen(provider.version) + strlen(provider.core) + strlen(provider.build_id);
        if (good)
            log_provider_free(&provider);
        break;
    case LOG_OP:
        if ((good = log_decode_op(r, &op))) {
            cr_expect(op.nargs <= OP_MAX_ARGS && op.noperands <= OP_MAX_OPERANDS);
            sum += strlen(op.name);
            for (uint64_t i = 0; i < op.nargs; i++)
                sum += strlen(op.args[i].name);
            for (uint64_t i = 0; i < op.noperands; i++)
                sum += strlen(op.operands[i]);
            log_op_free(&op);
        }
        break;
    case LOG_CALLER:
        if ((good = log_decode_caller(r, &caller))) {
            sum += strlen(caller.object);
            free(caller.object);
        }
        break;
    case LOG_SIGNATURE:
        if ((good = log_decode_signature(r, &signature)))
            cr_expect(signature.nvalues <= OP_MAX_ARGS && signature.ninputs <= OP_MAX_OPERANDS &&
                      signature.noutputs <= OP_MAX_OPERANDS);
        break;
    case LOG_PATCH:
        good = log_decode_patch(r, &patch);
        break;
    case LOG_TURN:
        good = log_decode_turn(r, &turn);
        break;
    case LOG_LINEAGE:
        good = log_decode_lineage(r, &lineage);
        break;
    case LOG_COUNTERS:
        if ((good = log_decode_counters(r, &counters))) {
            for (uint64_t i = 0; i < counters.nops; i++)
                sum += counters.ops[i].op;
            free(counters.ops);
        }
        break;
    case LOG_GOVERNOR:
        good = log_decode_governor(r, &governor);
        break;
    case LOG_PASSED:
        good = log_decode_passed(r, &passed);
        break;
    case LOG_MISMATCH:
        good = log_decode_mismatch(r, &mismatch);
        break;
    case LOG_HEADER:
    case LOG_NOTE:
    case LOG_EXIT:
        good = log_decode_pairs(r, use_pair, &sum);
        break;
    default:
        break;
    }
    cr_expect(r->at <= r->end);
    looked_at = sum;
    return good;
}

#define PAYLOAD(b, r) struct reader r = {(b).data, (b).data + (b).size, false}

Test(log, signatures_round_trip)
{
    struct log_signature wants[] = {sample_signature(), fullest_signature()}, got;
    for (int i = 0; i < 2; i++) {
        struct bytes b = {0};
        log_encode_signature(&b, &wants[i]);
        PAYLOAD(b, r);
        memset(&got, 0xEE, sizeof got);
        cr_assert(log_decode_signature(&r, &got));
        cr_expect_eq(r.at, r.end);
        cr_expect_eq(memcmp(&got, &wants[i], sizeof got), 0, "signature %d came back otherwise", i);
        bytes_free(&b);
    }
}

/* A later version may know more reasons: those are skipped; an older one fewer: those are 0. */
Test(log, passed_calls_round_trip)
{
    struct log_passed got;
    struct bytes b = {0};
    log_encode_passed(&b, &sample_passed);
    PAYLOAD(b, r);
    cr_assert(log_decode_passed(&r, &got));
    cr_expect_eq(r.at, r.end);
    cr_expect_eq(memcmp(&got, &sample_passed, sizeof got), 0);
    bytes_clear(&b);
    put_varint(&b, PASSED_REASONS + 1);
    for (uint64_t i = 0; i <= PASSED_REASONS; i++)
        put_varint(&b, 10 + i);
    PAYLOAD(b, more);
    cr_assert(log_decode_passed(&more, &got));
    cr_expect_eq(more.at, more.end);
    cr_expect_eq(got.calls[PASSED_REASONS - 1], 10 + PASSED_REASONS - 1);
    bytes_clear(&b);
    put_varint(&b, 1);
    put_varint(&b, 5);
    PAYLOAD(b, fewer);
    cr_assert(log_decode_passed(&fewer, &got));
    cr_expect(got.calls[0] == 5 && got.calls[1] == 0);
    bytes_free(&b);
}

Test(log, ops_round_trip)
{
    for (int i = 0; i < op_count; i++) {
        const struct op *op = &op_table[i];
        struct bytes b = {0};
        struct log_op got;
        log_encode_op(&b, op);
        PAYLOAD(b, r);
        cr_assert(log_decode_op(&r, &got), "%s", op->name);
        cr_expect(r.at == r.end && got.id == (uint64_t)i && strcmp(got.name, op->name) == 0);
        cr_assert(got.nargs == op->nargs && got.noperands == op->noperands);
        for (int a = 0; a < op->nargs; a++)
            cr_expect(strcmp(got.args[a].name, op->args[a].name) == 0 && got.args[a].kind == op->args[a].kind);
        for (int k = 0; k < op->noperands; k++)
            cr_expect_str_eq(got.operands[k], op->operands[k].name);
        log_op_free(&got);
        bytes_free(&b);
    }
}

Test(log, small_records_round_trip)
{
    struct bytes b = {0};
    for (int kind = 0; kind <= LOG_LINEAGE; kind++) {
        bytes_clear(&b);
        encode(&b, (enum log_kind)kind);
        PAYLOAD(b, r);
        if (kind == LOG_PROVIDER) {
            struct log_provider p;
            cr_assert(log_decode_provider(&r, &p));
            cr_expect(p.id == 3 && p.threads == 2 && p.integer_bits == 64 && !strcmp(p.path, sample_provider.path) &&
                      !strcmp(p.core, "") && !strcmp(p.version, "0.3.21") && !strcmp(p.build_id, "ab12"));
            log_provider_free(&p);
            cr_expect_null(p.path);
        } else if (kind == LOG_CALLER) {
            struct log_caller c;
            cr_assert(log_decode_caller(&r, &c));
            cr_expect(c.id == 4 && !strcmp(c.object, "/usr/bin/R"));
            free(c.object);
        } else if (kind == LOG_PATCH) {
            struct log_patch p;
            cr_assert(log_decode_patch(&r, &p));
            cr_expect(p.id == UINT64_MAX && p.thread == 5 && p.length == 40);
        } else if (kind == LOG_TURN) {
            struct log_turn t;
            cr_assert(log_decode_turn(&r, &t));
            cr_expect_eq(memcmp(&t, &sample_turn, sizeof t), 0);
        } else if (kind == LOG_LINEAGE) {
            struct log_lineage l;
            cr_assert(log_decode_lineage(&r, &l));
            cr_expect_eq(memcmp(&l, &sample_lineage, sizeof l), 0);
        } else if (kind == LOG_MISMATCH) {
            struct log_mismatch m;
            cr_assert(log_decode_mismatch(&r, &m));
            cr_expect(m.item == 7 && m.operand == UINT64_MAX && m.offset == 300);
        } else if (kind == LOG_HEADER) {
            int n = 0;
            cr_assert(log_decode_pairs(&r, count_pair, &n));
            cr_expect_eq(n, 3);
        } else {
            continue;
        }
        cr_expect_eq(r.at, r.end, "kind %d", kind);
    }
    bytes_free(&b);
}

Test(log, spill_round_trip)
{
    const struct log_spill sample = {1ull << 40, 1ull << 39, 3, 4, 5, 1ull << 38, 7, 8, UINT64_MAX};
    struct log_spill got;
    struct bytes b = {0};
    log_encode_spill(&b, &sample);
    PAYLOAD(b, r);
    cr_assert(log_decode_spill(&r, &got));
    cr_expect_eq(r.at, r.end);
    cr_expect_eq(memcmp(&got, &sample, sizeof got), 0);
    for (size_t size = 0; size < b.size; size++) {
        struct reader cut = {b.data, b.data + size, false};
        cr_expect_not(log_decode_spill(&cut, &got), "cut to %zu bytes", size);
    }
    bytes_free(&b);
}

Test(log, counters_round_trip)
{
    struct bytes b = {0};
    struct log_counters got;
    log_encode_counters(&b, &sample_counters);
    PAYLOAD(b, r);
    cr_assert(log_decode_counters(&r, &got));
    cr_expect_eq(r.at, r.end);
    cr_assert_eq(got.nops, 3);
    cr_expect_eq(memcmp(got.ops, counts, sizeof counts), 0);
    free(got.ops);
    got.ops = counts;
    cr_expect_eq(memcmp(&got, &sample_counters, sizeof got), 0);
    bytes_free(&b);
}

/* Each prefix of a payload is refused; bytes behind it, which a later version may add, are not looked at. */
Test(log, payloads_cut_or_extended)
{
    for (int kind = LOG_HEADER; kind <= LOG_LINEAGE; kind++) {
        struct bytes b = {0};
        encode(&b, (enum log_kind)kind);
        for (size_t length = 0; length < b.size; length++) {
            uint8_t *part = malloc(length ? length : 1);
            memcpy(part, b.data, length);
            struct reader r = {part, part + length, false};
            cr_expect_not(decode((enum log_kind)kind, &r), "kind %d, %zu of %zu bytes", kind, length, b.size);
            free(part);
        }
        put_raw(&b, "new field", 9);
        PAYLOAD(b, r);
        cr_expect(decode((enum log_kind)kind, &r), "kind %d with bytes behind it", kind);
        bytes_free(&b);
    }
}

/* A whole log with every kind, an unknown one and an empty one; ends[] are the offsets behind each record. */
static size_t write_log(const char *name, long *ends)
{
    size_t records = 0;
    struct log_writer *w = log_writer_new(directory, name);
    struct bytes b = {0};
    for (int kind = LOG_HEADER; kind <= LOG_LINEAGE + 2; kind++) {
        bytes_clear(&b);
        encode(&b, (enum log_kind)kind);
        if (kind > LOG_LINEAGE)
            put_raw(&b, "from a later version", 20);
        cr_assert(log_append(w, (enum log_kind)(kind > LOG_LINEAGE ? kind * 1000 : kind), &b, 0));
        ends[records++] = (long)log_bytes(w);
    }
    log_close(w);
    bytes_free(&b);
    return records;
}

static uint8_t *slurp(const char *name, size_t *size)
{
    *size = (size_t)size_of(name);
    uint8_t *data = malloc(*size);
    FILE *file = fopen(path_of(name), "rb");
    cr_assert(file && fread(data, 1, *size, file) == *size);
    fclose(file);
    return data;
}

Test(log, files_round_trip)
{
    long ends[32];
    size_t records = write_log("run.blog", ends), seen = 0;
    cr_expect_eq(size_of("run.blog"), ends[records - 1]);
    struct log_reader r;
    struct log_record record;
    cr_assert(log_open(&r, path_of("run.blog")));
    cr_expect_eq(memcmp(r.data, LOG_MAGIC, LOG_MAGIC_SIZE), 0);
    for (; log_next(&r, &record); seen++) {
        size_t want = seen < LOG_LINEAGE ? seen + 1 : (seen + 1) * 1000;
        cr_expect_eq((size_t)record.kind, want);
        struct bytes b = {0};
        encode(&b, record.kind);
        size_t size = (size_t)(record.payload.end - record.payload.at);
        cr_expect(want >= 1000 ? size == 20 : size == b.size && (!size || memcmp(record.payload.at, b.data, size) == 0),
                  "record %zu", seen);
        cr_expect(decode(record.kind, &record.payload));
        bytes_free(&b);
    }
    cr_expect_eq(seen, records);
    cr_expect_not(r.truncated);
    log_reader_close(&r);
}

Test(log, truncated_at_every_byte)
{
    long ends[32];
    size_t size, records = write_log("run.blog", ends);
    uint8_t *data = slurp("run.blog", &size);
    for (size_t length = 0; length <= size; length++) {
        struct log_reader r;
        struct log_record record;
        uint8_t *part = malloc(length ? length : 1);
        memcpy(part, data, length);
        bool opened = log_from_memory(&r, part, length);
        free(part);
        cr_expect_eq(opened, length >= LOG_MAGIC_SIZE);
        if (!opened)
            continue;
        size_t want = 0, got = 0;
        bool whole = length == LOG_MAGIC_SIZE;
        for (; want < records && ends[want] <= (long)length; want++)
            whole = whole || ends[want] == (long)length;
        for (; log_next(&r, &record); got++)
            cr_expect(decode(record.kind, &record.payload));
        cr_expect_eq(got, want, "%zu records of %zu bytes, %zu expected", got, length, want);
        cr_expect_eq(r.truncated, !whole, "%zu bytes", length);
        cr_expect_not(log_next(&r, &record), "the end stays the end");
        log_reader_close(&r);
    }
    free(data);
}

static uint64_t state = 88172645463325252u;
static uint64_t chance(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static void mutate(uint8_t *data, size_t size)
{
    for (uint64_t n = 1 + chance() % 4; n; n--) {
        size_t at = LOG_MAGIC_SIZE + chance() % (size - LOG_MAGIC_SIZE),
               other = LOG_MAGIC_SIZE + chance() % (size - LOG_MAGIC_SIZE);
        switch (chance() % 5) {
        case 0:
            data[at] ^= (uint8_t)(1u << chance() % 8);
            break;
        case 1:
            data[at] = (uint8_t)chance();
            break;
        case 2: /* a huge varint */
            memset(data + at, 0xff, size - at < 9 ? size - at : 9);
            break;
        case 3:
            data[at] = data[other];
            break;
        default:
            memmove(data + at, data + other, size - (at > other ? at : other));
        }
    }
}

Test(log, mutations)
{
    long ends[32];
    size_t size, decoded = 0, refused = 0;
    write_log("run.blog", ends);
    uint8_t *data = slurp("run.blog", &size), *copy = malloc(size);
    for (int i = 0; i < 8000; i++) {
        struct log_reader r;
        struct log_record record;
        memcpy(copy, data, size);
        mutate(copy, size);
        cr_assert(log_from_memory(&r, copy, size));
        while (log_next(&r, &record)) {
            cr_expect(record.payload.at <= record.payload.end && record.payload.end <= r.data + r.size);
            if (decode(record.kind, &record.payload))
                decoded++;
            else
                refused++;
        }
        log_reader_close(&r);
    }
    cr_expect(decoded > 10000 && refused > 500, "%zu decoded, %zu refused: the mutations reach too little", decoded, refused);
    free(data);
    free(copy);
}

/* A huge count in a small payload must not make a huge allocation. */
Test(log, counts_that_lie)
{
    static const int before[][2] = {{LOG_HEADER, 0}, {LOG_COUNTERS, 9}};
    for (size_t i = 0; i < 2; i++)
        for (uint64_t count = 1000; count >= 1000; count = count << 7 | 1) {
            struct bytes b = {0};
            for (int k = 0; k < before[i][1]; k++)
                put_varint(&b, 1);
            put_varint(&b, count);
            put_raw(&b, "abcdefgh", 8);
            PAYLOAD(b, r);
            cr_expect_not(decode((enum log_kind)before[i][0], &r), "a count of %lu", (unsigned long)count);
            bytes_free(&b);
            if (count > UINT64_MAX >> 8)
                break;
        }
}

Test(log, files_that_are_none)
{
    struct log_reader r;
    cr_expect_not(log_open(&r, path_of("missing")));
    cr_expect_eq(errno, ENOENT);
    cr_expect_not(log_open(&r, directory));
    static const char *const contents[] = {"", "blaselo", "blaselog\x01", "Blaselog\x02", "#!/bin/sh and more"};
    for (size_t i = 0; i < 5; i++) {
        FILE *file = fopen(path_of("other"), "w");
        fwrite(contents[i], 1, strlen(contents[i]), file);
        fclose(file);
        errno = 0;
        cr_expect_not(log_open(&r, path_of("other")), "'%s'", contents[i]);
        cr_expect_eq(errno, EINVAL, "'%s'", contents[i]);
    }
}
