/* What something took of the processor, however busy the machine was. */
#ifndef BLASE_TESTS_UNIT_PROCESSOR_H
#define BLASE_TESTS_UNIT_PROCESSOR_H

#include <time.h>

static inline double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
