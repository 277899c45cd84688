/*
 * Pipeline tables: state
 * Compiled by flowc from tables.flow. Do not edit; change the .flow file.
 *
 * Data way: decode_* -> run (classify, filter, update, transform, mangle) -> json. The descriptor is at the end.
 */
#include "flowrt.h"

_Static_assert(FL_ABI == 4, "flowrt.h is of another version than the flowc that made this file");

/* Functions of one kind take the same parameters; of some values only one half is asked for. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"

#define HAS_id (UINT64_C(1) << 0)
#define HAS_n (UINT64_C(1) << 1)
#define NEED_record (HAS_id | HAS_n)
#define ALL_record (HAS_id | HAS_n)

/* ---- records ---- */


struct in_record {
    uint64_t has;
    fl_str id;
    int64_t n;
};

struct rec;

static void let_before(struct fl_cx *cx, struct rec *r);

/* A record on its way. */
struct rec {
    struct fl_rec h;
    uint8_t is_before; /* 0 not computed yet, 1 value, 2 null */
    struct in_record in;
    int64_t let_before;
    struct {
        bool has_id;
        bool has_note;
        fl_str id;
        fl_str note;
    } out;
};

/* ---- tables ---- */

/* tables.flow:8 */
static struct fl_table table_counts = FL_TABLE("counts", 1000, sizeof(int64_t), 0, true);

/* ---- decode ---- */

/* tables.flow:4 */
static const char *decode_record(struct fl_decoder *d, const char *p, struct in_record *v, int *got)
{
    uint64_t has = 0;
    uint64_t came = 0, before = 0;
    fl_str key;
    int k;
    if (!FL_FIRST(d, p, "{\"id\":"))
        goto open;
    p += 6;
value_id:
    came |= UINT64_C(1) << 0;
    if (!(p = fl_take_string(d, p, 0, &v->id, &k, "id")))
        return NULL;
    has = k ? has | HAS_id : has & ~HAS_id;
    if (FL_NEXT(p, ",\"n\":")) {
        p += 5;
    value_n:
        came |= UINT64_C(1) << 1;
        if (!(p = fl_take_int(d, p, 1, &v->n, &k, "n")))
            return NULL;
        has = k ? has | HAS_n : has & ~HAS_n;
    }
other:
    if (FL_OBJECT_END(d, p))
        goto end;
    d->p = p;
    if ((k = fl_member_end(d)) <= 0)
        goto closed;
key:
    d->repeated |= (came & before) != 0;
    before |= came;
    came = 0;
    if (fl_next_key(d, &key) < 0)
        return NULL;
    p = d->p;
    switch (key.n) {
    case 1:
        if (memcmp(key.p, "n", 1) == 0)
            goto value_n;
        break;
    case 2:
        if (memcmp(key.p, "id", 2) == 0)
            goto value_id;
        break;
    }
    if (!(p = fl_pass_value(d, p)))
        return NULL;
    goto other;
open:
    fl_at(d, p);
    if ((k = fl_object_begin(d, "record")) == 1)
        goto key;
    if (k == 0) { /* another type */
        *got = 0;
        return d->p;
    }
    k = k == 2 ? 0 : -1;
closed:
    if (k < 0)
        return NULL;
    p = d->p;
end:
    d->repeated |= (came & before) != 0;
    v->has = has;
    if (v->has != ALL_record && (v->has & NEED_record) != NEED_record) {
        if (!(v->has & HAS_id)) {
            fl_bad(d, "id", "is missing");
        }
        if (!(v->has & HAS_n)) {
            v->n = 0;
            v->has |= HAS_n;
        }
    }
    *got = 1;
    return p;
}

static bool decode(struct fl_decoder *d, struct fl_rec *h)
{
    struct in_record *in = &((struct rec *)h)->in;
    int got;
    h->raw = d->p;
    d->repeated = false;
    const char *end = decode_record(d, h->raw, in, &got);
    if (!end)
        return false;
    h->raw_n = (uint32_t)(end - h->raw);
    if (FL_UNLIKELY(d->repeated)) { /* of a key that comes twice the last one holds */
        const char *data_end = d->end;
        fl_once(d, h);
        memset(in, 0, sizeof *in);
        decode_record(d, h->raw, in, &got);
        d->end = data_end;
    }
    d->p = end;
    return true;
}

/* ---- lets: per record, computed when first used ---- */

/* tables.flow:9 */
static void let_before(struct fl_cx *cx, struct rec *r)
{
    int64_t t1 = 0;
    bool is_t1 = false;
    {
        const fl_str key_t2 = r->in.id;
        const int64_t *row = fl_table_get(&table_counts, key_t2.p, key_t2.n, cx->now);
        if (row) {
            t1 = (*row);
            is_t1 = true;
        }
    }
    r->let_before = is_t1 ? t1 : 0;
    r->is_before = 1;
}

/* ---- stages ---- */

/* tables.flow:11 */
static void update_1(struct fl_cx *cx, struct rec *r)
{
    if (!r->is_before)
        let_before(cx, r);
    if (r->in.n < 0) {
        {
            const fl_str key_t1 = r->in.id;
            fl_table_forget(&table_counts, key_t1.p, key_t1.n);
        }
    } else {
        {
            int64_t t2 = fl_add(r->let_before, r->in.n, &cx->overflows);
            const fl_str key_t3 = r->in.id;
            int64_t *row = fl_table_put(&table_counts, key_t3.p, key_t3.n, cx->now, (r->in.n > 10 ? INT64_C(600000000000) : INT64_C(60000000000)), r->h.class_);
            if (row) {
                (*row) = t2;
            }
        }
    }
}

/* tables.flow:12 */
static void filter_2(struct fl_cx *cx, struct rec *r)
{
    /* tables.flow:12 drop first */
    if (!r->is_before)
        let_before(cx, r);
    if (r->let_before == 0) {
        fl_drop(cx, &r->h, 0);
        return;
    }
}

/* tables.flow:13 */
static void transform_3(struct fl_cx *cx, struct rec *r)
{
    /* tables.flow:13 id */
    {
        r->out.id = r->in.id;
        r->out.has_id = true;
    }
    if (!r->is_before)
        let_before(cx, r);
}

/* tables.flow:14 */
static void mangle_4(struct fl_cx *cx, struct rec *r, struct fl_batch *b)
{
    {
        if (!r->is_before)
            let_before(cx, r);
        if (r->let_before > 100) {
            {
                r->out.note = FL_STR("much");
                r->out.has_note = true;
            }
        }
    }
}

static int64_t tick(struct fl_cx *cx, struct fl_batch *b)
{
    int64_t next = INT64_MAX;
    static int64_t due_1; /* tables.flow:16: when absence is asked next */
    if (!due_1 || due_1 > cx->now + INT64_C(60000000000))
        due_1 = cx->now + INT64_C(60000000000);
    if (cx->now >= due_1) {
        uint32_t cursor = 0, key_n;
        uint16_t class_;
        const void *key;
        void *value;
        const int64_t before = cx->now - INT64_C(60000000000);
        while (fl_table_absent(&table_counts, &cursor, cx->now, before, &key, &key_n, &class_, &value)) {
            const fl_str text_l_id = fl_text_copy(cx, (fl_str){key, key_n, FL_PLAIN});
            const fl_str l_id = text_l_id;
            {
                struct rec *e = (struct rec *)fl_batch_add(cx, b);
                e->h.emitted = 1;
                e->h.behind = cx->at;
                e->h.class_ = class_;
                e->out.id = l_id;
                e->out.has_id = true;
                e->out.note = FL_STR("silent");
                e->out.has_note = true;
            }
        }
        due_1 = cx->now + INT64_C(60000000000);
    }
    next = due_1 < next ? due_1 : next;
    return next;
}

static void partition(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    struct rec *r = (struct rec *)h;
    fl_buf_put(out, "id=", 3);
    fl_partition_put(out, r->out.id);
}

/* Large tables: the rows of the next records are fetched together. */
static void ahead_1(struct fl_cx *cx, const struct fl_batch *b, uint32_t from, uint32_t n)
{
    const uint32_t end = n - from < FL_AHEAD ? n : from + FL_AHEAD;
    if (fl_table_far(&table_counts)) {
        uint32_t hash[FL_AHEAD], count = 0;
        for (uint32_t i = from; i < end; i++) {
            struct rec *r = (struct rec *)b->rec[i];
            if (r->h.state != FL_LIVE)
                continue;
            const fl_str key_t1 = r->in.id;
            hash[count++] = fl_table_hash(&table_counts, key_t1.p, key_t1.n);
        }
        fl_table_fetch(&table_counts, hash, count);
        fl_table_fetch_order(&table_counts, hash, count);
    }
}

static void run(struct fl_cx *cx, struct fl_batch *b)
{
    const uint32_t n = b->n;
    for (uint32_t i = 0; i < n; i++) {
        if (i % FL_AHEAD == 0)
            ahead_1(cx, b, i, n);
        struct rec *r = (struct rec *)b->rec[i];
        if (r->h.state != FL_LIVE)
            continue;
        update_1(cx, r);
        filter_2(cx, r);
        if (r->h.state != FL_LIVE)
            continue;
        transform_3(cx, r);
    }
    for (uint32_t i = 0; i < n; i++) {
        struct rec *r = (struct rec *)b->rec[i];
        if (r->h.state != FL_LIVE)
            continue;
        cx->at = i;
        mangle_4(cx, r, b);
    }
}

/* ---- encode ---- */

static void json_emitted(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    const struct rec *r = (const struct rec *)h;
    char *w = fl_buf_room(out, 20 +
        6 * ((size_t)r->out.id.n + r->out.note.n));
    w = FL_PUT_LIT(w, "{");
    if (r->out.has_id) {
        w = FL_PUT_LIT(w, "\"id\":\"");
        w = fl_put_computed(w, r->out.id, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    if (r->out.has_note) {
        w = FL_PUT_LIT(w, "\"note\":\"");
        w = fl_put_computed(w, r->out.note, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    w -= w[-1] == ',';
    w = FL_PUT_LIT(w, "}");
    out->n = (size_t)(w - out->p);
}

static void pretty_emitted(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, unsigned level)
{
    const struct rec *r = (const struct rec *)h;
    char *w = fl_buf_room(out, 27 + 3 * level +
        6 * ((size_t)r->out.id.n + r->out.note.n));
    w = FL_PUT_LIT(w, "{");
    if (r->out.has_id) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"id\": \"");
        w = fl_put_computed(w, r->out.id, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    if (r->out.has_note) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"note\": \"");
        w = fl_put_computed(w, r->out.note, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    if (w[-1] == ',') {
        w--;
        w = fl_put_line(w, level);
    }
    w = FL_PUT_LIT(w, "}");
    out->n = (size_t)(w - out->p);
}

static void json(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    const struct rec *r = (const struct rec *)h;
    if (h->emitted) {
        json_emitted(cx, h, out);
        return;
    }
    char *w = fl_buf_room(out, 50 +
        6 * ((size_t)r->out.id.n + r->out.note.n));
    w = FL_PUT_LIT(w, "{\"id\":\"");
    w = fl_put_computed(w, r->out.id, cx->html);
    w = FL_PUT_LIT(w, "\",\"before\":");
    w = fl_put_int(w, r->let_before);
    w = FL_PUT_LIT(w, ",");
    if (r->out.has_note) {
        w = FL_PUT_LIT(w, "\"note\":\"");
        w = fl_put_computed(w, r->out.note, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    w--;
    w = FL_PUT_LIT(w, "}");
    out->n = (size_t)(w - out->p);
}

static void pretty(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, unsigned level)
{
    const struct rec *r = (const struct rec *)h;
    if (h->emitted) {
        pretty_emitted(cx, h, out, level);
        return;
    }
    char *w = fl_buf_room(out, 60 + 4 * level +
        6 * ((size_t)r->out.id.n + r->out.note.n));
    w = FL_PUT_LIT(w, "{");
    w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"id\": \"");
    w = fl_put_computed(w, r->out.id, cx->html);
    w = FL_PUT_LIT(w, "\",");
    w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"before\": ");
    w = fl_put_int(w, r->let_before);
    w = FL_PUT_LIT(w, ",");
    if (r->out.has_note) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"note\": \"");
        w = fl_put_computed(w, r->out.note, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    w--;
    w = FL_PUT_LIT(fl_put_line(w, level), "}");
    out->n = (size_t)(w - out->p);
}

/* ---- start ---- */

static char *init(struct fl_cx *cx)
{
    char *error = NULL;
    return error;
}

/* ---- descriptor ---- */

static const struct fl_stage_choice stages[] = {
    {"source", "stdin", NULL, 0},
    {"decode", "json", NULL, 0},
};

static const struct fl_stage_choice output_stages[] = {
    {"store", "direct", NULL, 0},
    {"encode", "ndjson", NULL, 0},
    {"write", "stdout", NULL, 0},
};

static const struct fl_output_of outputs[] = {
    {
        .stages = output_stages, .nstages = 3,
        .json = json, .pretty = pretty, .partition = partition,
    },
};

static const char *const classes[] = {"all", };
static const char *const reasons[] = {"first", NULL};
static struct fl_table *const tables[] = {&table_counts, };

const struct fl_pipeline fl_pipeline = {
    .magic = FL_MAGIC, .abi = FL_ABI,
    .name = "tables", .doc = "state",
    .version = "", .file = "tables.flow",
    .record_size = sizeof(struct rec),
    .stages = stages, .nstages = 2,
    .classes = classes, .nclasses = 1,
    .reasons = reasons, .nreasons = 1,
    .tables = tables, .ntables = 1,
    .init = init, .decode = decode, .run = run, .tick = tick,
    .outputs = outputs, .noutputs = 1,
};
