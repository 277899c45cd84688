/*
 * Pipeline pass: records that go on as they came
 * Compiled by flowc from pass.flow. Do not edit; change the .flow file.
 *
 * Data way: decode_* -> run (classify, filter, update, transform, mangle) -> json. The descriptor is at the end.
 */
#include "flowrt.h"

_Static_assert(FL_ABI == 4, "flowrt.h is of another version than the flowc that made this file");

/* Functions of one kind take the same parameters; of some values only one half is asked for. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"

#define HAS_size (UINT64_C(1) << 0)
#define HAS_peer (UINT64_C(1) << 1)
#define NEED_record (HAS_size)
#define ALL_record (HAS_size | HAS_peer)

/* ---- records ---- */

/* Parameters: set at start, constant from then on. */
static struct {
    struct fl_list local;
} P;


static const struct fl_param params[] = {
    {.name = "local", .yaml = NULL, .type = FL_T_CIDR, .shape = FL_LIST_OF,
     .dflt = "[\"10.0.0.0/8\"]", .value = &P.local},
};

static struct fl_prefixes set_local;

struct in_record {
    uint64_t has;
    int64_t size;
    fl_ip peer;
};

struct rec;


/* A record on its way. */
struct rec {
    struct fl_rec h;
    struct in_record in;
};

/* ---- decode ---- */

/* pass.flow:4 */
static const char *decode_record(struct fl_decoder *d, const char *p, struct in_record *v, int *got)
{
    uint64_t has = 0;
    uint64_t came = 0, before = 0;
    const char *first = p;
    bool strange = false; /* has keys that aren't declared */
    fl_str key;
    int k;
    if (!FL_FIRST(d, p, "{\"id\":"))
        goto open;
    p += 6;
value_id:
    came |= UINT64_C(1) << 0;
    if (!(p = fl_pass_text(d, p, 0)))
        return NULL;
    if (FL_NEXT(p, ",\"size\":")) {
        p += 8;
    value_size:
        came |= UINT64_C(1) << 1;
        if (!(p = fl_take_int(d, p, 1, &v->size, &k, "size")))
            return NULL;
        has = k ? has | HAS_size : has & ~HAS_size;
    }
    if (FL_NEXT(p, ",\"peer\":")) {
        p += 8;
    value_peer:
        came |= UINT64_C(1) << 2;
        if (!(p = fl_take_ip(d, p, 2, &v->peer, &k, "peer")))
            return NULL;
        has = k ? has | HAS_peer : has & ~HAS_peer;
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
        if (memcmp(key.p, "size", 4) == 0)
            goto value_size;
        if (memcmp(key.p, "peer", 4) == 0)
            goto value_peer;
        break;
    }
    strange = true;
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
    if (FL_UNLIKELY(strange))
        d->repeated |= fl_json_repeats(first, p);
    v->has = has;
    if (v->has != ALL_record && (v->has & NEED_record) != NEED_record) {
        if (!(v->has & HAS_size)) {
            v->size = 0;
            v->has |= HAS_size;
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

/* pass.flow:9 */
static void classify_1(struct fl_cx *cx, struct rec *r)
{
    /* pass.flow:9 inside */
    if ((r->in.has & HAS_peer) && r->in.peer.family && fl_prefixes_has(&set_local, &r->in.peer)) {
        r->h.class_ = 0;
        return;
    }
    /* pass.flow:9 outside */
    r->h.class_ = 1;
}

/* pass.flow:10 */
static void filter_2(struct fl_cx *cx, struct rec *r)
{
    /* pass.flow:10 drop tiny */
    if (r->in.size < 100) {
        fl_drop(cx, &r->h, 0);
        return;
    }
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

/* ---- encode ---- */

static void json(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    if (h->spaced)
        fl_json_compact(out, h->raw, h->raw_n);
    else
        fl_buf_put(out, h->raw, h->raw_n);
}

static void pretty(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, unsigned level)
{
    fl_str raw = {h->raw, h->raw_n, FL_RAW};
    if (h->spaced)
        raw = fl_compact(cx->scratch, raw);
    fl_json_pretty(out, raw.p, raw.n, level);
}

/* ---- start ---- */

static char *init(struct fl_cx *cx)
{
    char *error = NULL;
    fl_prefixes_build(&set_local, P.local.v, P.local.n);
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

static const char *const classes[] = {"inside", "outside", };
static const char *const reasons[] = {"tiny", NULL};

const struct fl_pipeline fl_pipeline = {
    .magic = FL_MAGIC, .abi = FL_ABI,
    .name = "pass", .doc = "records that go on as they came",
    .version = "", .file = "pass.flow",
    .record_size = sizeof(struct rec),
    .params = params, .nparams = 1,
    .stages = stages, .nstages = 2,
    .classes = classes, .nclasses = 2,
    .reasons = reasons, .nreasons = 1,
    .init = init, .decode = decode, .run = run,
    .outputs = outputs, .noutputs = 1,
};
