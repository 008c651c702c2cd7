#include "tools/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "lineage/clock.h"
#include "tools/text.h"

enum { LOOK_EVERY = 1024 }; /* steps between two looks at the clock */
static const uint64_t PATIENCE_NS = 500000000, PACE_NS = 100000000;

static struct {
    const char *what, *unit;
    uint64_t steps, next_ns;
    bool terminal, shown;
} now;

void progress_begin(const char *what, const char *unit)
{
    now.what = what;
    now.unit = unit;
    now.steps = 0;
    now.shown = false;
    now.terminal = isatty(STDERR_FILENO);
    now.next_ns = now.terminal ? clock_ns() + PATIENCE_NS : 0;
}

void progress_step(void)
{
    if (++now.steps % LOOK_EVERY || !now.terminal)
        return;
    uint64_t ns = clock_ns();
    if (ns < now.next_ns)
        return;
    now.next_ns = ns + PACE_NS;
    now.shown = true;
    fprintf(stderr, "\rblase: %s: %s %s ", now.what, text_thousands(now.steps).s, now.unit);
    fflush(stderr);
}

void progress_end(void)
{
    if (now.shown)
        fputs("\r\033[K", stderr);
    now.shown = now.terminal = false;
}
