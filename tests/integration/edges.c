/*
 * edges FILE: the DAG in one process's run log, an item a line in the order of the calls:
 *
 *   2 dposv A=0.C/lower B=1.Y
 *   3 dgemm A=0.C[0+6,2+3] B=leaf2(40x6,was 1.Y)
 *
 * operand = item.operand it comes from, or leaf; /part when it is not all of it; [row+rows,column+columns] of a slice, ? when
 * that is unproven. A leaf is described where it comes first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lineage/expand.h"
#include "lineage/op.h"

enum { OPS_KEPT = 1 << 16, LEAVES_KEPT = 1 << 16 };
static const uint64_t SEQUENCE = (UINT64_C(1) << 40) - 1; /* within its thread */

static const struct op *op_of_item[OPS_KEPT];
static struct log_leaf leaves[LEAVES_KEPT];
static bool told[LEAVES_KEPT];

static const char *operand_of(uint64_t item, uint64_t output)
{
    const struct op *op = item < OPS_KEPT ? op_of_item[item] : NULL;
    return op && output < op->noperands ? op->operands[output].name : "?";
}

static void print_leaf(uint64_t id)
{
    printf("leaf%" PRIu64, id);
    if (id >= LEAVES_KEPT || told[id])
        return;
    const struct log_leaf *leaf = &leaves[id];
    told[id] = true;
    printf("(%" PRId64 "x%" PRId64, leaf->rows, leaf->cols);
    if (leaf->replaces == 1)
        printf(",was leaf%" PRIu64, leaf->replaces_ref & SEQUENCE);
    if (leaf->replaces == 2)
        printf(",was %" PRIu64 ".%s", leaf->replaces_ref & SEQUENCE,
               operand_of(leaf->replaces_ref & SEQUENCE, leaf->replaces_output));
    printf(")");
}

static void print_input(const struct op *op, const struct log_input *in)
{
    static const char *const parts[] = {"none", "", "/upper", "/lower", "/strictly upper", "/strictly lower"};
    printf(" %s=", op->operands[in->operand].name);
    if (in->is_item)
        printf("%" PRIu64 ".%s", in->ref & SEQUENCE, operand_of(in->ref & SEQUENCE, in->output));
    else
        print_leaf(in->ref & SEQUENCE);
    if (in->slice.rows)
        printf("[%" PRId64 "+%" PRId64 ",%" PRId64 "+%" PRId64 "]", in->slice.row, in->slice.rows, in->slice.col, in->slice.cols);
    printf("%s%s", in->part < 6 ? parts[in->part] : "?", in->unproven ? "?" : "");
}

static void print_item(const struct log_item *item)
{
    uint64_t id = item->id & SEQUENCE;
    const struct op *op = &op_table[item->op];
    if (id < OPS_KEPT)
        op_of_item[id] = op;
    printf("%" PRIu64 " %s", id, op->name);
    for (uint64_t i = 0; i < item->ninputs; i++)
        print_input(op, &item->inputs[i]);
    printf("\n");
}

int main(int argc, char **argv)
{
    struct log_reader log;
    struct expand_event *event = malloc(sizeof *event);
    if (argc != 2 || !event || !log_open(&log, argv[1])) {
        fprintf(stderr, "usage: edges FILE\n");
        return 2;
    }
    struct expand *expand = expand_new(&log, EXPAND_SINGLY);
    while (expand && expand_next(expand, event)) {
        if (event->kind == EXPAND_LEAF && (event->leaf.id & SEQUENCE) < LEAVES_KEPT)
            leaves[event->leaf.id & SEQUENCE] = event->leaf;
        if (event->kind == EXPAND_ITEM)
            print_item(&event->item);
    }
    expand_free(expand);
    log_reader_close(&log);
    free(event);
    return 0;
}
