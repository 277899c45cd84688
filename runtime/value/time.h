/*
 * time.h - times (ns since 1970 UTC) as calendar dates and texts. Never depends on locale or time zone of the
 * process. Used by the JSON writer and scanner and by the builtins.
 */
#ifndef FL_TIME_TEXT_H
#define FL_TIME_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* A time in the proleptic Gregorian calendar, UTC. 64-bit ns reach from 1677 to 2262. */
struct fl_civil {
    int32_t year;
    uint32_t month, day;               /* from 1 */
    uint32_t hour, minute, second, ns;
    uint32_t weekday;                  /* 0: Sunday */
    uint32_t yearday;                  /* 0: 1st of January */
};

void fl_civil_of(int64_t ns, struct fl_civil *c);
/* Days since 1970-01-01 of a date; month 1..12. */
int64_t fl_days_of(int64_t year, uint32_t month, uint32_t day);

/* `2026-11-23T08:55:02Z`; 0, 3, 6 or 9 decimals as needed, or never any. At most 30 bytes; returns the end. */
char *fl_time_put(char *w, int64_t ns, bool decimals);

/*
 * RFC 3339 section 5.6: `T`, `t` or a blank between date and time, any number of decimals (beyond ns cut off), `Z`,
 * `z` or an offset. The offset's colon may be missing (as Suricata writes it). :60 is the next minute's first
 * second. False: anything else, or not within 64-bit ns.
 */
bool fl_time_parse(const char *p, size_t n, int64_t *ns);

/* `1h30m`, `2m`, `1.5s`, `250ms`, `3us`, `0s`; at most 40 bytes; returns the end. */
char *fl_duration_put(char *w, int64_t ns);

/*
 * Append `fmt` with its %-fields, those of dsl/strftime.h, and fractions %3f %6f %9f (%f: 6). English names; %s seconds since
 * 1970; %z is +0000, %Z UTC. An unknown field is copied as it is.
 */
void fl_time_format(struct fl_buf *out, int64_t ns, const char *fmt, size_t n);

#endif
