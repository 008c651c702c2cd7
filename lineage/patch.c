#include "lineage/patch.h"

#include <stdlib.h>
#include <string.h>

enum { EXCEPT_STATUS = 1, EXCEPT_SCALARS = 2, EXCEPT_FLOWS = 4 };
enum { TAG_FLIPPED = 3 }; /* in place of a flow's tag: the other mode is right, from now on */

static uint64_t place_of(const struct flow *f, uint64_t id, uint64_t leaf)
{
    return f->kind == FLOW_ITEM ? id : leaf;
}

static uint64_t replaced_place(const struct flow *f, uint64_t id, uint64_t leaf)
{
    return f->replaces == 2 ? id : leaf;
}

/* `foreseen`: but for what it refers to and its content, it is what it was. */
static void learn_flow(struct patch_flow *p, bool continued, bool foreseen, const struct flow *f, uint64_t id, uint64_t leaf)
{
    p->constant = f->kind != FLOW_NEW && f->kind == p->last.kind && f->ref == p->last.ref;
    if (foreseen) {
        p->last.ref = f->ref;
        p->last.replaces_ref = f->replaces_ref;
        p->last.fp = f->fp;
    } else {
        p->last = *f;
    }
    p->when[continued].distance = place_of(f, id, leaf) - f->ref;
    p->when[continued].replaces_distance = replaced_place(f, id, leaf) - f->replaces_ref;
}

bool patch_goes_on(struct patch_before *before, const struct patch *p, uint64_t from, uint64_t to)
{
    const bool same = before->patch == p->id + 1;
    const bool continued = same && (from == 0 ? before->complete : before->continued);
    *before = (struct patch_before){.patch = p->id + 1, .complete = to == p->length, .continued = continued};
    return continued;
}

static void learn_status(struct patch_step *p, const struct step *s)
{
    p->outcome = s->outcome;
    p->unkept = s->unkept;
    p->source = s->source;
    p->info = s->info;
    p->nonfinite_in = s->nonfinite_in;
    p->nonfinite_out = s->nonfinite_out;
    p->kept_bytes = s->kept_bytes;
}

static bool same_status(const struct patch_step *p, const struct step *s)
{
    return p->outcome == s->outcome && p->unkept == s->unkept && p->source == s->source && p->info == s->info &&
           p->nonfinite_in == s->nonfinite_in && p->nonfinite_out == s->nonfinite_out && p->kept_bytes == s->kept_bytes;
}

/* What the flow will be, the content of a new leaf apart. */
static struct flow predicted(const struct patch_flow *p, bool continued, bool flipped, uint64_t id, uint64_t leaf)
{
    const bool by_distance = p->when[continued].by_distance != flipped;
    struct flow f = p->last;
    if (by_distance && f.kind != FLOW_NEW)
        f.ref = place_of(&f, id, leaf) - p->when[continued].distance;
    if (by_distance && f.replaces)
        f.replaces_ref = replaced_place(&f, id, leaf) - p->when[continued].replaces_distance;
    return f;
}

static bool same_slice(const struct log_slice *a, const struct log_slice *b)
{
    return a->row == b->row && a->col == b->col && a->rows == b->rows && a->cols == b->cols;
}

/* Is the flow what `predicted` says? Without making that, as nearly every flow is. */
static bool is_predicted(const struct patch_flow *p, bool continued, bool flipped, const struct flow *f, uint64_t id,
                         uint64_t leaf)
{
    const struct flow *last = &p->last;
    if (last->kind != f->kind || last->unproven != f->unproven || last->output != f->output || last->replaces != f->replaces ||
        last->replaces_output != f->replaces_output || !same_slice(&last->slice, &f->slice))
        return false;
    const bool by_distance = p->when[continued].by_distance != flipped;
    const uint64_t ref = by_distance ? place_of(f, id, leaf) - p->when[continued].distance : last->ref;
    const uint64_t replaced =
        by_distance && f->replaces ? replaced_place(f, id, leaf) - p->when[continued].replaces_distance : last->replaces_ref;
    return (f->kind == FLOW_NEW || ref == f->ref) && replaced == f->replaces_ref;
}

struct patch *patch_new(uint64_t id, const struct step *const *steps, uint32_t length)
{
    size_t nflows = 0;
    for (uint32_t i = 0; i < length; i++)
        nflows += steps[i]->ninputs;
    struct patch *p = calloc(1, sizeof *p + length * sizeof *p->steps + nflows * sizeof *p->flows);
    if (!p)
        return NULL;
    p->id = id;
    p->length = length;
    p->nflows = (uint32_t)nflows;
    p->steps = (struct patch_step *)(p + 1);
    p->flows = (struct patch_flow *)(p->steps + length);
    uint32_t flow = 0;
    for (uint32_t i = 0; i < length; i++) {
        const struct step *s = steps[i];
        struct patch_step *at = &p->steps[i];
        at->signature = s->signature;
        at->ninputs = s->ninputs;
        at->noutputs = s->noutputs;
        at->nscalars = s->nscalars;
        at->first_flow = flow;
        learn_status(at, s);
        memcpy(at->scalars, s->scalars, s->nscalars * sizeof s->scalars[0]);
        uint64_t leaf = s->leaves;
        for (int k = 0; k < s->ninputs; k++, flow++) {
            struct patch_flow *f = &p->flows[flow];
            for (int continued = 0; continued < 2; continued++) {
                learn_flow(f, continued, false, &s->inputs[k], s->id, leaf);
                f->when[continued].by_distance =
                    s->inputs[k].kind == FLOW_NEW || f->when[continued].distance <= 2 * (uint64_t)length;
            }
            leaf += s->inputs[k].kind == FLOW_NEW;
        }
    }
    return p;
}

void patch_free(struct patch *p)
{
    free(p);
}

uint64_t patch_bytes(const struct patch *p)
{
    return sizeof *p + p->length * sizeof *p->steps + p->nflows * sizeof *p->flows;
}

bool patch_brings_leaves(const struct patch *p)
{
    for (uint32_t i = 0; i < p->nflows; i++)
        if (p->flows[i].last.kind == FLOW_NEW)
            return true;
    return false;
}

/* Contents of new leaves that were foreseen go to `fps`; bit by input of what was not. */
static unsigned surprising_flows(struct patch *p, uint32_t position, bool continued, const struct step *s, struct bytes *fps)
{
    unsigned surprising = 0;
    uint64_t leaf = s->leaves;
    for (int k = 0; k < s->ninputs; k++) {
        const struct patch_flow *f = &p->flows[p->steps[position].first_flow + (unsigned)k];
        bool foreseen = is_predicted(f, continued, false, &s->inputs[k], s->id, leaf);
        if (!foreseen) {
            surprising |= 1u << k;
            foreseen = is_predicted(f, continued, true, &s->inputs[k], s->id, leaf);
        }
        if (s->inputs[k].kind == FLOW_NEW && foreseen)
            put_raw(fps, &s->inputs[k].fp, sizeof s->inputs[k].fp);
        leaf += s->inputs[k].kind == FLOW_NEW;
    }
    return surprising;
}

static void put_flows(struct patch *p, uint32_t position, bool continued, const struct step *s, unsigned surprising,
                      struct bytes *b)
{
    uint64_t leaf = s->leaves;
    put_varint(b, surprising);
    for (int k = 0; k < s->ninputs; k++) {
        struct patch_flow *f = &p->flows[p->steps[position].first_flow + (unsigned)k];
        if (!(surprising & (1u << k)))
            ;
        else if (is_predicted(f, continued, true, &s->inputs[k], s->id, leaf)) {
            put_varint(b, TAG_FLIPPED);
            f->when[continued].by_distance = !f->when[continued].by_distance;
        } else
            put_flow(b, &s->inputs[k], s->id, leaf);
        leaf += s->inputs[k].kind == FLOW_NEW;
    }
}

static void learn(struct patch *p, uint32_t position, bool continued, const struct step *s, uint64_t surprising)
{
    struct patch_step *at = &p->steps[position];
    uint64_t leaf = s->leaves;
    for (int k = 0; k < s->ninputs; k++) {
        const bool foreseen = !(surprising & (1u << k));
        learn_flow(&p->flows[at->first_flow + (unsigned)k], continued, foreseen, &s->inputs[k], s->id, leaf);
        leaf += s->inputs[k].kind == FLOW_NEW;
    }
}

unsigned patch_put(struct patch *p, uint32_t position, bool continued, const struct step *s, struct bytes *fps,
                   struct bytes *exceptions, uint64_t *silent)
{
    struct patch_step *at = &p->steps[position];
    const size_t scalars = s->nscalars * sizeof s->scalars[0];
    unsigned flows = surprising_flows(p, position, continued, s, fps), mask = flows ? EXCEPT_FLOWS : 0;
    if (!same_status(at, s))
        mask |= EXCEPT_STATUS;
    if (memcmp(at->scalars, s->scalars, scalars) != 0)
        mask |= EXCEPT_SCALARS;
    if (mask) {
        put_varint(exceptions, *silent);
        put_varint(exceptions, mask);
        *silent = 0;
    } else {
        ++*silent;
    }
    if (mask & EXCEPT_STATUS) {
        put_status(exceptions, s);
        learn_status(at, s);
    }
    if (mask & EXCEPT_SCALARS) {
        put_scalars(exceptions, s);
        memcpy(at->scalars, s->scalars, scalars);
    }
    if (flows)
        put_flows(p, position, continued, s, flows, exceptions);
    learn(p, position, continued, s, flows);
    return (unsigned)__builtin_popcount(flows);
}

static void next_exception(struct patch_reader *r)
{
    r->silent = r->exceptions.at < r->exceptions.end ? get_varint(&r->exceptions) : UINT64_MAX;
}

void patch_read(struct patch_reader *r, struct reader *payload)
{
    uint64_t nfps = get_varint(payload), left = (uint64_t)(payload->end - payload->at);
    if (nfps > left / sizeof(struct fp))
        payload->failed = true;
    size_t size = payload->failed ? 0 : nfps * sizeof(struct fp);
    r->fps = (struct reader){payload->at, payload->at + size, payload->failed};
    r->exceptions = (struct reader){payload->at + size, payload->end, payload->failed};
    next_exception(r);
}

static void get_exceptional_flow(struct patch_reader *r, struct patch_flow *p, bool continued, struct flow *f, uint64_t id,
                                 uint64_t leaf)
{
    struct reader tag = r->exceptions;
    bool foreseen = get_varint(&tag) == TAG_FLIPPED;
    if (!foreseen) {
        get_flow(&r->exceptions, f, id, leaf);
        return;
    }
    r->exceptions = tag;
    p->when[continued].by_distance = !p->when[continued].by_distance;
    *f = predicted(p, continued, false, id, leaf);
    if (f->kind == FLOW_NEW)
        get_raw(&r->fps, &f->fp, sizeof f->fp);
}

static void get_flows(struct patch *p, uint32_t position, bool continued, struct patch_reader *r, struct step *s,
                      uint64_t surprising)
{
    uint64_t leaf = s->leaves;
    for (int k = 0; k < s->ninputs; k++) {
        struct patch_flow *at = &p->flows[p->steps[position].first_flow + (unsigned)k];
        struct flow *f = &s->inputs[k];
        if (surprising & (1u << k)) {
            get_exceptional_flow(r, at, continued, f, s->id, leaf);
        } else {
            *f = predicted(at, continued, false, s->id, leaf);
            if (f->kind == FLOW_NEW)
                get_raw(&r->fps, &f->fp, sizeof f->fp);
        }
        leaf += f->kind == FLOW_NEW;
    }
}

bool patch_get(struct patch *p, uint32_t position, bool continued, struct patch_reader *r, struct step *s)
{
    struct patch_step *at = &p->steps[position];
    uint64_t mask = 0;
    if (r->silent == 0) {
        mask = get_varint(&r->exceptions);
    } else {
        r->silent--;
    }
    s->signature = at->signature;
    s->ninputs = at->ninputs;
    s->noutputs = at->noutputs;
    s->nscalars = at->nscalars;
    memset(s->outputs, 0, s->noutputs * sizeof s->outputs[0]);
    if (mask & EXCEPT_STATUS) {
        get_status(&r->exceptions, s);
        learn_status(at, s);
    } else {
        s->outcome = at->outcome;
        s->unkept = at->unkept;
        s->source = at->source;
        s->info = at->info;
        s->nonfinite_in = at->nonfinite_in;
        s->nonfinite_out = at->nonfinite_out;
        s->kept_bytes = at->kept_bytes;
    }
    if (mask & EXCEPT_SCALARS) {
        get_scalars(&r->exceptions, s);
        memcpy(at->scalars, s->scalars, s->nscalars * sizeof s->scalars[0]);
    } else {
        memcpy(s->scalars, at->scalars, sizeof s->scalars);
    }
    const uint64_t flows = mask & EXCEPT_FLOWS ? get_varint(&r->exceptions) : 0;
    get_flows(p, position, continued, r, s, flows);
    learn(p, position, continued, s, flows);
    if (mask)
        next_exception(r);
    return !r->fps.failed && !r->exceptions.failed;
}
