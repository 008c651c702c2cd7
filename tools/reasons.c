#include "tools/reasons.h"

void reasons_bypassed(const struct summary *s, struct reason out[BYPASS_REASONS])
{
    const uint64_t *passed = s->passed.calls;
    const struct reason all[BYPASS_REASONS] = {
        {"too_small", "too small: looking takes longer than computing", 0},
        {"no_gain", "no gain expected: such results are seldom asked for again, or serving them takes as long",
         s->governor.refused_gain + passed[PASSED_GAIN]},
        {"no_budget", "no budget: what was spent has not been earned back yet, or is all that tracing alone may cost",
         s->governor.refused_budget + passed[PASSED_BUDGET]},
        {"workspace_query", "workspace queries: nothing is computed", passed[PASSED_QUERY]},
        {"illegal", "illegal arguments: for the real routine to report", passed[PASSED_ILLEGAL]},
        {"unknown_width", "unknown width of integers: the provider did not tell", passed[PASSED_WIDTH]},
        {"exceptions_trap", "floating-point exceptions trap: a served result could not raise them", passed[PASSED_TRAPS]},
    };
    uint64_t left = s->total.bypassed;
    for (int i = BYPASS_REASONS - 1; i >= 0; i--) { /* the first takes what is left */
        out[i] = all[i];
        if (i == 0 || out[i].calls > left)
            out[i].calls = left;
        left -= out[i].calls;
    }
}

static const struct reason unkept_reasons[UNKEPT_REASONS] = {
    {"reuse_off", "reuse was off", 0},
    {"rule", "the table forbids it: nothing is computed, or the result does not follow from the inputs alone", 0},
    {"overlap", "operands overlap: what is computed is the provider's secret", 0},
    {"info", "info was not 0, or the call did not end as it should", 0},
    {"changed", "an operand was changed by another thread during the call", 0},
    {"too_large", "larger than the whole cache (--memory)", 0},
    {"out_of_memory", "no memory for a copy", 0},
    {"worth_less", "quicker to compute, byte for byte, than everything in the full cache (--memory)", 0},
    {"too_slow", "copying it took far longer than was expected: memory never used before can be slow", 0},
};

const char *reasons_unkept_text(uint64_t unkept)
{
    return unkept - 1 < UNKEPT_REASONS ? unkept_reasons[unkept - 1].text : "the log does not tell why";
}

void reasons_unkept(const struct summary *s, struct reason out[UNKEPT_REASONS])
{
    for (int i = 0; i < UNKEPT_REASONS; i++) {
        out[i] = unkept_reasons[i];
        out[i].calls = s->unkept[i + 1];
    }
}
