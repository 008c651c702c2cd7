/* Differences in words: which calls, and what it is that differs in them. */
#ifndef BLASE_TOOLS_DIFF_TEXT_H
#define BLASE_TOOLS_DIFF_TEXT_H

#include "tools/differ.h"

/* What the logs say of nodes that will be spoken of. */
struct told {
    uint32_t *node;
    size_t count;
    struct expand_event *event;
};
struct diff_text {
    const struct differ *differ;
    struct told a, b;
};

/* First all that is wanted, with the leaves that the calls read, then one pass over each run. */
void diff_text_want(struct diff_text *t, const struct difference *d);
void diff_text_fetch(struct diff_text *t);
void diff_text_free(struct diff_text *t);

/* "process 4711, thread 0 (5,000 calls) and process 4712, thread 0 (5,000 calls):" */
void diff_text_streams(const struct diff_text *t, const struct stream_pair *p);
void diff_text_difference(const struct diff_text *t, const struct difference *d);

/* What was fetched of a node; NULL. */
const struct expand_event *diff_text_event(const struct told *t, uint32_t node);

#endif
