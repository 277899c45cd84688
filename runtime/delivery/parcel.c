/*
 * parcel.c - parcels: made, used again, and the list of those that are sealed and wait for the sink; see private.h.
 */
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/memory.h"
#include "core/runtime.h"
#include "delivery/output.h"
#include "delivery/parcel.h"
#include "delivery/private.h"

#define SPARE_DATA ((size_t)1 << 20)

void fl_output_cond_wait(struct fl_output *o, pthread_cond_t *cond, int64_t until)
{
    if (until == INT64_MAX) {
        pthread_cond_wait(cond, &o->lock);
        return;
    }
    /* The runtime's clock may be shifted against the system's: only the distance is taken from it. */
    int64_t left = until - o->rt->clock(o->rt).mono;
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    if (left > 3600 * FL_SECOND)
        left = 3600 * FL_SECOND;
    if (left > 0) {
        ts.tv_sec += left / FL_SECOND;
        ts.tv_nsec += left % FL_SECOND;
        if (ts.tv_nsec >= FL_SECOND) {
            ts.tv_sec++;
            ts.tv_nsec -= FL_SECOND;
        }
    }
    pthread_cond_timedwait(cond, &o->lock, &ts);
}

void fl_stamp(int64_t second, char stamp[16])
{
    time_t t = second;
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(stamp, 16, "%Y%m%dT%H%M%S", &tm);
}

/* ---- open -------------------------------------------------------------------------------------------------------- */

static void free_parcel(struct fl_parcel *p)
{
    fl_buf_free(&p->data);
    fl_buf_free(&p->key);
    fl_buf_free(&p->bucket);
    fl_unmark(p);
    free(p);
}

void fl_parcel_release(struct fl_output *o, struct fl_parcel *p)
{
    FL_ALIVE(p, FL_PARCEL_MARK);
    fl_compressor_close(o, p->own);
    p->own = NULL;
    if (o->nspare >= FL_SPARE_PARCELS || p->data.cap > SPARE_DATA) {
        free_parcel(p);
        return;
    }
    p->next = o->spare;
    o->spare = p;
    o->nspare++;
}

void fl_parcels_free(struct fl_output *o, struct fl_parcel *first)
{
    for (struct fl_parcel *p = first, *next; p; p = next) {
        next = p->next;
        fl_compressor_close(o, p->own);
        free_parcel(p);
    }
}

struct fl_parcel *fl_output_open(struct fl_output *o, uint32_t class_)
{
    FL_ALIVE(o, FL_OUTPUT_MARK);
    pthread_mutex_lock(&o->lock);
    struct fl_parcel *p = o->spare;
    if (p) {
        o->spare = p->next;
        o->nspare--;
    }
    pthread_mutex_unlock(&o->lock);
    struct fl_parcel fresh = {.magic = FL_PARCEL_MARK, .class_ = class_, .opened = o->rt->clock(o->rt).mono};
    if (p) {
        fresh.data = p->data;
        fresh.key = p->key;
        fresh.bucket = p->bucket;
        fresh.data.n = fresh.key.n = fresh.bucket.n = 0;
    } else {
        p = fl_new(struct fl_parcel);
    }
    *p = fresh;
    pthread_mutex_lock(&o->lock);
    p->prev = o->newest;
    *(o->newest ? &o->newest->next : &o->open) = p;
    o->newest = p;
    pthread_mutex_unlock(&o->lock);
    return p;
}

void fl_parcel_unopen(struct fl_output *o, struct fl_parcel *p)
{
    *(p->prev ? &p->prev->next : &o->open) = p->next;
    *(p->next ? &p->next->prev : &o->newest) = p->prev;
}

void fl_parcel_hold(struct fl_output *o, struct fl_parcel *p, uint64_t bytes)
{
    atomic_fetch_add_explicit(&o->held, bytes - p->held, memory_order_relaxed);
    p->held = bytes;
}

/* ---- sealed ------------------------------------------------------------------------------------------------------ */

void fl_parcel_enqueue(struct fl_output *o, struct fl_parcel *p)
{
    FL_ALIVE(p, FL_PARCEL_MARK);
    fl_parcel_unopen(o, p);
    p->sealed = o->rt->clock(o->rt).mono;
    p->prev = o->last;
    p->next = NULL;
    *(o->last ? &o->last->next : &o->first) = p;
    o->last = p;
    struct fl_line *l = &o->lines[p->class_];
    p->older = l->newest;
    p->newer = NULL;
    *(l->newest ? &l->newest->newer : &l->oldest) = p;
    l->newest = p;
    o->sealed_bytes += FL_PARCEL_BYTES + p->object.size;
    fl_parcel_hold(o, p, FL_PARCEL_BYTES + p->object.size);
    o->nsealed++;
    pthread_cond_signal(&o->due);
}

void fl_parcel_leave(struct fl_output *o, struct fl_parcel *p)
{
    *(p->prev ? &p->prev->next : &o->first) = p->next;
    *(p->next ? &p->next->prev : &o->last) = p->prev;
    struct fl_line *l = &o->lines[p->class_];
    *(p->older ? &p->older->newer : &l->oldest) = p->newer;
    *(p->newer ? &p->newer->older : &l->newest) = p->older;
    o->sealed_bytes -= FL_PARCEL_BYTES + p->object.size;
    fl_parcel_hold(o, p, 0);
    o->nsealed--;
    if (!o->given_up)
        atomic_fetch_sub_explicit(&o->unsettled[p->generation & 1], 1, memory_order_release);
    atomic_fetch_sub_explicit(&o->waiting[p->class_], p->object.num_records, memory_order_relaxed);
    fl_parcel_release(o, p);
    pthread_cond_broadcast(&o->gone);
}

void fl_output_mark(struct fl_output *o)
{
    o->generation++;
}

bool fl_output_settled(const struct fl_output *o)
{
    return atomic_load_explicit(&o->unsettled[(o->generation - 1) & 1], memory_order_acquire) == 0;
}

bool fl_output_full(const struct fl_output *o)
{
    return atomic_load_explicit(&o->held, memory_order_relaxed) >= o->max_bytes;
}

enum fl_when_full fl_output_when_full(const struct fl_output *o)
{
    return o->when_full;
}

const char *fl_output_label(const struct fl_output *o)
{
    return o->label;
}

uint64_t fl_output_waiting(const struct fl_output *o, uint32_t class_)
{
    return atomic_load_explicit(&o->waiting[class_], memory_order_relaxed);
}
