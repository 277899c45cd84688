/*
 * output.c - takes raw pieces from the store, compresses them as they arrive, passes sealed objects on to upload.c.
 * See parcel.h for what the store calls, pieces.h for what the hands call, output.h for the life cycle.
 *
 * Compressing at once instead of at the end keeps an open object at a tenth of its size and spreads the work. It is done
 * by the thread that encoded, so that a piece never leaves the processor's cache; with several such threads (run/hands.c),
 * pieces wait until those of the load before are done, so that each object's bytes are the same in every run. Classes are
 * spread over lanes, so that a load's pieces wait only for those of the same lane.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"
#include "delivery/output.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "config/values.h"
#include "core/runtime.h"
#include "core/stage_times.h"
#include "delivery/parcel.h"
#include "delivery/pieces.h"
#include "delivery/private.h"

/*
 * Sealing waits up to PACE_TIME while this much is waiting for a sink that takes objects: memory stays small at full
 * speed, and 6000 records a quarter of a second is far above what a slow but living sink has to keep up with.
 */
#define PACE_BYTES (UINT64_C(2) << 20)
#define PACE_TIME (FL_SECOND / 4)
#define SPARE_DATA ((size_t)1 << 20)
#define SPARE_RAW ((size_t)256 << 10)

static const struct fl_sink_kind *const sinks[] = {&fl_sink_s3, &fl_sink_file, &fl_sink_stdout, &fl_sink_memory};

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

/* ---- parcels ------------------------------------------------------------------------------------------------- */

static void free_parcel(struct fl_parcel *p)
{
    fl_buf_free(&p->data);
    fl_buf_free(&p->key);
    fl_buf_free(&p->bucket);
    free(p);
}

void fl_parcel_release(struct fl_output *o, struct fl_parcel *p)
{
    fl_compressor_free(p->own);
    p->own = NULL;
    if (o->nspare >= FL_SPARE_PARCELS || p->data.cap > SPARE_DATA) {
        free_parcel(p);
        return;
    }
    p->next = o->spare;
    o->spare = p;
    o->nspare++;
}

struct fl_parcel *fl_output_open(struct fl_output *o, uint32_t class_)
{
    pthread_mutex_lock(&o->lock);
    struct fl_parcel *p = o->spare;
    if (p) {
        o->spare = p->next;
        o->nspare--;
    }
    pthread_mutex_unlock(&o->lock);
    struct fl_parcel fresh = {.class_ = class_};
    if (p) {
        fresh.data = p->data;
        fresh.key = p->key;
        fresh.bucket = p->bucket;
        fresh.data.n = fresh.key.n = fresh.bucket.n = 0;
    } else {
        p = fl_new(struct fl_parcel);
    }
    *p = fresh;
    return p;
}

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

/* One for all objects of a class: they are passed on in the order in which they were sealed. */
static struct fl_lane *lane_of(struct fl_output *o, const struct fl_parcel *p)
{
    return &o->lanes[p->class_ % FL_LANES];
}

/* The parcel's compressor: its own slot, a free one, or that of the parcel which got nothing for longest. */
static struct fl_compressor *compressor_of(struct fl_output *o, struct fl_parcel *p)
{
    if (p->own)
        return p->own;
    struct fl_lane *lane = lane_of(o, p);
    struct fl_compressor_slot *free_slot = NULL, *oldest = NULL;
    for (unsigned i = 0; i < FL_COMPRESSORS; i++) {
        struct fl_compressor_slot *t = &lane->slots[i];
        if (t->user == p) {
            t->used = ++lane->used;
            return t->compressor;
        }
        if (!t->user)
            free_slot = free_slot ? free_slot : t;
        else if (!oldest || t->used < oldest->used)
            oldest = t;
    }
    if (!free_slot) {
        if (!fl_compressor_suspend(oldest->compressor, &oldest->user->data, &oldest->user->mark))
            return p->own = fl_compressor_new(o->compress, o->library, o->level);
        free_slot = oldest;
    }
    if (!free_slot->compressor)
        free_slot->compressor = fl_compressor_new(o->compress, o->library, o->level);
    free_slot->user = p;
    free_slot->used = ++lane->used;
    fl_compressor_resume(free_slot->compressor, &p->mark);
    return free_slot->compressor;
}

/* Room for a piece is many times what a small object takes, and there may be many of these. */
static void shrink(struct fl_buf *b)
{
    char *p = b->n < b->cap / 8 ? realloc(b->p, b->n + 1) : NULL;
    if (!p)
        return;
    b->p = p;
    b->cap = b->n + 1;
}

static void compress_piece(struct fl_output *o, const struct fl_piece *piece)
{
    struct fl_parcel *p = piece->parcel;
    struct fl_compressor *c = compressor_of(o, p);
    fl_compressor_put(c, piece->raw.p, piece->raw.n, &p->data);
    if (!piece->last)
        return;
    fl_compressor_end(c, &p->data);
    struct fl_lane *lane = lane_of(o, p);
    for (unsigned i = 0; i < FL_COMPRESSORS; i++)
        if (lane->slots[i].user == p)
            lane->slots[i].user = NULL;
    shrink(&p->data);
    p->object.data = p->data.n ? p->data.p : "";
    p->object.size = p->data.n;
}

/* Take the piece's buffer back, pass its parcel on. */
static void piece_done(struct fl_output *o, struct fl_pieces *from, struct fl_piece *piece)
{
    piece->raw.n = 0;
    if (from->nspare < FL_SPARE_RAW && piece->raw.cap <= SPARE_RAW)
        from->spare[from->nspare++] = piece->raw;
    else
        fl_buf_free(&piece->raw);
    if (!piece->last)
        return;
    pthread_mutex_lock(&o->lock);
    fl_upload_enqueue(o, piece->parcel);
    pthread_mutex_unlock(&o->lock);
}

static void compress_one(struct fl_output *o, struct fl_pieces *from, struct fl_piece *piece)
{
    fl_stage_time(FL_TIMED_ENCODE);
    compress_piece(o, piece);
    fl_stage_time(FL_TIMED_COMPRESS);
    piece_done(o, from, piece);
}

void fl_output_compress(struct fl_output *o, struct fl_pieces *pieces, unsigned lane)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < pieces->n; i++)
        if (lane_of(o, pieces->piece[i].parcel) == &o->lanes[lane])
            compress_one(o, pieces, &pieces->piece[i]);
        else
            pieces->piece[left++] = pieces->piece[i];
    pieces->n = left;
}

void fl_output_compress_now(struct fl_output *o)
{
    if (o->into->n == 0)
        return;
    for (unsigned lane = 0; lane < FL_LANES; lane++) {
        o->into->turn(o->into->arg, lane);
        fl_output_compress(o, o->into, lane);
    }
}

static void hand_over(struct fl_output *o, struct fl_parcel *p, struct fl_buf *raw, bool last)
{
    struct fl_pieces *into = o->into;
    struct fl_piece piece = {p, *raw, last};
    size_t cap = raw->cap < SPARE_RAW ? raw->cap : SPARE_RAW;
    if (!into->turn) {
        compress_one(o, into, &piece);
    } else {
        if (into->n == FL_PIECES)
            fl_output_compress_now(o);
        into->piece[into->n++] = piece;
    }
    *raw = into->nspare ? into->spare[--into->nspare] : (struct fl_buf){0};
    if (!raw->p && !last) /* the next piece will be as large */
        fl_buf_room(raw, cap - FL_PAD);
}

/* ---- for the store ---------------------------------------------------------------------------------------------- */

void fl_output_append(struct fl_output *o, struct fl_parcel *p, struct fl_buf *raw)
{
    hand_over(o, p, raw, false);
}

/* Do uploads lag behind, though they work? Objects on which uploaders are busy don't count, however large. */
static bool lagging(const struct fl_output *o)
{
    return o->sealed_bytes > PACE_BYTES && o->nsealed > o->nuploads && o->failures == 0 && !o->hurry;
}

static void pace(struct fl_output *o)
{
    pthread_mutex_lock(&o->lock);
    bool wait = lagging(o);
    pthread_mutex_unlock(&o->lock);
    if (!wait)
        return;
    fl_output_compress_now(o);
    pthread_mutex_lock(&o->lock);
    if (lagging(o)) {
        int64_t until = o->rt->clock(o->rt).mono + PACE_TIME;
        while (lagging(o) && o->rt->clock(o->rt).mono < until)
            fl_output_cond_wait(o, &o->gone, until);
    }
    pthread_mutex_unlock(&o->lock);
}

void fl_output_seal(struct fl_output *o, struct fl_parcel *p, struct fl_buf *raw, const struct fl_label *label)
{
    fl_buf_puts(&p->key, label->key);
    fl_buf_putc(&p->key, 0);
    fl_buf_puts(&p->bucket, label->bucket);
    fl_buf_putc(&p->bucket, 0);
    p->stamp_at = label->stamp_at;
    p->object = (struct fl_object){
        .bucket = p->bucket.p,
        .key = p->key.p,
        .content_type = label->content_type,
        .content_encoding = label->content_encoding,
        .first_timestamp = label->first_timestamp,
        .last_timestamp = label->last_timestamp,
        .num_records = label->num_records,
        .class_ = o->rt->pipeline->classes[p->class_],
    };
    atomic_fetch_add_explicit(&o->waiting[p->class_], label->num_records, memory_order_relaxed);
    hand_over(o, p, raw, true);
    if (o->started)
        pace(o);
    else
        fl_output_step(o);
}

void fl_output_discard(struct fl_output *o, struct fl_parcel *p)
{
    struct fl_lane *lane = lane_of(o, p);
    for (unsigned i = 0; i < FL_COMPRESSORS; i++)
        if (lane->slots[i].user == p) {
            struct fl_buf rest = {0};
            fl_compressor_end(lane->slots[i].compressor, &rest);
            fl_buf_free(&rest);
            lane->slots[i].user = NULL;
        }
    pthread_mutex_lock(&o->lock);
    fl_parcel_release(o, p);
    pthread_mutex_unlock(&o->lock);
}

uint64_t fl_output_waiting(const struct fl_output *o, uint32_t class_)
{
    return atomic_load_explicit(&o->waiting[class_], memory_order_relaxed);
}

bool fl_output_wait(struct fl_output *o, uint32_t class_, uint64_t seen, int64_t until)
{
    if (!o->started) {
        fl_output_step(o);
        return false;
    }
    fl_output_compress_now(o);
    pthread_mutex_lock(&o->lock);
    while (!o->hurry && fl_output_waiting(o, class_) >= seen && o->rt->clock(o->rt).mono < until)
        fl_output_cond_wait(o, &o->gone, until);
    bool go_on = !o->hurry;
    pthread_mutex_unlock(&o->lock);
    return go_on;
}

void fl_output_into(struct fl_output *o, struct fl_pieces *pieces)
{
    o->into = pieces ? pieces : &o->own;
}

void fl_pieces_free(struct fl_pieces *p)
{
    for (uint32_t i = 0; i < p->nspare; i++)
        fl_buf_free(&p->spare[i]);
    p->nspare = 0;
}

const struct fl_compress_kind *fl_output_compression(const struct fl_output *o)
{
    return o->compression;
}

/* ---- life cycle ------------------------------------------------------------------------------------------------- */

struct fl_output *fl_output_new_with(struct fl_runtime *rt, const struct fl_sink_kind *kind, char **error)
{
    struct fl_output *o = fl_new(struct fl_output);
    o->rt = rt;
    o->kind = kind;
    o->lost_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    o->into = &o->own;
    o->compress = fl_config_kind(rt->config, "compress");
    if (strcmp(o->compress, "gzip") == 0) {
        o->level = (int)fl_option_int(rt->config, "compress", "gzip", "level");
        o->library = (enum fl_library)fl_option_int(rt->config, "compress", "gzip", "library");
    }
    struct fl_compressor *first = o->lanes[0].slots[0].compressor = fl_compressor_new(o->compress, o->library, o->level);
    o->compression = fl_compressor_kind(first);
    o->waiting = fl_new_array(_Atomic uint64_t, rt->pipeline->nclasses + 1);
    o->lines = fl_new_array(struct fl_line, rt->pipeline->nclasses + 1);
    struct fl_time now = rt->clock(rt);
    o->random = (uint64_t)now.wall ^ (uint64_t)now.mono << 20 ^ 0x9e3779b97f4a7c15u;
    pthread_mutex_init(&o->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_t *conds[] = {&o->due, &o->gone};
    for (unsigned i = 0; i < 2; i++)
        pthread_cond_init(conds[i], &attr);
    pthread_condattr_destroy(&attr);
    o->sink = kind->open(rt, error);
    if (o->sink)
        return o;
    fl_output_free(o);
    return NULL;
}

struct fl_output *fl_output_new(struct fl_runtime *rt, char **error)
{
    const char *name = fl_config_kind(rt->config, "write");
    for (size_t i = 0; i < sizeof sinks / sizeof *sinks; i++)
        if (strcmp(sinks[i]->name, name) == 0)
            return fl_output_new_with(rt, sinks[i], error);
    *error = fl_said("pipeline.write.type is \"%s\": expected s3, file or stdout", name);
    return NULL;
}

void *fl_output_sink(struct fl_output *o)
{
    return o->sink;
}

char *fl_output_check(struct fl_output *o)
{
    return o->kind->check ? o->kind->check(o->sink) : NULL;
}

static void start_thread(pthread_t *t, void *(*run)(void *), struct fl_output *o, const char *name)
{
    int e = pthread_create(t, NULL, run, o);
    if (e) {
        fl_log(FL_CRITICAL, "cannot start a thread", "thread=%s reason=%s", name, fl_log_quote(strerror(e)));
        exit(1);
    }
    pthread_setname_np(*t, name);
}

void fl_output_start(struct fl_output *o)
{
    unsigned n = o->kind->serial || !o->kind->uploads ? 1 : o->kind->uploads(o->sink);
    o->nuploads = n < 1 ? 1 : n > FL_UPLOADS_MAX ? FL_UPLOADS_MAX : n;
    o->started = true;
    /* Signals are the main thread's; blocked here, SIGPIPE becomes the error EPIPE. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (unsigned i = 0; i < o->nuploads; i++)
        start_thread(&o->upload_threads[i], fl_upload_thread, o, "upload");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void fl_output_hurry(struct fl_output *o)
{
    pthread_mutex_lock(&o->lock);
    o->hurry = true;
    fl_upload_all_due(o);
    pthread_cond_broadcast(&o->gone);
    pthread_mutex_unlock(&o->lock);
}

int fl_output_lost_fd(const struct fl_output *o)
{
    return o->lost_fd;
}

void fl_output_freeze(struct fl_output *o)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    if (pthread_mutex_timedlock(&o->lock, &until) != 0)
        fl_log(FL_DEBUG, "the output is busy, its last numbers may be off", NULL);
}

/* Uploaders end soon after `interrupt`; one that hangs all the same (a name server) must not hold up the exit. */
static void join_uploads(struct fl_output *o)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_sec += 3;
    for (unsigned i = 0; i < o->nuploads; i++)
        if (pthread_timedjoin_np(o->upload_threads[i], NULL, &ts) != 0)
            fl_log(FL_WARN, "an upload does not end, leaving it behind", "upload=%u", i);
}

static void stop_threads(struct fl_output *o, int64_t deadline)
{
    pthread_mutex_lock(&o->lock);
    fl_upload_all_due(o);
    while (o->first && o->rt->clock(o->rt).mono < deadline)
        fl_output_cond_wait(o, &o->gone, deadline);
    o->abort = true;
    pthread_cond_broadcast(&o->due);
    bool busy = o->uploading > 0;
    pthread_mutex_unlock(&o->lock);
    if (busy && o->kind->interrupt)
        o->kind->interrupt(o->sink);
    join_uploads(o);
}

uint64_t fl_output_stop(struct fl_output *o, int64_t deadline)
{
    fl_output_hurry(o);
    if (o->started)
        stop_threads(o, deadline);
    else
        fl_output_step(o);
    pthread_mutex_lock(&o->lock);
    fl_upload_give_up(o);
    bool stuck = o->uploading > 0;
    pthread_mutex_unlock(&o->lock);
    o->started = stuck; /* its memory is in use: fl_output_free leaves it alone */
    return atomic_load_explicit(&o->rt->ledger.n[FL_C_undelivered], memory_order_relaxed);
}

void fl_output_free(struct fl_output *o)
{
    if (!o || o->started)
        return;
    for (unsigned i = 0; i < FL_LANES * FL_COMPRESSORS; i++)
        fl_compressor_free(o->lanes[i / FL_COMPRESSORS].slots[i % FL_COMPRESSORS].compressor);
    fl_pieces_free(&o->own);
    struct fl_parcel *lists[] = {o->spare, o->first};
    for (unsigned i = 0; i < 2; i++)
        for (struct fl_parcel *p = lists[i], *next; p; p = next) {
            next = p->next;
            fl_compressor_free(p->own);
            free_parcel(p);
        }
    if (o->sink)
        o->kind->close(o->sink);
    pthread_cond_t *conds[] = {&o->due, &o->gone};
    for (unsigned i = 0; i < 2; i++)
        pthread_cond_destroy(conds[i]);
    pthread_mutex_destroy(&o->lock);
    close(o->lost_fd);
    free(o->waiting);
    free(o->lines);
    free(o);
}
