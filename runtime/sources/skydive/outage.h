/*
 * outage.h - times in which flows may be missed, and how long to wait before connecting again; used by skydive.c. It has no
 * clock and does no I/O but for the log: all times are given.
 */
#ifndef FL_SKYDIVE_OUTAGE_H
#define FL_SKYDIVE_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

struct fl_ledger;

#define FL_FIRST_PAUSE INT64_C(1000000000) /* ns, as the original's only one */

struct fl_outage {
    struct fl_ledger *ledger;
    int64_t max_pause;  /* ns */
    int64_t next_pause; /* without jitter; FL_FIRST_PAUSE to begin with */
    int64_t from;       /* wall time since which flows are missed; 0: they aren't */
    char why[320];
};

/*
 * How long to wait now. `random` is any number: between 0.75 and 1.25 times the pause, so that many exporters don't come
 * back in step. Each pause is twice the one before, up to max_pause, until fl_outage_connected.
 */
int64_t fl_outage_pause(struct fl_outage *o, uint32_t random);
/* Since `from` (wall time, ns) flows may be missed: counted as `gaps`. One that has begun goes on, with its reason. */
void fl_outage_begin(struct fl_outage *o, int64_t from, const char *why);
/* It is over: one line in the log. Nothing if none had begun. */
void fl_outage_end(struct fl_outage *o, int64_t to);
/* Flows come again: the next pause is the first one. */
void fl_outage_connected(struct fl_outage *o, int64_t now);

#endif
