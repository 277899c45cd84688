/*
 * Pipeline select: Two alternatives and all other values: each variant is a pipeline of its own, whose names have a suffix
 * Compiled by flowc from select.flow. Do not edit; change the .flow file.
 *
 * Data way: decode_* -> run (classify, filter, update, transform, mangle) -> json. The descriptor is at the end.
 */
#include "flowrt.h"

_Static_assert(FL_ABI == 4, "flowrt.h is of another version than the flowc that made this file");

/* Functions of one kind take the same parameters; of some values only one half is asked for. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"

/* ==== variant 1: version is 2 ==== */

#define HAS_size_v1 (UINT64_C(1) << 0)
#define NEED_record_v1 (HAS_size_v1)
#define ALL_record_v1 (HAS_size_v1)

/* ---- records ---- */

/* Parameters: set at start, constant from then on. */
static struct {
    int64_t version;
} P_v1;


static const struct fl_param params_v1[] = {
    {.name = "version", .yaml = NULL, .type = FL_T_INT, .shape = FL_ONE,
     .dflt = "2", .value = &P_v1.version},
};


struct in_record_v1 {
    uint64_t has;
    int64_t size;
};

struct rec_v1;


/* A record on its way. */
struct rec_v1 {
    struct fl_rec h;
    struct in_record_v1 in;
};

/* ---- decode ---- */

/* select.flow:3 */
static const char *decode_record_v1(struct fl_decoder *d, const char *p, struct in_record_v1 *v, int *got)
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
    if (!FL_NEXT(p, ",\"size\":"))
        goto other;
    p += 8;
value_size:
    came |= UINT64_C(1) << 1;
    if (!(p = fl_take_int(d, p, 1, &v->size, &k, "size")))
        return NULL;
    has = k ? has | HAS_size_v1 : has & ~HAS_size_v1;
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
    if (v->has != ALL_record_v1 && (v->has & NEED_record_v1) != NEED_record_v1) {
        if (!(v->has & HAS_size_v1)) {
            fl_bad(d, "size", "is missing");
        }
    }
    *got = 1;
    return p;
}

static bool decode_v1(struct fl_decoder *d, struct fl_rec *h)
{
    struct in_record_v1 *in = &((struct rec_v1 *)h)->in;
    int got;
    h->raw = d->p;
    d->repeated = false;
    const char *end = decode_record_v1(d, h->raw, in, &got);
    if (!end)
        return false;
    h->raw_n = (uint32_t)(end - h->raw);
    if (FL_UNLIKELY(d->repeated)) { /* of a key that comes twice the last one holds */
        const char *data_end = d->end;
        fl_once(d, h);
        memset(in, 0, sizeof *in);
        decode_record_v1(d, h->raw, in, &got);
        d->end = data_end;
    }
    d->p = end;
    return true;
}

/* ---- stages ---- */

/* select.flow:10 */
static void filter_1_v1(struct fl_cx *cx, struct rec_v1 *r)
{
    /* select.flow:10 drop small */
    if (r->in.size < 10) {
        fl_drop(cx, &r->h, 0);
        return;
    }
}

static void run_v1(struct fl_cx *cx, struct fl_batch *b)
{
    const uint32_t n = b->n;
    for (uint32_t i = 0; i < n; i++) {
        struct rec_v1 *r = (struct rec_v1 *)b->rec[i];
        if (r->h.state != FL_LIVE)
            continue;
        filter_1_v1(cx, r);
    }
}

/* ---- encode ---- */

static void json_v1(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    if (h->spaced)
        fl_json_compact(out, h->raw, h->raw_n);
    else
        fl_buf_put(out, h->raw, h->raw_n);
}

static void pretty_v1(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, unsigned level)
{
    fl_str raw = {h->raw, h->raw_n, FL_RAW};
    if (h->spaced)
        raw = fl_compact(cx->scratch, raw);
    fl_json_pretty(out, raw.p, raw.n, level);
}

/* ---- start ---- */

static char *init_v1(struct fl_cx *cx)
{
    char *error = NULL;
    return error;
}

/* ---- descriptor ---- */

static const struct fl_option_set options_source_v1[] = {
    {"path", "\"in.json\"", NULL},
};

static const struct fl_stage_choice stages_v1[] = {
    {"source", "file", options_source_v1, 1},
};

static const struct fl_stage_choice output_stages_v1[] = {
    {"store", "direct", NULL, 0},
    {"encode", "ndjson", NULL, 0},
    {"write", "stdout", NULL, 0},
};

static const struct fl_output_of outputs_v1[] = {
    {
        .stages = output_stages_v1, .nstages = 3,
        .json = json_v1, .pretty = pretty_v1,
    },
};

static const char *const classes_v1[] = {"all", };
static const char *const reasons_v1[] = {"small", NULL};

static const struct fl_pipeline pipeline_v1 = {
    .magic = FL_MAGIC, .abi = FL_ABI,
    .name = "select", .doc = "Two alternatives and all other values: each variant is a pipeline of its own, whose names have a suffix",
    .version = "", .file = "select.flow",
    .record_size = sizeof(struct rec_v1),
    .params = params_v1, .nparams = 1,
    .stages = stages_v1, .nstages = 1,
    .classes = classes_v1, .nclasses = 1,
    .reasons = reasons_v1, .nreasons = 1,
    .init = init_v1, .decode = decode_v1, .run = run_v1,
    .outputs = outputs_v1, .noutputs = 1,
};
static const struct fl_when when_v1[] = {
    {"version", (const char *const[]){"2", NULL}, NULL, "2"},
};

/* ==== variant 2: version is 3 ==== */

#define HAS_id_v2 (UINT64_C(1) << 0)
#define HAS_size_v2 (UINT64_C(1) << 1)
#define NEED_record_v2 (HAS_id_v2 | HAS_size_v2)
#define ALL_record_v2 (HAS_id_v2 | HAS_size_v2)

/* ---- records ---- */

/* Parameters: set at start, constant from then on. */
static struct {
    int64_t version;
} P_v2;


static const struct fl_param params_v2[] = {
    {.name = "version", .yaml = NULL, .type = FL_T_INT, .shape = FL_ONE,
     .dflt = "2", .value = &P_v2.version},
};


struct in_record_v2 {
    uint64_t has;
    fl_str id; /* as it came */
    fl_str size; /* as it came */
};

struct rec_v2;


/* A record on its way. */
struct rec_v2 {
    struct fl_rec h;
    struct in_record_v2 in;
};

/* ---- decode ---- */

/* select.flow:3 */
static const char *decode_record_v2(struct fl_decoder *d, const char *p, struct in_record_v2 *v, int *got)
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
    has = k ? has | HAS_id_v2 : has & ~HAS_id_v2;
    if (!FL_NEXT(p, ",\"size\":"))
        goto other;
    p += 8;
value_size:
    came |= UINT64_C(1) << 1;
    if (!(p = fl_take_passed_int(d, p, 1, &v->size, &k, "size")))
        return NULL;
    has = k ? has | HAS_size_v2 : has & ~HAS_size_v2;
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
    if (v->has != ALL_record_v2 && (v->has & NEED_record_v2) != NEED_record_v2) {
        if (!(v->has & HAS_id_v2)) {
            fl_bad(d, "id", "is missing");
        }
        if (!(v->has & HAS_size_v2)) {
            fl_bad(d, "size", "is missing");
        }
    }
    *got = 1;
    return p;
}

static bool decode_v2(struct fl_decoder *d, struct fl_rec *h)
{
    struct in_record_v2 *in = &((struct rec_v2 *)h)->in;
    int got;
    h->raw = d->p;
    d->repeated = false;
    const char *end = decode_record_v2(d, h->raw, in, &got);
    if (!end)
        return false;
    h->raw_n = (uint32_t)(end - h->raw);
    if (FL_UNLIKELY(d->repeated)) { /* of a key that comes twice the last one holds */
        const char *data_end = d->end;
        fl_once(d, h);
        memset(in, 0, sizeof *in);
        decode_record_v2(d, h->raw, in, &got);
        d->end = data_end;
    }
    d->p = end;
    return true;
}

/* ---- stages ---- */

/* select.flow:11 */
static void transform_1_v2(struct fl_cx *cx, struct rec_v2 *r)
{
}

static void run_v2(struct fl_cx *cx, struct fl_batch *b)
{
    const uint32_t n = b->n;
    for (uint32_t i = 0; i < n; i++) {
        struct rec_v2 *r = (struct rec_v2 *)b->rec[i];
        if (r->h.state != FL_LIVE)
            continue;
        transform_1_v2(cx, r);
    }
}

/* ---- encode ---- */

static void json_v2(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    const struct rec_v2 *r = (const struct rec_v2 *)h;
    char *w = fl_buf_room(out, 15 +
        r->in.id.n + r->in.size.n);
    w = FL_PUT_LIT(w, "{\"id\":");
    w = fl_put_raw(w, r->in.id);
    w = FL_PUT_LIT(w, ",\"size\":");
    w = fl_put_raw(w, r->in.size);
    w = FL_PUT_LIT(w, "}");
    out->n = (size_t)(w - out->p);
}

static void pretty_v2(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, unsigned level)
{
    const struct rec_v2 *r = (const struct rec_v2 *)h;
    const size_t room = 22 + 3 * level +
        r->in.id.n + r->in.size.n;
    char *w = fl_buf_room(out, room);
    w = FL_PUT_LIT(w, "{");
    w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"id\": ");
    w = fl_lay_passed(out, w, r->in.id, level + 1, room);
    w = FL_PUT_LIT(w, ",");
    w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"size\": ");
    w = fl_lay_passed(out, w, r->in.size, level + 1, room);
    w = FL_PUT_LIT(fl_put_line(w, level), "}");
    out->n = (size_t)(w - out->p);
}

/* ---- start ---- */

static char *init_v2(struct fl_cx *cx)
{
    char *error = NULL;
    return error;
}

/* ---- descriptor ---- */

static const struct fl_option_set options_source_v2[] = {
    {"path", "\"in.json\"", NULL},
};

static const struct fl_stage_choice stages_v2[] = {
    {"source", "file", options_source_v2, 1},
};

static const struct fl_stage_choice output_stages_v2[] = {
    {"store", "direct", NULL, 0},
    {"encode", "ndjson", NULL, 0},
    {"write", "stdout", NULL, 0},
};

static const struct fl_output_of outputs_v2[] = {
    {
        .stages = output_stages_v2, .nstages = 3,
        .json = json_v2, .pretty = pretty_v2,
    },
};

static const char *const classes_v2[] = {"all", };
static const char *const reasons_v2[] = {NULL};

static const struct fl_pipeline pipeline_v2 = {
    .magic = FL_MAGIC, .abi = FL_ABI,
    .name = "select", .doc = "Two alternatives and all other values: each variant is a pipeline of its own, whose names have a suffix",
    .version = "", .file = "select.flow",
    .record_size = sizeof(struct rec_v2),
    .params = params_v2, .nparams = 1,
    .stages = stages_v2, .nstages = 1,
    .classes = classes_v2, .nclasses = 1,
    .reasons = reasons_v2, .nreasons = 0,
    .init = init_v2, .decode = decode_v2, .run = run_v2,
    .outputs = outputs_v2, .noutputs = 1,
};
static const struct fl_when when_v2[] = {
    {"version", (const char *const[]){"3", NULL}, NULL, "3"},
};

/* ==== variant 3: version is none of the others ==== */

#define NEED_record_v3 (0)
#define ALL_record_v3 (0)

/* ---- records ---- */

/* Parameters: set at start, constant from then on. */
static struct {
    int64_t version;
} P_v3;


static const struct fl_param params_v3[] = {
    {.name = "version", .yaml = NULL, .type = FL_T_INT, .shape = FL_ONE,
     .dflt = "2", .value = &P_v3.version},
};


struct in_record_v3 {
    uint64_t has;
};

struct rec_v3;


/* A record on its way. */
struct rec_v3 {
    struct fl_rec h;
    struct in_record_v3 in;
};

/* ---- decode ---- */

/* select.flow:3 */
static const char *decode_record_v3(struct fl_decoder *d, const char *p, struct in_record_v3 *v, int *got)
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
    if (!FL_NEXT(p, ",\"size\":"))
        goto other;
    p += 8;
value_size:
    came |= UINT64_C(1) << 1;
    if (!(p = fl_pass_int(d, p, 1)))
        return NULL;
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
    *got = 1;
    return p;
}

static bool decode_v3(struct fl_decoder *d, struct fl_rec *h)
{
    struct in_record_v3 *in = &((struct rec_v3 *)h)->in;
    int got;
    h->raw = d->p;
    d->repeated = false;
    const char *end = decode_record_v3(d, h->raw, in, &got);
    if (!end)
        return false;
    h->raw_n = (uint32_t)(end - h->raw);
    if (FL_UNLIKELY(d->repeated)) { /* of a key that comes twice the last one holds */
        const char *data_end = d->end;
        fl_once(d, h);
        memset(in, 0, sizeof *in);
        decode_record_v3(d, h->raw, in, &got);
        d->end = data_end;
    }
    d->p = end;
    return true;
}

/* ---- stages ---- */

static void run_v3(struct fl_cx *cx, struct fl_batch *b)
{
    const uint32_t n = b->n;
}

/* ---- encode ---- */

static void json_v3(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)
{
    if (h->spaced)
        fl_json_compact(out, h->raw, h->raw_n);
    else
        fl_buf_put(out, h->raw, h->raw_n);
}

static void pretty_v3(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out, unsigned level)
{
    fl_str raw = {h->raw, h->raw_n, FL_RAW};
    if (h->spaced)
        raw = fl_compact(cx->scratch, raw);
    fl_json_pretty(out, raw.p, raw.n, level);
}

/* ---- start ---- */

static char *init_v3(struct fl_cx *cx)
{
    char *error = NULL;
    return error;
}

/* ---- descriptor ---- */

static const struct fl_option_set options_source_v3[] = {
    {"path", "\"in.json\"", NULL},
};

static const struct fl_stage_choice stages_v3[] = {
    {"source", "file", options_source_v3, 1},
};

static const struct fl_stage_choice output_stages_v3[] = {
    {"store", "direct", NULL, 0},
    {"encode", "ndjson", NULL, 0},
    {"write", "stdout", NULL, 0},
};

static const struct fl_output_of outputs_v3[] = {
    {
        .stages = output_stages_v3, .nstages = 3,
        .json = json_v3, .pretty = pretty_v3,
    },
};

static const char *const classes_v3[] = {"all", };
static const char *const reasons_v3[] = {NULL};

static const struct fl_pipeline pipeline_v3 = {
    .magic = FL_MAGIC, .abi = FL_ABI,
    .name = "select", .doc = "Two alternatives and all other values: each variant is a pipeline of its own, whose names have a suffix",
    .version = "", .file = "select.flow",
    .record_size = sizeof(struct rec_v3),
    .params = params_v3, .nparams = 1,
    .stages = stages_v3, .nstages = 1,
    .classes = classes_v3, .nclasses = 1,
    .reasons = reasons_v3, .nreasons = 0,
    .init = init_v3, .decode = decode_v3, .run = run_v3,
    .outputs = outputs_v3, .noutputs = 1,
};
static const struct fl_when when_v3[] = {
    {"version", (const char *const[]){NULL}, (const char *const[]){"2", "3", NULL}, "0"},
};

/* ==== the variants ==== */

static const struct fl_variant variants[] = {
    {&pipeline_v1, when_v1, 1},
    {&pipeline_v2, when_v2, 1},
    {&pipeline_v3, when_v3, 1},
};

const struct fl_pipeline fl_pipeline = {
    .magic = FL_MAGIC, .abi = FL_ABI,
    .name = "select", .doc = "Two alternatives and all other values: each variant is a pipeline of its own, whose names have a suffix",
    .version = "", .file = "select.flow",
    .variants = variants, .nvariants = 3,
};
