/* clock.c - the real and the virtual clock of a runtime; program/main.c takes the first, tests the second. */
#include <time.h>

#include "core/runtime.h"

static int64_t ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return t.tv_sec * FL_SECOND + t.tv_nsec;
}

int64_t fl_clock_monotonic(void)
{
    return ns(CLOCK_MONOTONIC);
}

struct fl_time fl_clock_real(struct fl_runtime *rt)
{
    (void)rt;
    return (struct fl_time){ ns(CLOCK_REALTIME), ns(CLOCK_MONOTONIC) };
}

struct fl_time fl_clock_virtual(struct fl_runtime *rt)
{
    return rt->virtual_time;
}
