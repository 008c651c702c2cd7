/*
 * blase items, for Graphviz: items are boxes, leaves ellipses, an edge is labelled with the operand that the content was and the
 * one it became. A served item is dashed and joined to the item whose result it got.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/items.h"

enum { ARGUMENTS = 6 }; /* as many values as fit in a box */

/* Inside a dot string. What comes here has no control characters. */
static void print_escaped(const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
}

/* A node by its name: names are unique over the processes of a run. */
static void print_node(struct short_text name)
{
    putchar('"');
    print_escaped(name.s);
    putchar('"');
}

static bool served(const struct log_item *item)
{
    return item->outcome == OUTCOME_HIT || item->outcome == OUTCOME_PARTIAL || item->outcome == OUTCOME_WAIT;
}

static void print_item(const struct run_log *log, const struct log_item *item)
{
    const struct log_op *op = run_log_op(log, item->op);
    fputs("  ", stdout);
    print_node(item_name(log, item->id));
    printf(" [shape=box%s,label=\"%s ", served(item) ? ",style=dashed" : "", item_name(log, item->id).s);
    print_escaped(op_name(op).s);
    for (uint64_t i = 0; i < item_values(item) && i < ARGUMENTS; i++) {
        struct short_text number[2];
        int count = value_numbers(op, &item->values[i], number);
        fputs(i % 3 ? ", " : "\\n", stdout);
        print_escaped(op_argument(op, item->values[i].arg).s);
        putchar('=');
        print_escaped(number[0].s);
        if (count == 2)
            printf(",%s", number[1].s);
    }
    printf("%s\\n%s %s\"];\n", item_values(item) > ARGUMENTS ? ", …" : "", text_outcome(item->outcome),
           text_ns((double)(served(item) ? item->saved_ns : item->call_ns)).s);
}

static void print_leaf(const struct run_log *log, const struct log_leaf *leaf)
{
    int type = leaf->type < 0x80 && isalpha((int)leaf->type) ? (int)leaf->type : '?';
    fputs("  ", stdout);
    print_node(leaf_name(log, leaf->id));
    printf(" [shape=ellipse,label=\"%s\\n%c %lldx%lld %s\"];\n", leaf_name(log, leaf->id).s, type, (long long)leaf->rows,
           (long long)leaf->cols, text_part(leaf->part));
}

static void print_edge(const struct run_log *log, const struct log_item *item, const struct log_input *in)
{
    const struct log_op *producer;
    fputs("  ", stdout);
    print_node(reference_name(log, in->is_item, in->ref));
    fputs(" -> ", stdout);
    print_node(item_name(log, item->id));
    fputs(" [label=\"", stdout);
    if (in->is_item && run_log_item(log, in->ref, &producer)) {
        print_escaped(op_operand(producer, in->output).s);
        fputs(" → ", stdout);
    }
    print_escaped(op_operand(run_log_op(log, item->op), in->operand).s);
    fputs("\"];\n", stdout);
}

static void print_edges(const struct run_log *log, const struct log_item *item)
{
    for (uint64_t i = 0; i < item->ninputs; i++)
        print_edge(log, item, &item->inputs[i]);
    if (!item->source)
        return;
    fputs("  ", stdout);
    print_node(reference_name(log, true, item->source - 1));
    fputs(" -> ", stdout);
    print_node(item_name(log, item->id));
    puts(" [style=dashed,color=gray,constraint=false,label=\"reused\"];");
}

static void print_nodes(struct run_log *log)
{
    struct log_record record;
    struct log_item item;
    struct log_leaf leaf;
    run_log_rewind(log);
    while (log_next(&log->log, &record))
        if (record.kind == LOG_ITEM && log_decode_item(&record.payload, &item)) {
            print_item(log, &item);
            print_edges(log, &item);
        } else if (record.kind == LOG_LEAF && log_decode_leaf(&record.payload, &leaf)) {
            print_leaf(log, &leaf);
        }
}

void items_dot(struct run_logs *run)
{
    puts("digraph blase {\n  node [fontname=\"sans-serif\",fontsize=10];\n  edge [fontname=\"sans-serif\",fontsize=9];");
    for (size_t i = 0; i < run->count; i++) {
        if (run->count > 1) {
            const char *argv = pairs_get(&run->log[i].header, "argv");
            char *command = text_clean(argv ? argv : "");
            printf("  subgraph cluster_%zu {\n  label=\"%llu ", i, (unsigned long long)run->log[i].pid);
            print_escaped(command);
            puts("\";");
            free(command);
        }
        print_nodes(&run->log[i]);
        if (run->count > 1)
            puts("  }");
    }
    puts("}");
}
