/* What `blase why-miss` has found, in words and as JSON. */
#include <stdio.h>

#include "tools/diff_json.h"
#include "tools/items.h"
#include "tools/items_json.h"
#include "tools/reasons.h"
#include "tools/why_miss.h"

static void print_node(const struct graph *g, uint32_t node, const struct expand_event *event)
{
    if (event->kind == EXPAND_LEAF)
        items_print_leaf(g, node, &event->leaf);
    else
        items_print_item(g, node, &event->item);
}

static const struct log_item *later(const struct miss *m)
{
    return &m->event[1].item;
}

/* What became of the call itself, where it was not a plain miss. */
static void print_outcome(const struct miss *m)
{
    const struct graph *g = m->graph;
    struct short_text name = graph_name(g, m->b);
    if (m->served) {
        printf("%s was no miss: it was served", name.s);
        if (later(m)->source)
            printf(" with the result of %s", graph_reference(g, g->node[m->b].log, true, later(m)->source - 1).s);
        putchar('\n');
    } else if (later(m)->outcome == OUTCOME_UNPROBED) {
        printf("%s was not looked for in the cache: %s\n", name.s, reasons_unkept_text(later(m)->unkept));
    }
}

static void print_beginning(const struct graph *g, const struct input_miss *in)
{
    for (uint32_t i = 0; i < in->steps && i < PATH_SHOWN; i++) {
        const uint32_t *next = i + 1 < in->steps ? in->path[i + 1] : in->begin;
        printf("      %s and %s read other content from %s and %s\n", graph_name(g, in->path[i][0]).s,
               graph_name(g, in->path[i][1]).s, graph_name(g, next[0]).s, graph_name(g, next[1]).s);
    }
    if (in->steps > PATH_SHOWN)
        printf("      … %u more steps\n", in->steps - PATH_SHOWN);
    for (int i = 0; i < 2 && in->begin[0] != in->begin[1]; i++) {
        fputs("      ", stdout);
        print_node(g, in->begin[i], &in->event[i]);
    }
    item_differences_print(&in->own);
}

static void print_fate(const struct miss *m)
{
    struct short_text first = graph_name(m->graph, m->a), second = graph_name(m->graph, m->b);
    puts("    nothing that the log tells of their keys differs");
    switch (m->fate) {
    case FATE_OTHER_PROCESS:
        puts("    they are calls of two processes, and each has a cache of its own");
        break;
    case FATE_NOT_DONE:
        printf("    %s was not done yet when %s began\n", first.s, second.s);
        break;
    case FATE_NOT_KEPT:
        printf("    the result of %s was not kept: %s\n", first.s, reasons_unkept_text(m->event[0].item.unkept));
        break;
    case FATE_EVICTED:
        printf("    the result of %s was probably given up in between: the cache was full (%s in all; --memory, --policy)\n",
               first.s, text_count(m->evictions, "eviction", "evictions").s);
        break;
    default:
        puts("    what the log does not tell may differ: alignment of vectors, rounding and flush modes, the layout of a "
             "workspace");
    }
}

static void print_differences(const struct miss *m)
{
    static const char *const how[] = {"other content", "another part of the same", "comes from another computation"};
    item_differences_print(&m->own);
    if (m->other_operands)
        puts("    other operands, or parts of them, are read");
    for (size_t i = 0; i < m->ninputs; i++) {
        printf("    input %s: %s\n", m->input[i].operand.s, how[m->input[i].how]);
        if (m->input[i].how != INPUT_PART)
            print_beginning(m->graph, &m->input[i]);
    }
    if (m->fate != FATE_NONE)
        print_fate(m);
}

void miss_print(const struct miss *m)
{
    const struct graph *g = m->graph;
    if (m->a != GRAPH_NONE)
        items_print_item(g, m->a, &m->event[0].item);
    items_print_item(g, m->b, later(m));
    print_outcome(m);
    if (m->a == GRAPH_NONE && !m->served)
        printf("it is the first call of %s in its process that left an item\n", op_name(graph_op(g, m->b)).s);
    print_differences(m);
    for (size_t i = 0; i < m->nalike; i++)
        if (i == ALIKE_SHOWN)
            fputs(", …", stdout);
        else
            printf("%s%s", i ? ", " : "just as much alike: ", graph_name(g, m->alike[i]).s);
    if (m->nalike)
        putchar('\n');
}

static cJSON *names(const struct graph *g, const uint32_t *nodes, size_t count)
{
    cJSON *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_append(all, json_text(graph_name(g, nodes[i]).s));
    return all;
}

static cJSON *input_json(const struct graph *g, const struct input_miss *in)
{
    static const char *const how[] = {"content", "part", "computation"};
    cJSON *o = json_object(), *path = json_array(), *begin = json_array(), *own = json_array();
    json_string(o, "what", "input");
    json_string(o, "name", in->operand.s);
    json_string(o, "how", how[in->how]);
    for (uint32_t i = 0; i < in->steps; i++)
        json_append(path, names(g, in->path[i], 2));
    for (int i = 0; i < 2 && in->begin[0] != in->begin[1]; i++) {
        cJSON *node = items_json_node(g, in->begin[i], &in->event[i]);
        if (node)
            json_append(begin, node);
    }
    diff_json_items(own, &in->own);
    json_put(o, "path", path);
    json_put(o, "begin", begin);
    json_put(o, "begin_differences", own);
    return o;
}

static cJSON *differences_json(const struct miss *m)
{
    cJSON *all = json_array();
    diff_json_items(all, &m->own);
    if (m->other_operands) {
        cJSON *o = json_object();
        json_string(o, "what", "operands");
        json_append(all, o);
    }
    for (size_t i = 0; i < m->ninputs; i++)
        json_append(all, input_json(m->graph, &m->input[i]));
    return all;
}

void miss_print_json(const struct miss *m)
{
    static const char *const fates[] = {NULL, "other_process", "not_done", "not_kept", "evicted", "untold"};
    const struct graph *g = m->graph;
    cJSON *o = json_object();
    json_put(o, "item", items_json_node(g, m->b, &m->event[1]));
    if (m->a != GRAPH_NONE)
        json_put(o, "earlier", items_json_node(g, m->a, &m->event[0]));
    else
        json_null(o, "earlier");
    json_bool(o, "served", m->served);
    json_put(o, "differences", differences_json(m));
    json_string(o, "fate", fates[m->fate]);
    json_integer(o, "evictions", m->evictions);
    json_put(o, "alike", names(g, m->alike, m->nalike < ALIKE_SHOWN ? m->nalike : ALIKE_SHOWN));
    json_bool(o, "more_alike", m->nalike > ALIKE_SHOWN);
    json_print(o, true);
    putchar('\n');
}
