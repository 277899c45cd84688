/*
 * clock.h - what time it is; real, or set by a test: rt->clock is one of these.
 *
 * wall: labels (keys, metadata), ns since 1970. mono: ages and deadlines, ns, never steps back.
 */
#ifndef FL_CLOCK_H
#define FL_CLOCK_H

#include <stdint.h>

struct fl_runtime;

struct fl_time {
    int64_t wall, mono;
};
#define FL_SECOND INT64_C(1000000000)

/* CLOCK_MONOTONIC in ns, whatever rt->clock is: a real server takes real time, also in tests. */
int64_t fl_clock_monotonic(void);
struct fl_time fl_clock_real(struct fl_runtime *rt);
struct fl_time fl_clock_virtual(struct fl_runtime *rt); /* rt->virtual_time */

#endif
