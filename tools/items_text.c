/* blase items, as text: one line an item, a leaf, a mismatch, a note, in the order in which they came to be. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/items.h"

void items_print_call(const struct log_op *op, const struct log_item *item, const char *separator)
{
    printf("%s(", op_name(op).s);
    for (uint64_t i = 0; i < item_values(item); i++) {
        const struct log_value *value = &item->values[i];
        struct short_text number[2];
        int count = value_numbers(op, value, number);
        printf("%s%s=", i ? separator : "", op_argument(op, value->arg).s);
        if (count == 0)
            printf("'%s'", number[0].s);
        else if (count == 1)
            fputs(number[0].s, stdout);
        else
            printf("(%s,%s)", number[0].s, number[1].s);
    }
    putchar(')');
}

/* "A", or "A[upper]" when only a part of it is meant. */
static void print_operand(const struct log_op *op, uint64_t operand, uint64_t part)
{
    fputs(op_operand(op, operand).s, stdout);
    if (part != PART_FULL)
        printf("[%s]", text_part(part));
}

static void print_inputs(const struct run_log *log, const struct log_op *op, const struct log_item *item)
{
    for (uint64_t i = 0; i < item->ninputs; i++) {
        const struct log_input *in = &item->inputs[i];
        fputs(i ? ", " : "  ", stdout);
        print_operand(op, in->operand, in->part);
        printf("←%s", reference_name(log, in->is_item, in->ref).s);
        const struct log_op *producer;
        if (in->is_item && run_log_item(log, in->ref, &producer))
            printf(".%s", op_operand(producer, in->output).s);
    }
}

static void print_outcome(const struct run_log *log, const struct log_item *item)
{
    printf("  %s", text_outcome(item->outcome));
    if (item->source)
        printf(" of %s", reference_name(log, true, item->source - 1).s);
    if (item->call_ns || item->outcome == OUTCOME_MISS || item->outcome == OUTCOME_UNPROBED)
        printf(" %s", text_ns((double)item->call_ns).s);
    if (item->saved_ns)
        printf(" saved %s", text_ns((double)item->saved_ns).s);
    if (item->unkept != KEPT && item->outcome == OUTCOME_MISS)
        printf(" (not kept: %s)", text_unkept(item->unkept));
    if (item->info)
        printf("  info=%lld", (long long)item->info);
}

static void print_caller(const struct run_log *log, const struct log_item *item)
{
    const char *object = run_log_caller(log, item->caller);
    if (!object)
        return;
    char *name = text_clean(text_basename(object));
    printf("  caller %s+0x%llx", name, (unsigned long long)item->offset);
    free(name);
}

static void print_item(const struct run_log *log, const struct log_item *item)
{
    const struct log_op *op = run_log_op(log, item->op);
    printf("%s ", item_name(log, item->id).s);
    items_print_call(op, item, ", ");
    print_inputs(log, op, item);
    for (uint64_t i = 0; i < item->noutputs; i++) {
        fputs(i ? ", " : "  → ", stdout);
        print_operand(op, item->outputs[i].operand, item->outputs[i].part);
    }
    print_outcome(log, item);
    print_caller(log, item);
    putchar('\n');
}

static void print_leaf(const struct run_log *log, const struct log_leaf *leaf)
{
    int type = leaf->type < 0x80 && isprint((int)leaf->type) ? (int)leaf->type : '?';
    printf("%s  %c %lldx%lld", leaf_name(log, leaf->id).s, type, (long long)leaf->rows, (long long)leaf->cols);
    if (leaf->part != PART_FULL)
        printf(" %s", text_part(leaf->part));
    printf("  %s\n", text_fp(leaf->fp).s);
}

static void print_mismatch(const struct run_log *log, const struct log_mismatch *m)
{
    const struct log_op *op;
    run_log_item(log, m->item, &op);
    printf("mismatch %s ", item_name(log, m->item).s);
    if (m->operand == UINT64_MAX)
        puts("info or floating-point flags");
    else
        printf("%s at byte %llu\n", op_operand(op, m->operand).s, (unsigned long long)m->offset);
}

static void print_note(struct reader *payload)
{
    char *note = get_string(payload), *text = text_clean(note ? note : "");
    printf("note  %s\n", text);
    free(text);
    free(note);
}

static void print_record(const struct run_log *log, struct log_record *record)
{
    struct log_item item;
    struct log_leaf leaf;
    struct log_mismatch mismatch;
    if (record->kind == LOG_ITEM && log_decode_item(&record->payload, &item))
        print_item(log, &item);
    else if (record->kind == LOG_LEAF && log_decode_leaf(&record->payload, &leaf))
        print_leaf(log, &leaf);
    else if (record->kind == LOG_MISMATCH && log_decode_mismatch(&record->payload, &mismatch))
        print_mismatch(log, &mismatch);
    else if (record->kind == LOG_NOTE)
        print_note(&record->payload);
}

void items_text(struct run_logs *run)
{
    for (size_t i = 0; i < run->count; i++) {
        struct run_log *log = &run->log[i];
        struct log_record record;
        if (run->count > 1) {
            const char *argv = pairs_get(&log->header, "argv");
            char *command = text_clean(argv ? argv : "");
            printf("process %.*s  %s\n", (int)strcspn(log->prefix, ":"), log->prefix, command);
            free(command);
        }
        run_log_rewind(log);
        while (log_next(&log->log, &record))
            print_record(log, &record);
    }
}
