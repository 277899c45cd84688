/*
 * Pipeline lookups: who is it
 * Compiled by flowc from lookups.flow. Do not edit; change the .flow file.
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
#define HAS_addr (UINT64_C(1) << 1)
#define HAS_skip (UINT64_C(1) << 2)
#define NEED_record (HAS_id | HAS_skip)
#define ALL_record (HAS_id | HAS_addr | HAS_skip)

/* ---- records ---- */


struct in_record {
    uint64_t has;
    fl_str id; /* as it came */
    fl_ip addr;
    bool skip;
};

struct rec_1 {
    fl_str Name;
    int64_t Rack;
    bool has_Rack;
};

struct rec_2 {
    fl_str Room;
};

struct rec;

static void let_name(struct fl_cx *cx, struct rec *r);

/* A record on its way. */
struct rec {
    struct fl_rec h;
    uint8_t is_name; /* 0 not computed yet, 1 value, 2 null */
    struct in_record in;
    fl_str let_name;
};

/* ---- decode ---- */

/* lookups.flow:4 */
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
    if (!(p = fl_take_passed_text(d, p, 0, &v->id, &k, "id")))
        return NULL;
    has = k ? has | HAS_id : has & ~HAS_id;
    if (FL_NEXT(p, ",\"addr\":")) {
        p += 8;
    value_addr:
        came |= UINT64_C(1) << 1;
        if (!(p = fl_take_ip(d, p, 1, &v->addr, &k, "addr")))
            return NULL;
        has = k ? has | HAS_addr : has & ~HAS_addr;
    }
    if (FL_NEXT(p, ",\"skip\":")) {
        p += 8;
    value_skip:
        came |= UINT64_C(1) << 2;
        if (!(p = FL_TAKE(d, p, &k, fl_get_bool(d, &v->skip, "skip"))))
            return NULL;
        has = k ? has | HAS_skip : has & ~HAS_skip;
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
    case 2:
        if (memcmp(key.p, "id", 2) == 0)
            goto value_id;
        break;
    case 4:
        if (memcmp(key.p, "addr", 4) == 0)
            goto value_addr;
        if (memcmp(key.p, "skip", 4) == 0)
            goto value_skip;
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
        if (!(v->has & HAS_skip)) {
            v->skip = false;
            v->has |= HAS_skip;
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

/* ---- lookups ---- */

static const struct fl_lookup_field fields_host[] = {
    {"Name", "Metadata.Name", FL_T_STRING, FL_ONE, false, offsetof(struct rec_1, Name), 0, NULL},
    {"Rack", "Metadata.Rack", FL_T_INT, FL_ONE, true, offsetof(struct rec_1, Rack), offsetof(struct rec_1, has_Rack), NULL},
};

static void key_host(struct fl_cx *cx, struct fl_key *key, fl_ip a_addr)
{
    key->n = 0;
    fl_key_text(key, fl_decoded(cx, a_addr.text));
}

/* lookups.flow:8 */
static const struct rec_1 *lookup_host(struct fl_cx *cx, fl_ip a_addr)
{
    if (cx->silent)
        return NULL;
    const void *answer;
    struct fl_key key;
    key_host(cx, &key, a_addr);
    if (fl_lookup_get(cx, 0, fl_key_str(&key), &answer))
        return answer;
    struct fl_buf q = {0};
    fl_buf_put(&q, "G.V().Has('IP', ", 16);
    fl_query_quoted(&q, fl_decoded(cx, a_addr.text));
    fl_buf_put(&q, ")", 1);
    answer = fl_lookup_ask(cx, 0, fl_key_str(&key), (fl_str){q.p, (uint32_t)q.n, FL_PLAIN});
    fl_buf_free(&q);
    return answer;
}

static const struct fl_lookup_field fields_rack[] = {
    {"Room", "Metadata.Room", FL_T_STRING, FL_ONE, false, offsetof(struct rec_2, Room), 0, NULL},
};

static void key_rack(struct fl_cx *cx, struct fl_key *key, int64_t a_n)
{
    key->n = 0;
    fl_key_int(key, a_n);
}

/* lookups.flow:9 */
static const struct rec_2 *lookup_rack(struct fl_cx *cx, int64_t a_n)
{
    if (cx->silent)
        return NULL;
    const void *answer;
    struct fl_key key;
    key_rack(cx, &key, a_n);
    if (fl_lookup_get(cx, 1, fl_key_str(&key), &answer))
        return answer;
    struct fl_buf q = {0};
    fl_buf_put(&q, "G.V().Has('Rack', ", 18);
    fl_query_quoted(&q, fl_b_text_int(cx, a_n));
    fl_buf_put(&q, ")", 1);
    answer = fl_lookup_ask(cx, 1, fl_key_str(&key), (fl_str){q.p, (uint32_t)q.n, FL_PLAIN});
    fl_buf_free(&q);
    return answer;
}

/* ---- lets: per record, computed when first used ---- */

/* lookups.flow:11 */
static void let_name(struct fl_cx *cx, struct rec *r)
{
    if (cx->silent) {
        r->is_name = 2;
        return;
    }
    const struct rec_1 *t1 = (r->in.has & HAS_addr) ? lookup_host(cx, r->in.addr) : NULL;
    if (cx->pending)
        return;
    if (!t1) {
        r->is_name = 2;
        return;
    }
    r->let_name = (*t1).Name;
    r->is_name = 1;
}

/* ---- stages ---- */

/* lookups.flow:13 */
static void filter_1(struct fl_cx *cx, struct rec *r)
{
    /* lookups.flow:13 drop skipped */
    if (r->in.skip) {
        fl_drop(cx, &r->h, 0);
        return;
    }
    /* lookups.flow:13 drop lab */
    const struct rec_1 *t2 = (r->in.has & HAS_addr) ? lookup_host(cx, r->in.addr) : NULL;
    const struct rec_2 *t1 = (t2 && (*t2).has_Rack) ? lookup_rack(cx, (*t2).Rack) : NULL;
    if (fl_str_eq((t1 ? (*t1).Room : FL_STR("")), FL_STR("lab"))) {
        fl_drop(cx, &r->h, 1);
        return;
    }
}

static void want_1_1(struct fl_cx *cx, struct rec *r)
{
    if (r->in.skip)
        return;
    const struct rec_1 *t2 = (r->in.has & HAS_addr) ? lookup_host(cx, r->in.addr) : NULL;
    if (cx->pending)
        return;
    const struct rec_2 *t1 = (t2 && (*t2).has_Rack) ? lookup_rack(cx, (*t2).Rack) : NULL;
    if (cx->pending)
        return;
    (void)(fl_str_eq((t1 ? (*t1).Room : FL_STR("")), FL_STR("lab")));
}

/* Ask what stage 1 needs of a record; returns how much is not answered yet. */
static uint32_t want_1(struct fl_cx *cx, struct rec *r)
{
    uint32_t waiting = 0;
    want_1_1(cx, r);
    waiting += cx->pending;
    cx->pending = 0;
    return waiting;
}

/* lookups.flow:14 */
static void transform_2(struct fl_cx *cx, struct rec *r)
{
    if (!r->is_name)
        let_name(cx, r);
}

/* Ask what stage 2 needs of a record; returns how much is not answered yet. */
static uint32_t want_2(struct fl_cx *cx, struct rec *r)
{
    uint32_t waiting = 0;
    if (!r->is_name)
        let_name(cx, r);
    waiting += cx->pending;
    cx->pending = 0;
    return waiting;
}

static void run(struct fl_cx *cx, struct fl_batch *b)
{
    const uint32_t n = b->n;
    cx->wave = true;
    for (uint32_t waiting = !cx->silent; waiting;) {
        waiting = 0;
        for (uint32_t i = 0; i < n; i++)
            if (b->rec[i]->state == FL_LIVE)
                waiting += want_1(cx, (struct rec *)b->rec[i]);
        if (waiting)
            fl_lookup_wait(cx);
    }
    cx->wave = false;
    for (uint32_t i = 0; i < n; i++) {
        struct rec *r = (struct rec *)b->rec[i];
        if (r->h.state != FL_LIVE)
            continue;
        filter_1(cx, r);
    }
    cx->wave = true;
    for (uint32_t waiting = !cx->silent; waiting;) {
        waiting = 0;
        for (uint32_t i = 0; i < n; i++)
            if (b->rec[i]->state == FL_LIVE)
                waiting += want_2(cx, (struct rec *)b->rec[i]);
        if (waiting)
            fl_lookup_wait(cx);
    }
    cx->wave = false;
    for (uint32_t i = 0; i < n; i++) {
        struct rec *r = (struct rec *)b->rec[i];
        if (r->h.state != FL_LIVE)
            continue;
        transform_2(cx, r);
    }
}

/* ---- encode ---- */

static void json(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    const struct rec *r = (const struct rec *)h;
    char *w = fl_buf_room(out, 18 +
        6 * ((size_t)r->let_name.n) +
        r->in.id.n);
    w = FL_PUT_LIT(w, "{\"id\":");
    w = fl_put_raw(w, r->in.id);
    w = FL_PUT_LIT(w, ",");
    if (r->is_name == 1) {
        w = FL_PUT_LIT(w, "\"name\":\"");
        w = fl_put_computed(w, r->let_name, cx->html);
        w = FL_PUT_LIT(w, "\",");
    }
    w--;
    w = FL_PUT_LIT(w, "}");
    out->n = (size_t)(w - out->p);
}

static void pretty(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, unsigned level)
{
    const struct rec *r = (const struct rec *)h;
    const size_t room = 25 + 3 * level +
        6 * ((size_t)r->let_name.n) +
        r->in.id.n;
    char *w = fl_buf_room(out, room);
    w = FL_PUT_LIT(w, "{");
    w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"id\": ");
    w = fl_lay_passed(out, w, r->in.id, level + 1, room);
    w = FL_PUT_LIT(w, ",");
    if (r->is_name == 1) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"name\": \"");
        w = fl_put_computed(w, r->let_name, cx->html);
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
        .json = json, .pretty = pretty,
    },
};

static const struct fl_lookup lookups[] = {
    {.name = "host", .from = "gremlin", .cache = INT64_C(300000000000), .max = 1000, .timeout = INT64_C(5000000000),
     .size = sizeof(struct rec_1), .fields = fields_host, .nfields = 2},
    {.name = "rack", .from = "gremlin", .cache = INT64_C(300000000000), .max = 1000, .timeout = INT64_C(5000000000),
     .size = sizeof(struct rec_2), .fields = fields_rack, .nfields = 1},
};

static const char *const classes[] = {"all", };
static const char *const reasons[] = {"skipped", "lab", NULL};

const struct fl_pipeline fl_pipeline = {
    .magic = FL_MAGIC, .abi = FL_ABI,
    .name = "lookups", .doc = "who is it",
    .version = "", .file = "lookups.flow",
    .record_size = sizeof(struct rec),
    .stages = stages, .nstages = 2,
    .classes = classes, .nclasses = 1,
    .reasons = reasons, .nreasons = 2,
    .lookups = lookups, .nlookups = 2,
    .init = init, .decode = decode, .run = run,
    .outputs = outputs, .noutputs = 1,
};
