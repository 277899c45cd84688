/* outage.c - see outage.h. */
#include <stdio.h>

#include "base/log.h"
#include "core/clock.h"
#include "core/ledger.h"
#include "sources/skydive/outage.h"
#include "value/time.h"

#define MILLISECOND (FL_SECOND / 1000)

int64_t fl_outage_pause(struct fl_outage *o, uint32_t random)
{
    int64_t p = o->next_pause < o->max_pause ? o->next_pause : o->max_pause;
    o->next_pause = p < o->max_pause / 2 ? p * 2 : o->max_pause;
    return p - p / 4 + (int64_t)((double)(p / 2) * random / UINT32_MAX);
}

void fl_outage_begin(struct fl_outage *o, int64_t from, const char *why)
{
    if (o->from)
        return;
    fl_count(o->ledger, FL_C_gaps, 1);
    o->from = from;
    snprintf(o->why, sizeof o->why, "%s", why);
}

void fl_outage_end(struct fl_outage *o, int64_t to)
{
    char from_text[32], to_text[32];
    if (!o->from)
        return;
    if (to < o->from) /* the wall clock was set back */
        to = o->from;
    *fl_time_put(from_text, o->from - o->from % MILLISECOND, true) = 0;
    *fl_time_put(to_text, to - to % MILLISECOND, true) = 0;
    fl_log(FL_WARN, "gap", "from=%s to=%s seconds=%.1f why=%s", from_text, to_text, (double)(to - o->from) / FL_SECOND,
           fl_log_quote(o->why));
    o->from = 0;
}

void fl_outage_connected(struct fl_outage *o, int64_t now)
{
    o->next_pause = FL_FIRST_PAUSE;
    fl_outage_end(o, now);
}
