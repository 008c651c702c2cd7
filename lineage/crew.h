/*
 * A crew: extra threads for one piece of work, made for the occasion and joined before it returns. Nothing of ours runs, waits or
 * holds memory between calls, so fork, exit and the program's own thread handling never meet a thread of ours idle.
 *
 * While a crew works the calling thread cannot be cancelled and takes no asynchronous signals (a handler that jumps away would
 * leave the others on a dead stack); its helpers take none either. Where threads cannot be made the caller does all the work. One
 * crew at a time a process: threads that find it busy are many already, and work alone.
 *
 * Meant for processes that are multi-threaded anyway, because their provider is.
 */
#ifndef BLASE_LINEAGE_CREW_H
#define BLASE_LINEAGE_CREW_H

#include <stdatomic.h>
#include <stdint.h>

enum { CREW_MAX = 8 };

struct crew {
    atomic_bool busy; /* all zero: ready */
};

/* Calls work(context, i) once for every i in [0, count), on up to `threads` threads, the calling one among them. */
void crew_run(struct crew *crew, int threads, int64_t count, void (*work)(void *context, int64_t i), void *context);

#endif
