#include "lineage/step.h"

#include <stddef.h>
#include <string.h>

void step_copy(struct step *to, const struct step *from)
{
    memcpy(to, from, offsetof(struct step, scalars));
    memcpy(to->scalars, from->scalars, from->nscalars * sizeof from->scalars[0]);
    memcpy(to->inputs, from->inputs, from->ninputs * sizeof from->inputs[0]);
    memcpy(to->outputs, from->outputs, from->noutputs * sizeof from->outputs[0]);
}

uint64_t step_next_leaf(const struct step *s)
{
    uint64_t leaf = s->leaves;
    for (int i = 0; i < s->ninputs; i++)
        leaf += s->inputs[i].kind == FLOW_NEW;
    return leaf;
}

static void put_fp(struct bytes *b, struct fp fp)
{
    put_raw(b, &fp.lo, sizeof fp.lo);
    put_raw(b, &fp.hi, sizeof fp.hi);
}

static struct fp get_fp(struct reader *r)
{
    struct fp fp;
    get_raw(r, &fp.lo, sizeof fp.lo);
    get_raw(r, &fp.hi, sizeof fp.hi);
    return fp;
}

/* What a step nearly never has is left out; a mask tells what is there. */
enum { HAS_OUTCOME = 1, HAS_UNKEPT = 2, HAS_SOURCE = 4, HAS_INFO = 8, HAS_NONFINITE = 16, HAS_KEPT_BYTES = 32 };

void put_status(struct bytes *b, const struct step *s)
{
    unsigned has = (s->outcome ? HAS_OUTCOME : 0u) | (s->unkept ? HAS_UNKEPT : 0u) | (s->source ? HAS_SOURCE : 0u) |
                   (s->info ? HAS_INFO : 0u) | (s->nonfinite_in || s->nonfinite_out ? HAS_NONFINITE : 0u) |
                   (s->kept_bytes ? HAS_KEPT_BYTES : 0u);
    put_varint(b, has);
    if (has & HAS_OUTCOME)
        put_varint(b, s->outcome);
    if (has & HAS_UNKEPT)
        put_varint(b, s->unkept);
    if (has & HAS_SOURCE)
        put_varint(b, s->source);
    if (has & HAS_INFO)
        put_zigzag(b, s->info);
    if (has & HAS_NONFINITE) {
        put_varint(b, s->nonfinite_in);
        put_varint(b, s->nonfinite_out);
    }
    if (has & HAS_KEPT_BYTES)
        put_varint(b, s->kept_bytes);
}

void get_status(struct reader *r, struct step *s)
{
    uint64_t has = get_varint(r);
    s->outcome = has & HAS_OUTCOME ? (uint8_t)get_varint(r) : 0;
    s->unkept = has & HAS_UNKEPT ? (uint8_t)get_varint(r) : 0;
    s->source = has & HAS_SOURCE ? get_varint(r) : 0;
    s->info = has & HAS_INFO ? get_zigzag(r) : 0;
    s->nonfinite_in = has & HAS_NONFINITE ? (uint16_t)get_varint(r) : 0;
    s->nonfinite_out = has & HAS_NONFINITE ? (uint16_t)get_varint(r) : 0;
    s->kept_bytes = has & HAS_KEPT_BYTES ? get_varint(r) : 0;
}

/* Without the zeros at its end. */
void put_scalars(struct bytes *b, const struct step *s)
{
    for (int i = 0; i < s->nscalars; i++) {
        uint64_t size = sizeof s->scalars[i];
        while (size && !s->scalars[i][size - 1])
            size--;
        put_varint(b, size);
        put_raw(b, s->scalars[i], size);
    }
}

void get_scalars(struct reader *r, struct step *s)
{
    memset(s->scalars, 0, sizeof s->scalars);
    for (int i = 0; i < s->nscalars; i++) {
        uint64_t size = get_varint(r);
        if (size > sizeof s->scalars[i])
            r->failed = true;
        else
            get_raw(r, s->scalars[i], size);
    }
}

/* A reference within the thread is told as a distance back from `at`, others as they are. */
static void put_ref(struct bytes *b, uint64_t ref, uint64_t at)
{
    if (step_thread(ref) == step_thread(at)) {
        put_zigzag(b, (int64_t)(at - ref));
    } else {
        put_zigzag(b, 0);
        put_varint(b, ref);
    }
}

/* Distance 0 is never a reference: an item does not read itself, nor a leaf that is yet to come. */
static uint64_t get_ref(struct reader *r, uint64_t at)
{
    int64_t distance = get_zigzag(r);
    return distance ? at - (uint64_t)distance : get_varint(r);
}

enum { TAG_KIND = 3, TAG_UNPROVEN = 4, TAG_OUTPUT = 8, TAG_SLICE = 16, TAG_REPLACES = 32 };

void put_flow(struct bytes *b, const struct flow *f, uint64_t id, uint64_t leaf)
{
    const bool sliced = f->slice.rows != 0;
    put_varint(b, f->kind | (f->unproven ? TAG_UNPROVEN : 0u) | (f->output ? TAG_OUTPUT : 0u) | (sliced ? TAG_SLICE : 0u) |
                      (unsigned)f->replaces * TAG_REPLACES);
    if (f->kind == FLOW_NEW)
        put_fp(b, f->fp);
    else
        put_ref(b, f->ref, f->kind == FLOW_ITEM ? id : leaf);
    if (f->output)
        put_varint(b, f->output);
    if (sliced) {
        put_zigzag(b, f->slice.row);
        put_zigzag(b, f->slice.col);
        put_zigzag(b, f->slice.rows);
        put_zigzag(b, f->slice.cols);
    }
    if (f->replaces) {
        put_ref(b, f->replaces_ref, f->replaces == 2 ? id : leaf);
        put_varint(b, f->replaces_output);
    }
}

void get_flow(struct reader *r, struct flow *f, uint64_t id, uint64_t leaf)
{
    uint64_t tag = get_varint(r);
    memset(f, 0, sizeof *f);
    f->kind = tag & TAG_KIND;
    f->unproven = (tag & TAG_UNPROVEN) != 0;
    f->replaces = (uint8_t)(tag / TAG_REPLACES & 3);
    if (f->kind > FLOW_NEW || tag >= 4 * TAG_REPLACES)
        r->failed = true;
    if (f->kind == FLOW_NEW)
        f->fp = get_fp(r);
    else
        f->ref = get_ref(r, f->kind == FLOW_ITEM ? id : leaf);
    if (tag & TAG_OUTPUT)
        f->output = (uint8_t)get_varint(r);
    if (tag & TAG_SLICE) {
        f->slice.row = get_zigzag(r);
        f->slice.col = get_zigzag(r);
        f->slice.rows = get_zigzag(r);
        f->slice.cols = get_zigzag(r);
    }
    if (f->replaces) {
        f->replaces_ref = get_ref(r, f->replaces == 2 ? id : leaf);
        f->replaces_output = (uint8_t)get_varint(r);
    }
}

void put_step(struct bytes *b, const struct step *s, uint64_t last_start)
{
    put_status(b, s);
    put_scalars(b, s);
    uint64_t leaf = s->leaves;
    for (int i = 0; i < s->ninputs; i++) {
        put_flow(b, &s->inputs[i], s->id, leaf);
        leaf += s->inputs[i].kind == FLOW_NEW;
    }
    for (int i = 0; i < s->noutputs; i++)
        put_fp(b, s->outputs[i]);
    put_zigzag(b, (int64_t)(s->start_ns - last_start));
    const uint64_t times[] = {s->times.call_ns, s->times.fingerprint_ns, s->times.fingerprint_bytes,
                              s->times.copy_ns, s->times.saved_ns,       s->times.trace_ns};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        put_varint(b, times[i]);
}

void get_step(struct reader *r, struct step *s, uint64_t last_start)
{
    get_status(r, s);
    get_scalars(r, s);
    uint64_t leaf = s->leaves;
    for (int i = 0; i < s->ninputs; i++) {
        get_flow(r, &s->inputs[i], s->id, leaf);
        leaf += s->inputs[i].kind == FLOW_NEW;
    }
    for (int i = 0; i < s->noutputs; i++)
        s->outputs[i] = get_fp(r);
    s->start_ns = last_start + (uint64_t)get_zigzag(r);
    uint64_t *const times[] = {&s->times.call_ns, &s->times.fingerprint_ns, &s->times.fingerprint_bytes,
                               &s->times.copy_ns, &s->times.saved_ns,       &s->times.trace_ns};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        *times[i] = get_varint(r);
}
