/*
 * Pipeline nulls: lets, functions and null
 * Compiled by flowc from nulls.flow. Do not edit; change the .flow file.
 *
 * Data way: decode_* -> run (classify, filter, update, transform, mangle) -> json. The descriptor is at the end.
 */
#include "flowrt.h"

_Static_assert(FL_ABI == 4, "flowrt.h is of another version than the flowc that made this file");

/* Functions of one kind take the same parameters; of some values only one half is asked for. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"

#define HAS_kind (UINT64_C(1) << 0)
#define HAS_a (UINT64_C(1) << 1)
#define HAS_b (UINT64_C(1) << 2)
#define HAS_name (UINT64_C(1) << 3)
#define NEED_record (HAS_kind)
#define ALL_record (HAS_kind | HAS_a | HAS_b | HAS_name)

/* ---- records ---- */


struct in_record {
    uint64_t has;
    int64_t kind;
    fl_str text_kind; /* as it came, quotes included */
    int64_t a;
    int64_t b;
    fl_str name;
};

struct rec;

struct frame_peer {
    bool has_port;
    char flags_end;
    fl_str name;
    int64_t port;
};

struct rec_Peer {
    fl_str name;
    int64_t port;
    bool has_port;
};

static bool call_peer(struct fl_cx *cx, struct rec *r, struct frame_peer *f, struct rec_Peer *result);

static void let_who(struct fl_cx *cx, struct rec *r);
static void let_sum(struct fl_cx *cx, struct rec *r);

/* A record on its way. */
struct rec {
    struct fl_rec h;
    uint8_t is_who; /* 0 not computed yet, 1 value, 2 null */
    uint8_t is_sum; /* 0 not computed yet, 1 value, 2 null */
    struct in_record in;
    struct rec_Peer let_who;
    int64_t let_sum;
    struct {
        bool has_share;
        bool has_who;
        bool has_who__port;
        int64_t share;
        bool both;
        fl_str label;
        fl_str who__name;
        int64_t who__port;
    } out;
};

/* ---- decode ---- */

static int enum_Kind(struct fl_decoder *d, int64_t *out, const char *field)
{
    fl_str s;
    int k = fl_get_string(d, &s, field);
    if (k != 1)
        return k;
    if (s.n == 5 && memcmp(s.p, "start", 5) == 0) {
        *out = 0;
        return 1;
    }
    if (s.n == 4 && memcmp(s.p, "stop", 4) == 0) {
        *out = 1;
        return 1;
    }
    *out = 2; /* other */
    return 1;
}

/* nulls.flow:6 */
static const char *decode_record(struct fl_decoder *d, const char *p, struct in_record *v, int *got)
{
    uint64_t has = 0;
    uint64_t came = 0, before = 0;
    fl_str key;
    int k;
    if (!FL_FIRST(d, p, "{\"kind\":"))
        goto open;
    p += 8;
value_kind:
    came |= UINT64_C(1) << 0;
    v->text_kind.p = p = fl_unspaced(d, p);
    if (!(p = FL_TAKE(d, p, &k, enum_Kind(d, &v->kind, "kind"))))
        return NULL;
    v->text_kind.n = (uint32_t)(p - v->text_kind.p);
    v->text_kind.kind = FL_RAW;
    has = k ? has | HAS_kind : has & ~HAS_kind;
    if (FL_NEXT(p, ",\"a\":")) {
        p += 5;
    value_a:
        came |= UINT64_C(1) << 1;
        if (!(p = fl_take_int(d, p, 0, &v->a, &k, "a")))
            return NULL;
        has = k ? has | HAS_a : has & ~HAS_a;
    }
    if (FL_NEXT(p, ",\"b\":")) {
        p += 5;
    value_b:
        came |= UINT64_C(1) << 2;
        if (!(p = fl_take_int(d, p, 1, &v->b, &k, "b")))
            return NULL;
        has = k ? has | HAS_b : has & ~HAS_b;
    }
    if (FL_NEXT(p, ",\"name\":")) {
        p += 8;
    value_name:
        came |= UINT64_C(1) << 3;
        if (!(p = fl_take_string(d, p, 2, &v->name, &k, "name")))
            return NULL;
        has = k ? has | HAS_name : has & ~HAS_name;
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
        if (memcmp(key.p, "a", 1) == 0)
            goto value_a;
        if (memcmp(key.p, "b", 1) == 0)
            goto value_b;
        break;
    case 4:
        if (memcmp(key.p, "kind", 4) == 0)
            goto value_kind;
        if (memcmp(key.p, "name", 4) == 0)
            goto value_name;
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
        if (!(v->has & HAS_kind)) {
            v->kind = 2;
            v->text_kind = FL_ESC("\"other\"");
            v->has |= HAS_kind;
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

/* ---- functions ---- */

/* nulls.flow:10 */
static bool call_peer(struct fl_cx *cx, struct rec *r, struct frame_peer *f, struct rec_Peer *result)
{
    struct rec_Peer t2 = {0};
    bool is_t2 = false;
    if (!FL_STR_IS(f->name, "")) {
        struct rec_Peer t1 = {0};
        t1.name = fl_b_lower(cx, f->name);
        if (f->has_port) {
            t1.port = f->port;
            t1.has_port = true;
        }
        t2 = t1;
        is_t2 = true;
    }
    if (!is_t2)
        return false;
    *result = t2;
    return true;
}

/* ---- lets: per record, computed when first used ---- */

/* nulls.flow:12 */
static void let_who(struct fl_cx *cx, struct rec *r)
{
    struct rec_Peer t1 = {0};
    bool is_t1 = false;
    if (r->in.has & HAS_name) {
        FL_FRAME(struct frame_peer, g);
        g.name = r->in.name;
        if (r->in.has & HAS_a) {
            g.port = r->in.a;
            g.has_port = true;
        }
        is_t1 = call_peer(cx, r, &g, &t1);
    }
    if (!is_t1) {
        r->is_who = 2;
        return;
    }
    r->let_who = t1;
    r->is_who = 1;
}

/* nulls.flow:13 */
static void let_sum(struct fl_cx *cx, struct rec *r)
{
    if (!(r->in.has & HAS_a) || !(r->in.has & HAS_b)) {
        r->is_sum = 2;
        return;
    }
    r->let_sum = fl_add(r->in.a, r->in.b, &cx->overflows);
    r->is_sum = 1;
}

/* ---- stages ---- */

/* nulls.flow:15 */
static void transform_1(struct fl_cx *cx, struct rec *r)
{
    if (!r->is_sum)
        let_sum(cx, r);
    /* nulls.flow:18 share */
    {
        int64_t t1 = 0;
        bool is_t1 = r->is_sum == 1 && (r->in.has & HAS_b) && fl_div(r->let_sum, r->in.b, &t1, &cx->overflows);
        if (is_t1) {
            r->out.share = t1;
            r->out.has_share = true;
        }
    }
    /* nulls.flow:19 both */
    {
        bool t2 = false;
        bool is_t2 = false;
        if (r->in.has & HAS_a) {
            t2 = r->in.a > 5;
            is_t2 = true;
        }
        bool t4 = false, is_t4 = is_t2 && !t2;
        if (!is_t4) {
            bool t3 = false;
            bool is_t3 = false;
            if (r->in.has & HAS_b) {
                t3 = r->in.b > 5;
                is_t3 = true;
            }
            t4 = is_t2 && t2 && is_t3 && t3;
            is_t4 = t4 || (is_t3 && !t3);
        }
        r->out.both = is_t4 && t4;
    }
    /* nulls.flow:20 label */
    {
        fl_str t5 = {0};
        if (r->in.kind == 0) {
            t5 = FL_STR("begins");
        } else if (r->in.kind == 1) {
            t5 = FL_STR("ends");
        } else if (r->in.kind == 2) {
            fl_str t6 = (r->in.has & HAS_name) ? r->in.name : FL_STR("nothing");
            const fl_str t7 = fl_join(cx, (const fl_str[]){FL_STR("is "), t6}, 2);
            t5 = t7;
        }
        r->out.label = t5;
    }
    if (!r->is_who)
        let_who(cx, r);
    if (r->is_who == 1) {
        r->out.has_who = true;
        /* nulls.flow:21 name */
        {
            r->out.who__name = r->let_who.name;
        }
        /* nulls.flow:21 port */
        {
            if (r->let_who.has_port) {
                r->out.who__port = r->let_who.port;
                r->out.has_who__port = true;
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
    }
}

/* ---- encode ---- */

static void json(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    const struct rec *r = (const struct rec *)h;
    char *w = fl_buf_room(out, 137 +
        6 * ((size_t)r->out.label.n + r->out.who__name.n) +
        r->in.text_kind.n);
    w = FL_PUT_LIT(w, "{\"kind\":");
    w = fl_put_raw(w, r->in.text_kind);
    w = FL_PUT_LIT(w, ",");
    if (r->is_sum == 1) {
        w = FL_PUT_LIT(w, "\"sum\":");
        w = fl_put_int(w, r->let_sum);
        w = FL_PUT_LIT(w, ",");
    }
    if (r->out.has_share) {
        w = FL_PUT_LIT(w, "\"share\":");
        w = fl_put_int(w, r->out.share);
        w = FL_PUT_LIT(w, ",");
    }
    w = FL_PUT_LIT(w, "\"both\":");
    w = fl_put_bool(w, r->out.both);
    w = FL_PUT_LIT(w, ",\"label\":\"");
    w = fl_put_computed(w, r->out.label, cx->html);
    w = FL_PUT_LIT(w, "\",");
    if (r->out.has_who) {
        w = FL_PUT_LIT(w, "\"who\":{\"name\":\"");
        w = fl_put_computed(w, r->out.who__name, cx->html);
        w = FL_PUT_LIT(w, "\",");
        if (r->out.has_who__port) {
            w = FL_PUT_LIT(w, "\"port\":");
            w = fl_put_int(w, r->out.who__port);
            w = FL_PUT_LIT(w, ",");
        }
        w--;
        w = FL_PUT_LIT(w, "},");
    }
    w--;
    w = FL_PUT_LIT(w, "}");
    out->n = (size_t)(w - out->p);
}

static void pretty(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, unsigned level)
{
    const struct rec *r = (const struct rec *)h;
    const size_t room = 166 + 10 * level +
        6 * ((size_t)r->out.label.n + r->out.who__name.n) +
        r->in.text_kind.n;
    char *w = fl_buf_room(out, room);
    w = FL_PUT_LIT(w, "{");
    w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"kind\": ");
    w = fl_lay_passed(out, w, r->in.text_kind, level + 1, room);
    w = FL_PUT_LIT(w, ",");
    if (r->is_sum == 1) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"sum\": ");
        w = fl_put_int(w, r->let_sum);
        w = FL_PUT_LIT(w, ",");
    }
    if (r->out.has_share) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"share\": ");
        w = fl_put_int(w, r->out.share);
        w = FL_PUT_LIT(w, ",");
    }
    w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"both\": ");
    w = fl_put_bool(w, r->out.both);
    w = FL_PUT_LIT(w, ",");
    w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"label\": \"");
    w = fl_put_computed(w, r->out.label, cx->html);
    w = FL_PUT_LIT(w, "\",");
    if (r->out.has_who) {
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"who\": {");
        w = FL_PUT_LIT(fl_put_line(w, level + 2), "\"name\": \"");
        w = fl_put_computed(w, r->out.who__name, cx->html);
        w = FL_PUT_LIT(w, "\",");
        if (r->out.has_who__port) {
            w = FL_PUT_LIT(fl_put_line(w, level + 2), "\"port\": ");
            w = fl_put_int(w, r->out.who__port);
            w = FL_PUT_LIT(w, ",");
        }
        w--;
        w = FL_PUT_LIT(fl_put_line(w, level + 1), "},");
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

static const char *const classes[] = {"all", };
static const char *const reasons[] = {NULL};

const struct fl_pipeline fl_pipeline = {
    .magic = FL_MAGIC, .abi = FL_ABI,
    .name = "nulls", .doc = "lets, functions and null",
    .version = "", .file = "nulls.flow",
    .record_size = sizeof(struct rec),
    .stages = stages, .nstages = 2,
    .classes = classes, .nclasses = 1,
    .reasons = reasons, .nreasons = 0,
    .init = init, .decode = decode, .run = run,
    .outputs = outputs, .noutputs = 1,
};
