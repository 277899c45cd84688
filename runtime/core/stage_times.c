/* stage_times.c - see stage_times.h. */
#include "core/stage_times.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

static bool on;
static _Atomic int64_t total[FL_TIMED_COUNT];
static _Thread_local int64_t last;

void fl_stage_times_init(void)
{
    const char *s = getenv("FLOWC_STAGE_TIMES");
    on = s && *s == '1';
}

void fl_stage_time(enum fl_timed stage)
{
    struct timespec t;
    if (!on)
        return;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    int64_t now = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    atomic_fetch_add_explicit(&total[stage], now - last, memory_order_relaxed);
    last = now;
}

void fl_stage_times_log(void)
{
    if (!on)
        return;
    fl_log(FL_INFO, "stage times", "read=%lld decode=%lld run=%lld encode=%lld compress=%lld write=%lld", (long long)total[0],
           (long long)total[1], (long long)total[2], (long long)total[3], (long long)total[4], (long long)total[5]);
}
