/*
 * Runs a program in our place: it gets our standard streams, signal dispositions and mask as they came to us; signals sent to us
 * reach it; we stop when it stops and end when it ends. Single-threaded; once in a process.
 */
#ifndef BLASE_TOOLS_LAUNCH_H
#define BLASE_TOOLS_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct launch {
    pid_t pid;
    uint64_t started_ns, ns; /* wall clock; how long it ran */
    int exec_errno;          /* why it could not be started, 0 when it was */
    int status, signal;      /* as a shell has it: 128 + signal if one killed it; signal 0: none did */
};

/* Waits for the end; `started` is called once the program runs. False: nothing was run, exec_errno says why. */
bool launch(char *const argv[], void (*started)(void *context, const struct launch *launch), void *context, struct launch *out);

#endif
