/*
 * Finds, on line, that a sequence of tokens has begun to repeat itself: that its last d tokens equal the d before them.
 *
 * Every token is looked up among the last PERIOD_WINDOW; each of its latest occurrences, d tokens ago, is tested by comparing the
 * polynomial hashes of the two stretches of length d (Karp and Rabin), a handful of operations. A body in which one token occurs
 * several times has several candidates: the nearest few are tried, the shortest period wins. A hash that lies costs nothing but
 * an attempt: whoever asks checks the tokens that follow. Constant time a token, constant memory. Not thread-safe.
 */
#ifndef BLASE_LINEAGE_PERIOD_H
#define BLASE_LINEAGE_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

enum { PERIOD_WINDOW = 2048, PERIOD_MOST = PERIOD_WINDOW / 2, PERIOD_SLOTS = 2 * PERIOD_WINDOW };

struct period_token {
    uint64_t token, prefix;
    uint32_t earlier; /* 1 + where a token of the same slot stood before */
    uint32_t tag;     /* the caller's */
};

struct period {
    uint32_t count; /* tokens so far; the window holds the last of them */
    struct period_token window[PERIOD_WINDOW];
    uint32_t slots[PERIOD_SLOTS];
    uint64_t powers[PERIOD_MOST + 1];
};

void period_init(struct period *p);
void period_forget(struct period *p);

/* Adds a token; the shortest period of at least `least` that it completes, else 0. */
uint32_t period_add(struct period *p, uint64_t token, uint32_t tag, uint32_t least);

/* Do the last `length` tokens repeat those before them? */
bool period_holds(const struct period *p, uint32_t length);

/* How many tokens are known. */
uint32_t period_known(const struct period *p);

/* The caller's tag of the token `back` places back: 0 is the last. Only within the window. */
uint32_t period_tag(const struct period *p, uint32_t back);

#endif
