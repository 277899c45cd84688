/*
 * Pipeline outputs: two outputs
 * Compiled by flowc from outputs.flow. Do not edit; change the .flow file.
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
#define NEED_record (HAS_id)
#define ALL_record (HAS_id | HAS_n)

/* ---- records ---- */


struct in_record {
    uint64_t has;
    fl_str id;
    fl_str text_id; /* as it came, quotes included */
    int64_t n;
};

struct rec;


/* A record on its way. */
struct rec {
    struct fl_rec h;
    struct in_record in;
    struct {
        bool has_twice;
        int64_t twice;
    } out;
};

static const fl_str class_names[] = {FL_STR("large"), FL_STR("small"), };

/* ---- decode ---- */

/* outputs.flow:4 */
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
    v->text_id.p = p = fl_unspaced(d, p);
    if (!(p = fl_take_string(d, p, 0, &v->id, &k, "id")))
        return NULL;
    v->text_id.n = (uint32_t)(p - v->text_id.p);
    v->text_id.kind = FL_RAW;
    has = k ? has | HAS_id : has & ~HAS_id;
    if (FL_NEXT(p, ",\"n\":")) {
        p += 5;
    value_n:
        came |= UINT64_C(1) << 1;
        if (!(p = fl_take_int(d, p, 1, &v->n, &k, "n")))
            return NULL;
        has = k ? has | HAS_n : has & ~HAS_n;
    }
    if (FL_NEXT(p, ",\"host\":")) {
        p += 8;
    value_host:
        if (!(p = fl_pass_text(d, p, 2)))
            return NULL;
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
    case 4:
        if (memcmp(key.p, "host", 4) == 0)
            goto value_host;
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

/* ---- stages ---- */

/* outputs.flow:6 */
static void classify_1(struct fl_cx *cx, struct rec *r)
{
    /* outputs.flow:6 large */
    if (((r->in.has & HAS_n) ? r->in.n : 0) > 100) {
        r->h.class_ = 0;
        return;
    }
    /* outputs.flow:6 small */
    r->h.class_ = 1;
}

/* outputs.flow:7 */
static void filter_2(struct fl_cx *cx, struct rec *r)
{
    /* outputs.flow:7 drop unnamed */
    if (FL_STR_IS(r->in.id, "")) {
        fl_drop(cx, &r->h, 0);
        return;
    }
}

/* outputs.flow:11 */
static void filter_3(struct fl_cx *cx, struct rec *r)
{
    /* outputs.flow:11 drop small */
    if ((int64_t)r->h.class_ == 1) {
        fl_drop(cx, &r->h, 1);
        return;
    }
}

/* outputs.flow:12 */
static void transform_4(struct fl_cx *cx, struct rec *r)
{
    /* outputs.flow:12 twice */
    {
        if (r->in.has & HAS_n) {
            r->out.twice = fl_mul(r->in.n, 2, &cx->overflows);
            r->out.has_twice = true;
        }
    }
}

static void partition_2(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    struct rec *r = (struct rec *)h;
    fl_buf_put(out, "class=", 6);
    fl_partition_put(out, class_names[(int64_t)r->h.class_]);
}

static void run(struct fl_cx *cx, struct fl_batch *b)
{
    const uint32_t n = b->n;
    for (uint32_t i = 0; i < n; i++) {
        struct rec *r = (struct rec *)b->rec[i];
        if (r->h.state != FL_LIVE)
            continue;
        classify_1(cx, r);
        filter_2(cx, r);
    }
}

static void run_2(struct fl_cx *cx, struct fl_batch *b)
{
    const uint32_t n = b->n;
    for (uint32_t i = 0; i < n; i++) {
        struct rec *r = (struct rec *)b->rec[i];
        if (r->h.state != FL_LIVE)
            continue;
        filter_3(cx, r);
        if (r->h.state != FL_LIVE)
            continue;
        transform_4(cx, r);
    }
}

/* ---- encode ---- */

static void json_input(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    if (h->spaced)
        fl_json_compact(out, h->raw, h->raw_n);
    else
        fl_buf_put(out, h->raw, h->raw_n);
}

static void pretty_input(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, unsigned level)
{
    fl_str raw = {h->raw, h->raw_n, FL_RAW};
    if (h->spaced)
        raw = fl_compact(cx->scratch, raw);
    fl_json_pretty(out, raw.p, raw.n, level);
}

static void json(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    const struct rec *r = (const struct rec *)h;
    char *w = fl_buf_room(out, 62 +
        r->in.text_id.n);
    w = FL_PUT_LIT(w, "{\"id\":");
    w = fl_put_raw(w, r->in.text_id);
    w = FL_PUT_LIT(w, ",");
    if (r->in.has & HAS_n) {
        w = FL_PUT_LIT(w, "\"n\":");
        w = fl_put_int(w, r->in.n);
        w = FL_PUT_LIT(w, ",");
    }
    if (r->out.has_twice) {
        w = FL_PUT_LIT(w, "\"twice\":");
        w = fl_put_int(w, r->out.twice);
        w = FL_PUT_LIT(w, ",");
    }
    w--;
    w = FL_PUT_LIT(w, "}");
    out->n = (size_t)(w - out->p);
}

static void pretty(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, unsigned level)
{
    const struct rec *r = (const struct rec *)h;
    const size_t room = 72 + 4 * level +
        r->in.text_id.n;
    char *w = fl_buf_room(out, room);
    w = FL_PUT_LIT(w, "{");
    w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"id\": ");
    w = fl_lay_passed(out, w, r->in.text_id, level + 1, room);
    w = FL_PUT_LIT(w, ",");
    if (r->in.has & HAS_n) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"n\": ");
        w = fl_put_int(w, r->in.n);
        w = FL_PUT_LIT(w, ",");
    }
    if (r->out.has_twice) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"twice\": ");
        w = fl_put_int(w, r->out.twice);
        w = FL_PUT_LIT(w, ",");
    }
    w--;
    w = FL_PUT_LIT(fl_put_line(w, level), "}");
    out->n = (size_t)(w - out->p);
}

static void csv(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, const struct fl_csv *form)
{
    const struct rec *r = (const struct rec *)h;
    const char separator = form->separator;
    char *w = fl_buf_room(out, 42 +
        fl_csv_max(r->in.text_id) + 2 * form->missing.n);
    w = fl_csv_json(w, r->in.text_id, form);
    *w++ = separator;
    if (r->in.has & HAS_n) {
        w = fl_put_int(w, r->in.n);
    } else {
        w = fl_csv_missing(w, form);
    }
    *w++ = separator;
    if (r->out.has_twice) {
        w = fl_put_int(w, r->out.twice);
    } else {
        w = fl_csv_missing(w, form);
    }
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

static const struct fl_option_set options_write_1[] = {
    {"directory", "\"all\"", NULL},
};

static const struct fl_stage_choice output_stages_1[] = {
    {"store", "buffered", NULL, 0},
    {"encode", "ndjson", NULL, 0},
    {"write", "file", options_write_1, 1},
};

static const struct fl_option_set options_queue_2[] = {
    {"when_full", "drop_oldest", NULL},
    {"max_bytes", "1048576", NULL},
};

static const struct fl_stage_choice output_stages_2[] = {
    {"store", "buffered", NULL, 0},
    {"encode", "csv", NULL, 0},
    {"write", "stdout", NULL, 0},
    {"queue", "", options_queue_2, 2},
};

static const fl_str columns[] = {
    FL_LIT("id"),
    FL_LIT("n"),
    FL_LIT("twice"),
};

static const struct fl_output_of outputs[] = {
    {
        .name = "all",
        .stages = output_stages_1, .nstages = 3,
        .json = json_input, .pretty = pretty_input,
    },
    {
        .name = "large",
        .stages = output_stages_2, .nstages = 4,
        .run = run_2,
        .json = json, .pretty = pretty, .csv = csv, .columns = columns, .ncolumns = sizeof columns / sizeof *columns, .partition = partition_2,
    },
};

static const char *const classes[] = {"large", "small", };
static const char *const reasons[] = {"unnamed", "small", NULL};

const struct fl_pipeline fl_pipeline = {
    .magic = FL_MAGIC, .abi = FL_ABI,
    .name = "outputs", .doc = "two outputs",
    .version = "", .file = "outputs.flow",
    .record_size = sizeof(struct rec),
    .stages = stages, .nstages = 2,
    .classes = classes, .nclasses = 2,
    .reasons = reasons, .nreasons = 2,
    .init = init, .decode = decode, .run = run,
    .outputs = outputs, .noutputs = 2,
};
