#include "lineage/triangles.h"

#include <string.h>

static bool has(const struct triangles *known, const struct view *v)
{
    for (int i = 0; i < known->count; i++)
        if (known->orders[i] == v->rows && known->types[i] == v->type)
            return true;
    return false;
}

static bool candidate(const struct traced_input *in)
{
    const struct view *v = &in->view;
    return (in->found.how == FOUND_NOTHING || in->found.how == FOUND_UNPROVEN) && v->part == PART_FULL && !v->vector &&
           v->rows == v->cols && v->rows > 1;
}

void triangles_note(struct triangles *known, const struct traced *t, const struct traced_output *out)
{
    if (out->whole.part == PART_FULL || !t->use)
        return;
    struct view v = view_of(t->canon, out->operand, t->use[out->operand].write);
    if (v.rows != v.cols || known->count == TRIANGLES_MOST || has(known, &v))
        return;
    known->orders[known->count] = v.rows;
    known->types[known->count++] = v.type;
}

bool triangles_wanted(const struct triangles *known, const struct traced *t)
{
    for (int i = 0; i < t->ninputs; i++)
        if (candidate(&t->inputs[i]) && has(known, &t->inputs[i].view))
            return true;
    return false;
}

static bool is_output(struct guard *guard, struct content *content, struct fp fp, struct found *found)
{
    if (!guard_enter(guard))
        return false;
    const struct origin *known = content_find(content, fp, true);
    const bool good = known && known->is_item;
    if (good)
        *found = (struct found){.how = FOUND_WHOLE, .origin = *known};
    guard_leave(guard);
    return good;
}

/* Input i becomes its triangle, and the strict rest takes the place behind it. */
static void split(struct traced *t, int i, int part, struct fp fp, struct found found, int rest, struct fp rest_fp)
{
    memmove(&t->inputs[i + 2], &t->inputs[i + 1], (size_t)(t->ninputs - i - 1) * sizeof t->inputs[0]);
    t->ninputs++;
    struct traced_input *triangle = &t->inputs[i], *beside = &t->inputs[i + 1];
    *beside = *triangle;
    triangle->view.part = (uint8_t)part;
    triangle->fp = fp;
    triangle->found = found;
    beside->view.part = (uint8_t)rest;
    beside->fp = rest_fp;
    beside->found = (struct found){.how = FOUND_NOTHING};
    beside->beside = true;
}

void triangles_split(struct guard *guard, struct content *content, const struct triangles *known, struct traced *t)
{
    for (int i = 0; i < t->ninputs && t->ninputs < OP_MAX_OPERANDS; i++) {
        struct found found;
        if (!candidate(&t->inputs[i]) || !has(known, &t->inputs[i].view))
            continue;
        const struct fp_whole whole = fingerprint_whole(&t->inputs[i].view, NULL, 1);
        for (int lower = 1; lower >= 0; lower--) {
            const int part = lower ? PART_LOWER : PART_UPPER, rest = lower ? PART_STRICT_UPPER : PART_STRICT_LOWER;
            struct fp fp = fingerprint_part(&whole, part);
            if (!is_output(guard, content, fp, &found))
                continue;
            split(t, i, part, fp, found, rest, fingerprint_part(&whole, rest));
            i++;
            break;
        }
    }
}
