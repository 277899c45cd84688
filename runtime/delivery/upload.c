/*
 * upload.c - sealed objects to the sink, again and again until it takes them. See private.h.
 *
 * After a failure the whole sink rests (back-off with jitter), then one object is tried as a probe: that with the
 * fewest failed tries, so that an object which the sink doesn't like can't hold up the others. A success ends the
 * rest for all. The log says when writing begins to fail and when it works again, not every attempt.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "core/runtime.h"
#include "core/stage_times.h"
#include "delivery/output.h"
#include "delivery/parcel.h"
#include "delivery/private.h"
#include "delivery/refused.h"

#define BACKOFF_MIN (FL_SECOND / 2)
#define BACKOFF_MAX (30 * FL_SECOND)
#define BACKOFF_HURRY FL_SECOND /* while stopping: several tries fit in the deadline */
#define RENAMES 64 /* at once; then it rests as after a failure */
#define FLAPPING (10 * FL_SECOND) /* a sink that fails and works in turns is said to fail so often at most */
#define SLOW (10 * FL_SECOND) /* an attempt of so long is worth a line before it has ended */
#define STUCK_TRIES 8 /* of an object that is denied while others get through: then it is for refused.directory */
#define REMIND (300 * FL_SECOND) /* between log lines while writing goes on failing */

int64_t fl_output_backoff(unsigned failures, uint64_t random)
{
    unsigned doublings = failures > 1 ? failures - 1 : 0;
    int64_t base = BACKOFF_MIN << (doublings < 6 ? doublings : 6);
    if (base > BACKOFF_MAX / 5 * 4)
        base = BACKOFF_MAX / 5 * 4;
    return base + (int64_t)(random % (uint64_t)(base / 4 + 1));
}

static int64_t pause_of(struct fl_output *o, unsigned failures)
{
    o->random ^= o->random << 13;
    o->random ^= o->random >> 7;
    o->random ^= o->random << 17;
    int64_t pause = fl_output_backoff(failures, o->random);
    return o->hurry && pause > BACKOFF_HURRY ? BACKOFF_HURRY : pause;
}

void fl_upload_all_due(struct fl_output *o)
{
    o->gate = INT64_MIN;
    for (struct fl_parcel *p = o->first; p; p = p->next) {
        p->next_try = INT64_MIN;
        if (o->hurry)
            o->lines[p->class_].gate = INT64_MIN;
    }
    pthread_cond_broadcast(&o->due);
}

/* ---- which and when ------------------------------------------------------------------------------------------- */

static struct fl_parcel *pick(struct fl_output *o, int64_t now)
{
    struct fl_parcel *best = NULL;
    if (o->lost || o->gate > now || (o->failures && o->uploading))
        return NULL;
    for (struct fl_parcel *p = o->first; p; p = p->next)
        if (!p->uploading && p->next_try <= now && o->lines[p->class_].gate <= now && (!best || p->tries < best->tries)) {
            best = p;
            if (p->tries == 0)
                break; /* the oldest of the untried ones */
        }
    return best;
}

static int64_t next_due(const struct fl_output *o)
{
    int64_t due = INT64_MAX;
    if (o->lost || (o->failures && o->uploading))
        return due; /* the probe's end wakes us */
    for (const struct fl_parcel *p = o->first; p; p = p->next)
        if (!p->uploading) {
            int64_t t = p->next_try > o->gate ? p->next_try : o->gate;
            if (t < o->lines[p->class_].gate)
                t = o->lines[p->class_].gate;
            due = t < due ? t : due;
            if (due <= o->gate)
                break; /* no other is due earlier; there may be many */
        }
    return due;
}

/* ---- what became of it ------------------------------------------------------------------------------------------ */

static void was_written(struct fl_output *o, struct fl_parcel *p)
{
    struct fl_ledger *l = o->ledger;
    fl_count(l, FL_C_written, p->object.num_records);
    fl_count(l, FL_C_objects, 1);
    fl_count(l, FL_C_sink_bytes, p->object.size);
    fl_log(FL_INFO, "wrote", "%skey=%s records=%llu bytes=%zu", o->label, fl_log_quote(p->object.key),
           (unsigned long long)p->object.num_records, p->object.size);
    struct fl_time now = o->rt->clock(o->rt);
    o->wrote = now.mono;
    o->wrote_at = now.wall;
    fl_durations_add(&o->took, now.mono - p->begun);
    struct fl_line *line = &o->lines[p->class_];
    if (line->failures) {
        fl_log(FL_INFO, "writing works again", "%sclass=%s after_failures=%u", o->label, p->object.class_, line->failures);
        line->failures = 0;
        line->gate = INT64_MIN;
        o->denied--;
    }
    if (o->failures) {
        if (o->told)
            fl_log(FL_INFO, "writing works again", "%safter_failures=%u", o->label, o->failures);
        o->told = false;
        o->failures = 0;
        fl_upload_all_due(o);
    }
    fl_parcel_leave(o, p);
}

/* It is in refused.directory. */
static void was_refused(struct fl_output *o, struct fl_parcel *p, const char *why)
{
    fl_count(o->ledger, FL_C_refused, p->object.num_records);
    fl_log(FL_ERROR, "object refused, kept in refused.directory", "%sbucket=%s key=%s records=%llu reason=%s",
           o->label, fl_log_quote(p->object.bucket), fl_log_quote(p->object.key), (unsigned long long)p->object.num_records,
           fl_log_quote(why));
    fl_parcel_leave(o, p);
}

/* The sink answers, but won't have this one: the others of its class, or all others, are none the worse. */
static void is_unwelcome(struct fl_output *o, struct fl_parcel *p, bool whole_class, const char *why)
{
    int64_t now = o->rt->clock(o->rt).mono;
    struct fl_line *line = &o->lines[p->class_];
    p->tries++;
    p->next_try = now + pause_of(o, p->tries);
    fl_count(o->ledger, FL_C_write_retries, 1);
    if (whole_class) {
        if (line->failures++ == 0) {
            line->since = now;
            o->denied++;
        }
        line->gate = now + pause_of(o, line->failures);
    }
    if (line->said && now - line->said < REMIND)
        return;
    bool still = line->said != 0;
    line->said = now;
    fl_log(FL_WARN, still ? "still cannot write" : "cannot write, will try again",
           "%sclass=%s bucket=%s key=%s failures=%u reason=%s", o->label, p->object.class_, fl_log_quote(p->object.bucket),
           fl_log_quote(p->object.key), p->tries, fl_log_quote(why));
}

/* Denied again and again while the sink took others: it won't change by itself. With the lock held. */
static bool is_stuck(const struct fl_output *o, const struct fl_parcel *p)
{
    const struct fl_line *line = &o->lines[p->class_];
    return p->tries + 1 >= STUCK_TRIES && line->failures && o->wrote > line->since;
}

static void is_unproven(struct fl_output *o, const struct fl_parcel *p, const char *why)
{
    fl_count(o->ledger, FL_C_unproven, p->object.num_records);
    if (o->told_unproven)
        return;
    o->told_unproven = true;
    fl_log(FL_WARN, "nothing proves that objects are stored, taken as written", "%sbucket=%s key=%s reason=%s",
           o->label, fl_log_quote(p->object.bucket), fl_log_quote(p->object.key), fl_log_quote(why));
}

/* program/stop.c ends the process: what waits is counted there. */
static void sink_is_gone(struct fl_output *o, const char *why)
{
    uint64_t one = 1;
    if (!o->lost)
        fl_log(FL_ERROR, "the output is gone", "%sreason=%s", o->label, fl_log_quote(why));
    o->lost = true;
    while (write(o->lost_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

/* But for what differs from one answer to the next: the number of the request, times in milliseconds. `a` may be cut. */
static bool same_reason(const char *a, const char *b)
{
    static const char digits[] = "0123456789", id[] = "request_id=";
    if (strncmp(a, b, 4)) /* an answer's status */
        return false;
    for (;; a++, b++) {
        a += strspn(a, digits);
        b += strspn(b, digits);
        if (!*a || (!strncmp(a, id, strlen(id)) && !strncmp(b, id, strlen(id))))
            return true;
        if (*a != *b)
            return false;
    }
}

static void has_failed(struct fl_output *o, struct fl_parcel *p, const char *why)
{
    snprintf(o->why, sizeof o->why, "%.*s", (int)sizeof o->why - 1, why);
    int64_t now = o->rt->clock(o->rt).mono;
    p->tries++;
    o->failures++;
    p->next_try = now + pause_of(o, p->tries);
    o->gate = now + pause_of(o, o->failures);
    int64_t rest = o->kind->rest && !o->hurry ? o->kind->rest(o->sink) : INT64_MIN;
    o->gate = rest > o->gate ? rest : o->gate;
    fl_count(o->ledger, FL_C_write_retries, 1);
    bool other = !same_reason(o->said_why, why);
    if (o->said && now - o->said < (o->told && !other ? REMIND : FLAPPING))
        return;
    o->said = now;
    memcpy(o->said_why, o->why, sizeof o->why);
    bool still = o->told;
    o->told = true;
    fl_log(FL_WARN, still ? "still cannot write" : "cannot write, will try again",
           "%sbucket=%s key=%s failures=%u objects_waiting=%u oldest=%.0fs reason=%s", o->label, fl_log_quote(p->object.bucket),
           fl_log_quote(p->object.key), o->failures, o->nsealed, (double)(now - o->first->sealed) / FL_SECOND, fl_log_quote(why));
}

/* The name is another object's: the same name a second later. */
static void name_is_taken(struct fl_parcel *p)
{
    struct tm tm = {0};
    char stamp[16], *at = p->key.p + p->stamp_at;
    memcpy(stamp, at, 15);
    stamp[15] = 0;
    strptime(stamp, "%Y%m%dT%H%M%S", &tm);
    fl_stamp((int64_t)timegm(&tm) + 1, stamp);
    memcpy(at, stamp, 15);
    p->object.again = false; /* under this name it is the first */
    fl_log_limited(60, FL_WARN, "name is taken by another object, using the next", "key=%s",
                   fl_log_quote(p->object.key));
}

/* Write one; the lock is let go meanwhile. */
static void attempt(struct fl_output *o, struct fl_parcel *p)
{
    char why[512] = "";
    p->uploading = true;
    p->begun = o->rt->clock(o->rt).mono;
    bool stuck = is_stuck(o, p);
    o->uploading++;
    pthread_mutex_unlock(&o->lock);
    enum fl_write_result result = o->kind->write(o->sink, &p->object, why, sizeof why);
    if (o->account && (result == FL_WRITTEN || result == FL_UNPROVEN))
        o->account->add(o->accounts, &p->object);
    bool kept = o->refused && (result == FL_REFUSED || (result == FL_DENIED && stuck)) &&
                fl_refused_keep(o->refused, &p->object, why, sizeof why);
    pthread_mutex_lock(&o->lock);
    p->uploading = false;
    o->uploading--;
    if (o->abort)
        pthread_cond_broadcast(&o->gone);
    switch (result) {
    case FL_UNPROVEN:
        is_unproven(o, p, why);
        was_written(o, p);
        break;
    case FL_WRITTEN:
        was_written(o, p);
        break;
    case FL_RETRY:
        p->object.again = true;
        has_failed(o, p, why);
        break;
    case FL_DENIED:
    case FL_REFUSED:
        if (kept)
            was_refused(o, p, why);
        else
            is_unwelcome(o, p, result == FL_DENIED, why);
        break;
    case FL_GONE:
        sink_is_gone(o, why);
        break;
    case FL_EXISTS:
        name_is_taken(p);
        if (++p->renames % RENAMES == 0)
            has_failed(o, p, "the sink says of each name that another object has it");
        break;
    }
    if (o->failures) /* the others wait for the end of a probe, or for new times */
        pthread_cond_broadcast(&o->due);
}

int64_t fl_output_age(struct fl_output *o)
{
    FL_ALIVE(o, FL_OUTPUT_MARK);
    pthread_mutex_lock(&o->lock);
    int64_t age = o->first ? o->rt->clock(o->rt).mono - o->first->sealed : 0;
    pthread_mutex_unlock(&o->lock);
    return age;
}

/* A store that hangs says nothing: the sink's own time-out may be a minute. */
void fl_output_watch(struct fl_output *o)
{
    FL_ALIVE(o, FL_OUTPUT_MARK);
    pthread_mutex_lock(&o->lock);
    int64_t now = o->rt->clock(o->rt).mono;
    for (const struct fl_parcel *p = o->first; p; p = p->next) {
        if (!p->uploading || now - p->begun < SLOW || (o->said_slow && now - o->said_slow < REMIND))
            continue;
        o->said_slow = now;
        fl_log(FL_WARN, "still writing", "%sbucket=%s key=%s bytes=%zu for=%.0fs objects_waiting=%u", o->label, fl_log_quote(p->object.bucket),
               fl_log_quote(p->object.key), p->object.size, (double)(now - p->begun) / FL_SECOND, o->nsealed);
    }
    pthread_mutex_unlock(&o->lock);
}

void fl_output_waits(struct fl_output *o, char *out, size_t size)
{
    FL_ALIVE(o, FL_OUTPUT_MARK);
    pthread_mutex_lock(&o->lock);
    int64_t now = o->rt->clock(o->rt).mono, writing = 0;
    for (const struct fl_parcel *p = o->first; p; p = p->next)
        if (p->uploading && now - p->begun > writing)
            writing = now - p->begun;
    *out = 0;
    if (o->first) {
        int n = snprintf(out, size, "objects_waiting=%u bytes_waiting=%llu oldest=%.0fs", o->nsealed, (unsigned long long)o->sealed_bytes,
                         (double)(now - o->first->sealed) / FL_SECOND);
        if (n > 0 && (size_t)n < size && writing >= SLOW)
            n += snprintf(out + n, size - (size_t)n, " writing_for=%.0fs", (double)writing / FL_SECOND);
        if (n > 0 && (size_t)n < size && o->failures)
            snprintf(out + n, size - (size_t)n, " failures=%u reason=%s", o->failures, fl_log_quote(o->why));
    }
    pthread_mutex_unlock(&o->lock);
}

void *fl_upload_thread(void *output)
{
    struct fl_output *o = output;
    pthread_mutex_lock(&o->lock);
    while (!o->abort) {
        struct fl_parcel *p = pick(o, o->rt->clock(o->rt).mono);
        if (p)
            attempt(o, p);
        else
            fl_output_cond_wait(o, &o->due, next_due(o));
    }
    pthread_mutex_unlock(&o->lock);
    fl_stage_time(FL_TIMED_WRITE);
    return NULL;
}

int64_t fl_output_step(struct fl_output *o)
{
    FL_ALIVE(o, FL_OUTPUT_MARK);
    pthread_mutex_lock(&o->lock);
    struct fl_parcel *p;
    while ((p = pick(o, o->rt->clock(o->rt).mono)) != NULL)
        attempt(o, p);
    int64_t due = next_due(o);
    pthread_mutex_unlock(&o->lock);
    return due;
}

void fl_upload_give_up(struct fl_output *o)
{
    uint64_t records = 0, objects = 0;
    o->given_up = true;
    for (struct fl_parcel *p = o->first, *next; p; p = next) {
        next = p->next;
        records += p->object.num_records;
        objects++;
        /* An upload that hangs keeps its memory; its records are given up like the others'. */
        if (!p->uploading)
            fl_parcel_leave(o, p);
    }
    fl_count(o->ledger, FL_C_undelivered, records);
    if (objects)
        fl_log(FL_ERROR, "stopped before everything was written", "%sobjects=%llu records=%llu", o->label,
               (unsigned long long)objects, (unsigned long long)records);
}
