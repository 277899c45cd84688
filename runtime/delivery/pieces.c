/*
 * pieces.c - raw pieces from the store are compressed as they arrive; sealed objects are passed on to upload.c. See parcel.h for
 * what the store calls, pieces.h for what the hands call.
 *
 * Compressing at once instead of at the end keeps an open object at a tenth of its size and spreads the work. It is done
 * by the thread that encoded, so that a piece never leaves the processor's cache; with several such threads (run/hands.c),
 * pieces wait until those of the load before are done, so that each object's bytes are the same in every run. Classes are
 * spread over lanes, so that a load's pieces wait only for those of the same lane.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "core/runtime.h"
#include "core/stage_times.h"
#include "delivery/output.h"
#include "delivery/parcel.h"
#include "delivery/pieces.h"
#include "delivery/private.h"

/*
 * Sealing waits up to PACE_TIME while this much is waiting for a sink that takes objects: memory stays small at full
 * speed, and 6000 records a quarter of a second is far above what a slow but living sink has to keep up with.
 */
#define PACE_BYTES (UINT64_C(2) << 20)
#define PACE_TIME (FL_SECOND / 4)
#define SPARE_RAW ((size_t)256 << 10)

/* ---- compressing -------------------------------------------------------------------------------------------------- */

/* One for all objects of a class: they are passed on in the order in which they were sealed. */
static struct fl_lane *lane_of(struct fl_output *o, const struct fl_parcel *p)
{
    return &o->lanes[p->class_ % FL_LANES];
}

static void *new_compressor(struct fl_output *o)
{
    char *error = NULL; /* the first one was opened with the same options */
    return fl_given(o->compression->open(o->rt, &o->compress, &error));
}

/* The parcel's compressor: its own slot, a free one, or that of the parcel which got nothing for longest. */
static void *compressor_of(struct fl_output *o, struct fl_parcel *p)
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
        if (!o->compression->suspend(oldest->compressor, &oldest->user->data, &oldest->user->mark))
            return p->own = new_compressor(o);
        free_slot = oldest;
    }
    if (!free_slot->compressor)
        free_slot->compressor = new_compressor(o);
    free_slot->user = p;
    free_slot->used = ++lane->used;
    o->compression->resume(free_slot->compressor, &p->mark);
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
    void *c = compressor_of(o, p);
    o->compression->put(c, piece->raw.p, piece->raw.n, &p->data);
    if (!piece->last)
        return;
    o->compression->end(c, &p->data);
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
    fl_parcel_enqueue(o, piece->parcel);
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
    FL_ALIVE(o, FL_OUTPUT_MARK);
    uint32_t left = 0;
    for (uint32_t i = 0; i < pieces->n; i++)
        if (lane_of(o, pieces->piece[i].parcel) == &o->lanes[lane])
            compress_one(o, pieces, &pieces->piece[i]);
        else
            pieces->piece[left++] = pieces->piece[i];
    pieces->n = left;
}

/* What waits in o->into, when it is too much or holds up others. Without the lock. */
void fl_output_flush(struct fl_output *o)
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
            fl_output_flush(o);
        into->piece[into->n++] = piece;
    }
    *raw = into->nspare ? into->spare[--into->nspare] : (struct fl_buf){0};
    if (!raw->p && !last) /* the next piece will be as large */
        fl_buf_room(raw, cap - FL_PAD);
}

/* ---- for the store ---------------------------------------------------------------------------------------------- */

void fl_output_append(struct fl_output *o, struct fl_parcel *p, struct fl_buf *raw)
{
    FL_ALIVE(o, FL_OUTPUT_MARK);
    FL_ALIVE(p, FL_PARCEL_MARK);
    hand_over(o, p, raw, false);
}

/* Do uploads lag behind, though they work? Objects on which uploaders are busy don't count, however large. */
static bool lagging(const struct fl_output *o)
{
    return o->when_full == FL_BLOCK && o->sealed_bytes > PACE_BYTES && o->nsealed > o->nuploads && o->failures == 0 && o->denied == 0 && !o->hurry;
}

static void pace(struct fl_output *o)
{
    pthread_mutex_lock(&o->lock);
    bool wait = lagging(o);
    pthread_mutex_unlock(&o->lock);
    if (!wait)
        return;
    fl_output_flush(o);
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
    FL_ALIVE(o, FL_OUTPUT_MARK);
    FL_ALIVE(p, FL_PARCEL_MARK);
    fl_buf_puts(&p->key, label->key);
    fl_buf_putc(&p->key, 0);
    fl_buf_puts(&p->bucket, label->bucket);
    fl_buf_putc(&p->bucket, 0);
    p->stamp_at = label->stamp_at;
    p->generation = o->generation;
    atomic_fetch_add_explicit(&o->unsettled[p->generation & 1], 1, memory_order_relaxed);
    p->object = (struct fl_object){
        .output = o->number,
        .bucket = p->bucket.p,
        .key = p->key.p,
        .content_type = label->content_type,
        .content_encoding = label->content_encoding,
        .first_timestamp = label->first_timestamp,
        .last_timestamp = label->last_timestamp,
        .num_records = label->num_records,
        .own_key = label->own_key,
        .class_ = o->rt->pipeline->classes[p->class_],
    };
    atomic_fetch_add_explicit(&o->waiting[p->class_], label->num_records, memory_order_relaxed);
    fl_parcel_hold(o, p, FL_PARCEL_BYTES + raw->n); /* at most; what it takes is known when it is compressed */
    hand_over(o, p, raw, true);
    if (o->started)
        pace(o);
    else
        fl_output_step(o);
}

void fl_output_discard(struct fl_output *o, struct fl_parcel *p)
{
    FL_ALIVE(o, FL_OUTPUT_MARK);
    FL_ALIVE(p, FL_PARCEL_MARK);
    struct fl_lane *lane = lane_of(o, p);
    for (unsigned i = 0; i < FL_COMPRESSORS; i++)
        if (lane->slots[i].user == p) {
            struct fl_buf rest = {0};
            o->compression->end(lane->slots[i].compressor, &rest);
            fl_buf_free(&rest);
            lane->slots[i].user = NULL;
        }
    pthread_mutex_lock(&o->lock);
    fl_parcel_unopen(o, p);
    fl_parcel_release(o, p);
    pthread_mutex_unlock(&o->lock);
}

bool fl_output_wait(struct fl_output *o, uint32_t class_, uint64_t seen, int64_t until)
{
    if (!o->started) {
        fl_output_step(o);
        return false;
    }
    fl_output_flush(o);
    pthread_mutex_lock(&o->lock);
    while (!o->hurry && (class_ == FL_ANY_CLASS ? fl_output_full(o) : fl_output_waiting(o, class_) >= seen) &&
           o->rt->clock(o->rt).mono < until)
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

bool fl_output_drop_oldest(struct fl_output *o, uint32_t class_)
{
    FL_ALIVE(o, FL_OUTPUT_MARK);
    fl_output_flush(o);
    pthread_mutex_lock(&o->lock);
    struct fl_parcel *p = class_ == FL_ANY_CLASS ? o->first : o->lines[class_].oldest;
    while (p && p->uploading)
        p = class_ == FL_ANY_CLASS ? p->next : p->newer;
    if (p) {
        fl_count(o->ledger, FL_C_overflow, p->object.num_records);
        fl_log_limited_of(o, 60, FL_WARN, "too many records wait, dropping the oldest", "%sclass=%s key=%s records=%llu",
                          o->label, p->object.class_, fl_log_quote(p->object.key), (unsigned long long)p->object.num_records);
        fl_parcel_leave(o, p);
    }
    pthread_mutex_unlock(&o->lock);
    return p != NULL;
}

void fl_output_drop_newest(struct fl_output *o, uint32_t class_)
{
    fl_count(o->ledger, FL_C_overflow, 1);
    fl_log_limited_of(o, 60, FL_WARN, "too many records wait, dropping what comes", "%sclass=%s bytes_waiting=%llu limit=%llu", o->label,
                      o->rt->pipeline->classes[class_], (unsigned long long)atomic_load(&o->held), (unsigned long long)o->max_bytes);
}
