/*
 * small_pipeline.h - a hand-written descriptor of the kind that flowc emits, for tests of the runtime.
 *
 *     schema { id : string; n? : int; }          id is required
 *     classify { big when n >= 100; small otherwise; }
 *     filter { drop negative when n < 0; }
 *     update { seen[id] = n; }                    at most 4 rows
 *     mangle { absent every 10s { emit { id = "tick"; } } }   only when `small_ticks` is set
 */
#ifndef SMALL_PIPELINE_H
#define SMALL_PIPELINE_H

#include "flowrt.h"

struct small {
    struct fl_rec head;
    fl_str id;
    int64_t n;
    bool has_n;
};

static bool small_ticks;
static unsigned small_runs; /* batches that were run */

static bool small_decode(struct fl_decoder *d, struct fl_rec *rec)
{
    struct small *r = (struct small *)rec;
    int more = fl_object_begin(d, "record");
    if (more < 0)
        return false;
    bool has_id = false;
    while (more == 1) {
        fl_str key;
        if (fl_next_key(d, &key) < 0)
            return false;
        int got;
        if (key.n == 2 && memcmp(key.p, "id", 2) == 0) {
            got = fl_get_string(d, &r->id, "id");
            has_id = got == 1;
        } else if (key.n == 1 && *key.p == 'n') {
            got = fl_get_int(d, &r->n, "n");
            r->has_n = got == 1;
        } else {
            got = fl_skip_value(d) ? 1 : -1;
        }
        if (got < 0 || (more = fl_member_end(d)) < 0)
            return false;
    }
    if (!has_id)
        fl_bad(d, "id", "is missing");
    return true;
}

static struct fl_table small_seen = FL_TABLE("seen", 4, 8, 0, true);
static struct fl_table *const small_tables[] = {&small_seen};

static void small_run(struct fl_cx *cx, struct fl_batch *b)
{
    small_runs++;
    for (uint32_t i = 0; i < b->n; i++) {
        struct small *r = (struct small *)b->rec[i];
        r->head.class_ = r->n >= 100;
        if (cx->reached)
            cx->reached[r->head.class_ ? 0 : 1]++;
        if (r->n < 0)
            fl_drop(cx, &r->head, 1);
        int64_t *row = fl_table_put(&small_seen, r->id.p, r->id.n, cx->now, 60 * INT64_C(1000000000), 0);
        if (row)
            *row = r->n;
        if (r->n == 7)
            cx->overflows++;
    }
}

static int64_t small_tick(struct fl_cx *cx, struct fl_batch *b)
{
    static int64_t due;
    if (!small_ticks)
        return INT64_MAX;
    if (!due || due - cx->now > 10 * INT64_C(1000000000))
        due = cx->now + 10 * INT64_C(1000000000);
    if (cx->now >= due) {
        struct small *r = (struct small *)fl_batch_add(cx, b);
        r->head.emitted = 1;
        r->id = FL_LIT("tick");
        due = cx->now + 10 * INT64_C(1000000000);
    }
    return due;
}

static void small_json(struct fl_cx *cx, const struct fl_rec *rec, struct fl_buf *out)
{
    const struct small *r = (const struct small *)rec;
    (void)cx;
    char *w = fl_buf_room(out, fl_string_max(r->id) + 40);
    w = FL_PUT_LIT(w, "{\"id\":");
    w = fl_put_string(w, r->id);
    if (r->has_n) {
        w = FL_PUT_LIT(w, ",\"n\":");
        w = fl_put_int(w, r->n);
    }
    *w++ = '}';
    out->n = (size_t)(w - out->p);
}

static const char *const small_classes[] = {"small", "big"};
static const char *const small_reasons[] = {"unused", "negative"};
static const struct fl_place small_places[] = {{"small.flow", 3, "big when n >= 100"},
                                               {"small.flow", 3, "small otherwise"}};

static const struct fl_output_of small_outputs[] = {{.json = small_json}};

#define SMALL_PIPELINE                                                                                                \
    .magic = FL_MAGIC, .abi = FL_ABI, .name = "small", .doc = "for tests", .version = "1", .file = "small.flow",      \
    .record_size = sizeof(struct small), .classes = small_classes, .nclasses = 2, .reasons = small_reasons,           \
    .nreasons = 2, .tables = small_tables, .ntables = 1, .decode = small_decode, .run = small_run,                    \
    .tick = small_tick, .outputs = small_outputs, .noutputs = 1, .places = small_places, .nplaces = 2

#endif
