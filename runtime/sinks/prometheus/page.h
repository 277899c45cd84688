/*
 * page.h - the metrics of an output as a page in Prometheus' text format, in parts: what a scrape reads. Families come sorted by name.
 *
 * The page is made while records change the values; each value is whole, and a histogram's buckets never go down towards the last.
 */
#ifndef FL_PAGE_H
#define FL_PAGE_H

#include <stddef.h>

#include "lang/meters.h"

#define FL_PAGE_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define FL_PAGE_LEAST ((size_t)64 << 10) /* room for a part */

struct fl_page;
struct fl_page_reading;

/* How the page of these looks; they outlive it. */
struct fl_page *fl_page_new(struct fl_meters *const *meters, uint32_t n);
void fl_page_free(struct fl_page *p);

/* NULL: too many read it. Any thread. */
struct fl_page_reading *fl_page_open(const struct fl_page *p);
/* Puts the next part at `to`, FL_PAGE_LEAST bytes of room at least; returns its length, 0: that was all. */
size_t fl_page_next(struct fl_page_reading *r, char *to, size_t room);
void fl_page_close(struct fl_page_reading *r);

#endif
