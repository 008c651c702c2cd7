#include "tools/diff_json.h"

#include "tools/items_json.h"

static const struct {
    unsigned cause;
    const char *name;
} causes[] = {{CAUSE_ROUTINE, "routine"}, {CAUSE_SHAPE, "shape"},   {CAUSE_SCALAR, "scalar"},  {CAUSE_INPUTS, "inputs"},
              {CAUSE_CONTENT, "content"}, {CAUSE_ORIGIN, "origin"}, {CAUSE_SLICE, "slice"},    {CAUSE_RESULT, "result"},
              {CAUSE_MOVED, "moved"},     {CAUSE_ALONE, "alone"},   {CAUSE_UNKNOWN, "unknown"}};

static void put_stream(cJSON *o, const char *name, const struct graph *g, const struct stream *s)
{
    if (!s->count) {
        json_null(o, name);
        return;
    }
    cJSON *stream = json_object();
    json_integer(stream, "pid", g->run->log[s->log].pid);
    json_string(stream, "log", g->run->log[s->log].name);
    json_integer(stream, "thread", s->thread);
    json_integer(stream, "calls", s->count);
    json_put(o, name, stream);
}

struct pair_counts diff_counts(const struct stream_pair *p)
{
    struct pair_counts n = {0};
    for (size_t i = 0; i < p->ndifferences; i++) {
        const struct difference *d = &p->difference[i];
        if (d->causes & CAUSE_ALONE)
            *(d->b == GRAPH_NONE ? &n.first : &n.second) += 1;
        else if (d->causes & CAUSE_MOVED)
            n.moved++;
        else if (d->causes == CAUSE_CONTENT)
            n.content++;
        else
            n.own++;
    }
    return n;
}

cJSON *diff_json_pair(const struct diff_text *t, const struct stream_pair *p)
{
    const struct pair_counts n = diff_counts(p);
    cJSON *o = json_object();
    put_stream(o, "first", t->differ->a, &p->a);
    put_stream(o, "second", t->differ->b, &p->b);
    json_integer(o, "matched", p->matched);
    json_integer(o, "differ", n.own);
    json_integer(o, "other_content", n.content);
    json_integer(o, "follow", p->follow);
    json_integer(o, "moved", n.moved);
    json_integer(o, "only_first", n.first);
    json_integer(o, "only_second", n.second);
    return o;
}

void diff_json_items(cJSON *array, const struct item_differences *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct item_difference *one = &d->difference[i];
        cJSON *o = json_object();
        json_string(o, "what", one->what);
        json_string(o, "name", *one->name.s ? one->name.s : NULL);
        for (int k = 0; k < 2; k++)
            json_put(o, k ? "second" : "first",
                     one->is_value ? items_json_value(one->op[k], &one->value[k]) : json_text(one->text[k]));
        json_append(array, o);
    }
}

/* Where an input came from: "name", and "output" of an item, "fingerprint" of a leaf. */
static cJSON *origin_json(const struct graph *g, const struct told *t, const struct log_input *in, uint32_t node)
{
    const struct expand_event *e = diff_text_event(t, node);
    cJSON *o = json_object();
    json_string(o, "name", graph_name(g, node).s);
    if (graph_op(g, node))
        json_string(o, "output", op_operand(graph_op(g, node), in->output).s);
    else if (e && e->kind == EXPAND_LEAF)
        json_fp(o, "fingerprint", e->leaf.fp);
    return o;
}

static void append_inputs(cJSON *array, const struct diff_text *t, const struct difference *d, const struct log_item *a,
                          const struct log_item *b)
{
    const struct graph *ga = t->differ->a, *gb = t->differ->b;
    for (uint64_t i = 0; i < a->ninputs && i < b->ninputs; i++) {
        const struct graph_edge *x = &ga->edge[ga->node[d->a].edges + i], *y = &gb->edge[gb->node[d->b].edges + i];
        const unsigned how = differ_edge_causes(t->differ, x, y);
        if (!how)
            continue;
        cJSON *o = json_object();
        json_string(o, "what", "input");
        json_string(o, "name", op_operand(graph_op(ga, d->a), a->inputs[i].operand).s);
        json_string(o, "how", how & CAUSE_CONTENT ? "content" : how & CAUSE_ORIGIN ? "origin" : "slice");
        json_put(o, "first", origin_json(ga, &t->a, &a->inputs[i], x->node));
        json_put(o, "second", origin_json(gb, &t->b, &b->inputs[i], y->node));
        json_append(array, o);
    }
}

static cJSON *details(const struct diff_text *t, const struct difference *d, const struct log_item *a, const struct log_item *b)
{
    const struct graph *ga = t->differ->a, *gb = t->differ->b;
    struct item_differences own;
    cJSON *all = json_array();
    item_differences(&own, ga, a, ga->node[d->a].log, gb, b, gb->node[d->b].log, false);
    diff_json_items(all, &own);
    item_differences_free(&own);
    if (d->causes & (CAUSE_CONTENT | CAUSE_ORIGIN | CAUSE_SLICE))
        append_inputs(all, t, d, a, b);
    return all;
}

static void put_side(cJSON *o, const char *name, const struct graph *g, uint32_t node, const struct expand_event *e)
{
    cJSON *item = e ? items_json_node(g, node, e) : NULL;
    if (item)
        json_put(o, name, item);
    else
        json_null(o, name);
}

cJSON *diff_json_difference(const struct diff_text *t, const struct difference *d)
{
    const struct expand_event *a = diff_text_event(&t->a, d->a), *b = diff_text_event(&t->b, d->b);
    const bool both = a && b && a->kind == EXPAND_ITEM && b->kind == EXPAND_ITEM;
    cJSON *o = json_object(), *names = json_array();
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        if (d->causes & causes[i].cause)
            json_append(names, json_text(causes[i].name));
    json_put(o, "causes", names);
    json_put(o, "details", both ? details(t, d, &a->item, &b->item) : json_array());
    put_side(o, "first", t->differ->a, d->a, a);
    put_side(o, "second", t->differ->b, d->b, b);
    return o;
}
