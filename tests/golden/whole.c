/*
 * Pipeline whole: ...input
 * Compiled by flowc from whole.flow. Do not edit; change the .flow file.
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
#define HAS_o__x (UINT64_C(1) << 0)
#define HAS_o (UINT64_C(1) << 2)
#define NEED_o (HAS_o__x)
#define ALL_o (HAS_o__x)
#define NEED_record (HAS_id | HAS_n)
#define ALL_record (HAS_id | HAS_n | HAS_o)

/* ---- records ---- */


struct in_o {
    uint64_t has;
    int64_t x;
};

struct in_record {
    uint64_t has;
    fl_str id;
    int64_t n;
    struct in_o o;
};

struct rec;


/* A record on its way. */
struct rec {
    struct fl_rec h;
    struct in_record in;
    struct {
        bool has_long;
        int64_t n;
        int64_t o__x;
        bool long_f;
    } form_One;
    struct {
        bool has_id;
        bool has_n;
        bool has_long;
        bool has_site;
        bool has_name;
        fl_str id;
        int64_t n;
        bool long_f;
        fl_str site;
        fl_str name;
    } out;
};

/* ---- decode ---- */

/* whole.flow:4 */
static const char *decode_o(struct fl_decoder *d, const char *p, struct in_o *v, int *got)
{
    uint64_t has = 0;
    uint64_t came = 0, before = 0;
    fl_str key;
    int k;
    if (!FL_FIRST(d, p, "{\"x\":"))
        goto open;
    p += 5;
value_o__x:
    came |= UINT64_C(1) << 0;
    if (!(p = fl_take_int(d, p, 0, &v->x, &k, "o.x")))
        return NULL;
    has = k ? has | HAS_o__x : has & ~HAS_o__x;
    if (FL_NEXT(p, ",\"y\":")) {
        p += 5;
    value_o__y:
        if (!(p = fl_pass_text(d, p, 1)))
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
        if (memcmp(key.p, "x", 1) == 0)
            goto value_o__x;
        if (memcmp(key.p, "y", 1) == 0)
            goto value_o__y;
        break;
    }
    if (!(p = fl_pass_value(d, p)))
        return NULL;
    goto other;
open:
    fl_at(d, p);
    if ((k = fl_object_begin(d, "o")) == 1)
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
    if (v->has != ALL_o && (v->has & NEED_o) != NEED_o) {
        if (!(v->has & HAS_o__x)) {
            fl_bad(d, "o.x", "is missing");
        }
    }
    *got = 1;
    return p;
}

/* whole.flow:4 */
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
    if (!(p = fl_take_string(d, p, 2, &v->id, &k, "id")))
        return NULL;
    has = k ? has | HAS_id : has & ~HAS_id;
    if (!FL_NEXT(p, ",\"n\":"))
        goto other;
    p += 5;
value_n:
    came |= UINT64_C(1) << 1;
    if (!(p = fl_take_int(d, p, 3, &v->n, &k, "n")))
        return NULL;
    has = k ? has | HAS_n : has & ~HAS_n;
    if (FL_NEXT(p, ",\"o\":")) {
        p += 5;
    value_o:
        came |= UINT64_C(1) << 2;
        if (!(p = decode_o(d, p, &v->o, &k)))
            return NULL;
        has = k ? has | HAS_o : has & ~HAS_o;
        if (k == 0)
            memset(&v->o, 0, sizeof v->o);
    }
    if (FL_NEXT(p, ",\"secret\":")) {
        p += 10;
    value_secret:
        if (!(p = fl_pass_text(d, p, 4)))
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
        if (memcmp(key.p, "o", 1) == 0)
            goto value_o;
        break;
    case 2:
        if (memcmp(key.p, "id", 2) == 0)
            goto value_id;
        break;
    case 6:
        if (memcmp(key.p, "secret", 6) == 0)
            goto value_secret;
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
            fl_bad(d, "n", "is missing");
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

/* whole.flow:7 */
static void transform_1(struct fl_cx *cx, struct rec *r)
{
    /* whole.flow:7 n */
    {
        r->form_One.n = fl_add(r->in.n, 1, &cx->overflows);
    }
    if (r->in.has & HAS_o) {
        /* whole.flow:7 x */
        {
            r->form_One.o__x = fl_mul(r->in.o.x, 2, &cx->overflows);
        }
    }
    /* whole.flow:7 long */
    {
        r->form_One.long_f = r->in.n > 100;
        r->form_One.has_long = true;
    }
}

/* whole.flow:8 */
static void filter_2(struct fl_cx *cx, struct rec *r)
{
    /* whole.flow:8 drop small */
    if (r->form_One.n < 3) {
        fl_drop(cx, &r->h, 0);
        return;
    }
}

/* whole.flow:9 */
static void transform_3(struct fl_cx *cx, struct rec *r)
{
    /* whole.flow:9 id */
    {
        r->out.id = r->in.id;
        r->out.has_id = true;
    }
    /* whole.flow:9 n */
    {
        r->out.n = r->form_One.n;
        r->out.has_n = true;
    }
    /* whole.flow:9 long */
    {
        if (r->form_One.has_long) {
            r->out.long_f = r->form_One.long_f;
            r->out.has_long = true;
        }
    }
    /* whole.flow:9 site */
    {
        r->out.site = FL_STR("here");
        r->out.has_site = true;
    }
}

/* whole.flow:10 */
static void mangle_4(struct fl_cx *cx, struct rec *r, struct fl_batch *b)
{
    {
        if (r->out.n == 7) {
            {
                r->out.name = FL_STR("seven");
                r->out.has_name = true;
            }
            {
                struct rec *e = (struct rec *)fl_batch_add(cx, b);
                e->h.emitted = 1;
                e->h.behind = cx->at;
                e->h.class_ = r->h.class_;
                e->out.id = r->out.id;
                e->out.has_id = true;
                e->out.n = r->out.n;
                e->out.has_n = true;
                if (r->out.has_long) {
                    e->out.long_f = r->out.long_f;
                    e->out.has_long = true;
                }
                e->out.site = r->out.site;
                e->out.has_site = true;
                e->out.name = FL_STR("again");
                e->out.has_name = true;
            }
        }
    }
}

static void run(struct fl_cx *cx, struct fl_batch *b)
{
    const uint32_t n = b->n;
    for (uint32_t i = 0; i < n; i++) {
        struct rec *r = (struct rec *)b->rec[i];
        if (r->h.state != FL_LIVE)
            continue;
        transform_1(cx, r);
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
    char *w = fl_buf_room(out, 68 +
        6 * ((size_t)r->out.id.n + r->out.site.n + r->out.name.n));
    w = FL_PUT_LIT(w, "{");
    if (r->out.has_id) {
        w = FL_PUT_LIT(w, "\"id\":\"");
        w = fl_put_computed(w, r->out.id, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    if (r->out.has_n) {
        w = FL_PUT_LIT(w, "\"n\":");
        w = fl_put_int(w, r->out.n);
        w = FL_PUT_LIT(w, ",");
    }
    if (r->out.has_long) {
        w = FL_PUT_LIT(w, "\"long\":");
        w = fl_put_bool(w, r->out.long_f);
        w = FL_PUT_LIT(w, ",");
    }
    if (r->out.has_site) {
        w = FL_PUT_LIT(w, "\"site\":\"");
        w = fl_put_computed(w, r->out.site, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    if (r->out.has_name) {
        w = FL_PUT_LIT(w, "\"name\":\"");
        w = fl_put_computed(w, r->out.name, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    w -= w[-1] == ',';
    w = FL_PUT_LIT(w, "}");
    out->n = (size_t)(w - out->p);
}

static void pretty_emitted(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, unsigned level)
{
    const struct rec *r = (const struct rec *)h;
    char *w = fl_buf_room(out, 84 + 6 * level +
        6 * ((size_t)r->out.id.n + r->out.site.n + r->out.name.n));
    w = FL_PUT_LIT(w, "{");
    if (r->out.has_id) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"id\": \"");
        w = fl_put_computed(w, r->out.id, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    if (r->out.has_n) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"n\": ");
        w = fl_put_int(w, r->out.n);
        w = FL_PUT_LIT(w, ",");
    }
    if (r->out.has_long) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"long\": ");
        w = fl_put_bool(w, r->out.long_f);
        w = FL_PUT_LIT(w, ",");
    }
    if (r->out.has_site) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"site\": \"");
        w = fl_put_computed(w, r->out.site, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    if (r->out.has_name) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"name\": \"");
        w = fl_put_computed(w, r->out.name, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    if (w[-1] == ',') {
        w--;
        w = fl_put_line(w, level);
    }
    w = FL_PUT_LIT(w, "}");
    out->n = (size_t)(w - out->p);
}

static const struct fl_edit edits_of_spliced[] = {
    {"id", 2, "id", 2},
    {"n", 1, "n", 1},
    {"o", 1, "o", 1},
    {"long", 4, "long", 4},
    {"site", 4, "site", 4},
    {"name", 4, "name", 4},
    {"secret", 6, "secret", 6},
};

/* The record's text with what has changed in it. */
static fl_str spliced(struct fl_cx *cx, const struct fl_rec *h)
{
    fl_str raw = {h->raw, h->raw_n, FL_RAW};
    if (h->spaced)
        raw = fl_compact(cx->scratch, raw);
    const struct rec *r = (const struct rec *)h;
    fl_str values[7] = {{0}};
    char *w = fl_splice_room(cx->scratch, 57 +
        6 * ((size_t)r->out.id.n + r->out.site.n + r->out.name.n));
    values[0].p = w;
    w = FL_PUT_LIT(w, "\"");
    w = fl_put_computed(w, r->out.id, cx->html);
    w = FL_PUT_LIT(w, "\"");
    values[0].n = (uint32_t)(w - values[0].p);
    values[1].p = w;
    w = fl_put_int(w, r->out.n);
    values[1].n = (uint32_t)(w - values[1].p);
    if (r->in.has & HAS_o) {
        values[2].p = w;
        w = FL_PUT_LIT(w, "{\"x\":");
        w = fl_put_int(w, r->form_One.o__x);
        w = FL_PUT_LIT(w, "}");
        values[2].n = (uint32_t)(w - values[2].p);
    }
    if (r->out.has_long) {
        values[3].p = w;
        w = fl_put_bool(w, r->out.long_f);
        values[3].n = (uint32_t)(w - values[3].p);
    }
    values[4].p = w;
    w = FL_PUT_LIT(w, "\"");
    w = fl_put_computed(w, r->out.site, cx->html);
    w = FL_PUT_LIT(w, "\"");
    values[4].n = (uint32_t)(w - values[4].p);
    if (r->out.has_name) {
        values[5].p = w;
        w = FL_PUT_LIT(w, "\"");
        w = fl_put_computed(w, r->out.name, cx->html);
        w = FL_PUT_LIT(w, "\"");
        values[5].n = (uint32_t)(w - values[5].p);
    }
    return fl_json_splice(cx->scratch, raw, edits_of_spliced, values, 7);
}

static void json(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    if (h->emitted) {
        json_emitted(cx, h, out);
        return;
    }
    const fl_str s = spliced(cx, h);
    fl_buf_put(out, s.p, s.n);
}

static void pretty(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, unsigned level)
{
    if (h->emitted) {
        pretty_emitted(cx, h, out, level);
        return;
    }
    const fl_str s = spliced(cx, h);
    fl_json_pretty(out, s.p, s.n, level);
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
    {"store", "buffered", NULL, 0},
    {"encode", "ndjson", NULL, 0},
    {"write", "stdout", NULL, 0},
};

static const struct fl_output_of outputs[] = {
    {
        .stages = output_stages, .nstages = 3,
        .json = json, .pretty = pretty,
    },
};

static const char *const classes[] = {"all", };
static const char *const reasons[] = {"small", NULL};

const struct fl_pipeline fl_pipeline = {
    .magic = FL_MAGIC, .abi = FL_ABI,
    .name = "whole", .doc = "...input",
    .version = "", .file = "whole.flow",
    .record_size = sizeof(struct rec),
    .stages = stages, .nstages = 2,
    .classes = classes, .nclasses = 1,
    .reasons = reasons, .nreasons = 1,
    .init = init, .decode = decode, .run = run,
    .outputs = outputs, .noutputs = 1,
};
